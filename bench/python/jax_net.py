"""A net as one writes it in JAX: functions of arrays, a step that is compiled as a whole."""

import os

import start

# XLA takes as many threads as it finds cores.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: start.job["threads"]])

import jax
import jax.numpy as jnp
import numpy as np

import trials

shapes = dict(dimension_numbers=("NHWC", "HWIO", "NHWC"))


class Net:
    def __init__(self, job, x, y):
        workload = self.workload = job["workload"]
        self.convolutions = workload.get("convolutions", {"layers": []})
        self.x, self.y = self.input(x), jnp.asarray(y)
        layers = enumerate(trials.layers_of(job))
        parameters = [(jnp.array(self.filters(i, w)), jnp.array(b)) for i, (w, b) in layers]
        first, second = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
        self.state = (parameters, first, second, jnp.zeros(()))
        self.batches = {}  # rows that lie ready
        self.train_step = jax.jit(self.trained, donate_argnums=0)
        self.output = jax.jit(self.outputs)

    def channels(self, layer):
        layers = self.convolutions["layers"]
        return layers[layer - 1]["filters"] if layer > 0 else self.convolutions["inputShape"][0]

    def filters(self, layer, w):
        """Weights as they come, inputs × outputs; those of a convolution as height × width × channels × filters."""
        if layer >= len(self.convolutions["layers"]):
            return w
        size = self.convolutions["layers"][layer]["kernelSize"]
        return w.reshape(self.channels(layer), size, size, -1).transpose(1, 2, 0, 3).copy()

    def input(self, x):
        if not self.convolutions["layers"]:
            return jnp.asarray(x)
        return jnp.asarray(x.reshape(-1, *self.convolutions["inputShape"]).transpose(0, 2, 3, 1))

    def outputs(self, parameters, x):
        count = len(self.convolutions["layers"])
        for (w, b), options in zip(parameters, self.convolutions["layers"]):
            padding = [(options["padding"],) * 2] * 2
            x = jax.nn.relu(jax.lax.conv_general_dilated(x, w, (1, 1), padding, **shapes) + b)
            if options["pools"]:
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        if count:
            x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
        hidden = jax.nn.relu if self.workload["hidden"] == "relu" else jax.nn.sigmoid
        for w, b in parameters[count:-1]:
            x = hidden(x @ w + b)
        w, b = parameters[-1]
        return x @ w + b

    def loss(self, parameters, x, y):
        z = self.outputs(parameters, x)
        if self.workload["last"] == "softmax":
            return -(jax.nn.log_softmax(z) * y).sum(axis=1).mean()
        return ((z - y) ** 2).sum(axis=1).mean() / 2

    def trained(self, state, x, y):
        parameters, first, second, steps = state
        loss, gradient = jax.value_and_grad(self.loss)(parameters, x, y)
        rate = self.workload["learningRate"]
        if self.workload["optimizer"] == "sgd":
            return (jax.tree.map(lambda w, g: w - rate * g, parameters, gradient), first, second, steps), loss
        steps = steps + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        scale = rate / (1 - 0.9**steps)
        root = jnp.sqrt(1 - 0.999**steps)
        update = lambda w, m, v: w - scale * m / (jnp.sqrt(v) / root + 1e-8)
        return (jax.tree.map(update, parameters, first, second), first, second, steps), loss

    def step(self, batch):
        if batch not in self.batches:
            m = self.workload["batch"]
            rows = slice(batch * m, (batch + 1) * m)
            self.batches[batch] = (self.x[rows], self.y[rows])
        self.state, loss = self.train_step(self.state, *self.batches[batch])
        return jax.block_until_ready(loss)

    def parameters(self):
        pairs = []
        for layer, (w, b) in enumerate(self.state[0]):
            w = np.asarray(w)
            is_filter = layer < len(self.convolutions["layers"])
            pairs += [w.transpose(2, 0, 1, 3).reshape(-1, w.shape[-1]) if is_filter else w, np.asarray(b)]
        return pairs

    def predict(self, x):
        z = self.output(self.state[0], x)
        return jax.block_until_ready(jax.nn.softmax(z) if self.workload["last"] == "softmax" else z)


trials.main(
    {
        "about": lambda job: f"{jax.__version__}, Python's NumPy {np.__version__}",
        "train": lambda job: trials.train(job, Net),
        "predict": lambda job: trials.predict(job, Net),
    }
)
