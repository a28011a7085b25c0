"""A net as one writes it in TensorFlow: variables, a gradient tape, a step that is one graph."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import start
import tensorflow as tf

import trials

tf.config.threading.set_intra_op_parallelism_threads(start.job["threads"])
tf.config.threading.set_inter_op_parallelism_threads(1)


class Net:
    def __init__(self, job, x, y):
        workload = self.workload = job["workload"]
        self.convolutions = workload.get("convolutions", {"layers": []})
        self.x, self.y = self.input(x), tf.constant(y)
        self.layers = [
            (tf.Variable(self.filters(i, w)), tf.Variable(b.copy())) for i, (w, b) in enumerate(trials.layers_of(job))
        ]
        self.variables = [variable for pair in self.layers for variable in pair]
        self.means = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in self.variables]
        self.steps = tf.Variable(0.0)
        self.batches = {}  # rows that lie ready
        self.train_step = tf.function(self.trained)
        self.output = tf.function(self.prediction)

    def filters(self, layer, w):
        """Weights as they come, inputs × outputs; those of a convolution as height × width × channels × filters."""
        layers = self.convolutions["layers"]
        if layer >= len(layers):
            return w
        size = layers[layer]["kernelSize"]
        return w.reshape(-1, size, size, w.shape[1]).transpose(1, 2, 0, 3).copy()

    def input(self, x):
        if not self.convolutions["layers"]:
            return tf.constant(x)
        return tf.constant(x.reshape(-1, *self.convolutions["inputShape"]).transpose(0, 2, 3, 1))

    def outputs(self, x):
        count = len(self.convolutions["layers"])
        for (w, b), options in zip(self.layers, self.convolutions["layers"]):
            padding = [[0, 0], [options["padding"]] * 2, [options["padding"]] * 2, [0, 0]]
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, 1, padding), b))
            if options["pools"]:
                x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        if count:
            x = tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (tf.shape(x)[0], -1))
        hidden = tf.nn.relu if self.workload["hidden"] == "relu" else tf.nn.sigmoid
        for w, b in self.layers[count:-1]:
            x = hidden(tf.nn.bias_add(x @ w, b))
        w, b = self.layers[-1]
        return tf.nn.bias_add(x @ w, b)

    def prediction(self, x):
        z = self.outputs(x)
        return tf.nn.softmax(z) if self.workload["last"] == "softmax" else z

    def trained(self, x, y):
        with tf.GradientTape() as tape:
            z = self.outputs(x)
            if self.workload["last"] == "softmax":
                loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, z))
            else:
                loss = tf.reduce_mean(tf.reduce_sum((z - y) ** 2, axis=1)) / 2
        gradients = tape.gradient(loss, self.variables)
        rate = self.workload["learningRate"]
        if self.workload["optimizer"] == "sgd":
            for variable, gradient in zip(self.variables, gradients):
                variable.assign_sub(rate * gradient)
            return loss
        self.steps.assign_add(1.0)
        scale = rate / (1 - 0.9**self.steps)
        root = tf.sqrt(1 - 0.999**self.steps)
        for variable, gradient, (first, second) in zip(self.variables, gradients, self.means):
            first.assign(0.9 * first + 0.1 * gradient)
            second.assign(0.999 * second + 0.001 * gradient * gradient)
            variable.assign_sub(scale * first / (tf.sqrt(second) / root + 1e-8))
        return loss

    def step(self, batch):
        if batch not in self.batches:
            m = self.workload["batch"]
            rows = slice(batch * m, (batch + 1) * m)
            self.batches[batch] = (self.x[rows], self.y[rows])
        return self.train_step(*self.batches[batch]).numpy()

    def parameters(self):
        values = []
        for w, b in self.layers:
            w = w.numpy()
            values += [w.transpose(2, 0, 1, 3).reshape(-1, w.shape[-1]) if w.ndim == 4 else w, b.numpy()]
        return values

    def predict(self, x):
        return self.output(x).numpy()


trials.main(
    {
        "about": lambda job: f"{tf.__version__}, Python's NumPy {np.__version__}",
        "train": lambda job: trials.train(job, Net),
        "predict": lambda job: trials.predict(job, Net),
    }
)
