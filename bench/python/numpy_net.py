"""A net as one writes it in plain NumPy: one array operation after the other."""

import numpy as np

import trials


class Net:
    def __init__(self, job, x, y):
        self.workload = job["workload"]
        dtype = job["dtype"]
        self.x, self.y = x.astype(dtype), y.astype(dtype)
        # [W, B] of each layer
        self.layers = [[w.astype(dtype), b.astype(dtype)] for w, b in trials.layers_of(job)]
        self.moments = [[np.zeros_like(theta), np.zeros_like(theta)] for layer in self.layers for theta in layer]
        self.steps = 0

    def input(self, x):
        return x.astype(self.x.dtype)

    def forward(self, x):
        """What goes into each layer, and what comes out of the last."""
        values = [x]
        for i, (w, b) in enumerate(self.layers):
            z = values[-1] @ w + b
            if i < len(self.layers) - 1:
                values.append(np.maximum(z, 0) if self.workload["hidden"] == "relu" else 1 / (1 + np.exp(-z)))
            elif self.workload["last"] == "softmax":
                powers = np.exp(z - z.max(axis=1, keepdims=True))
                values.append(powers / powers.sum(axis=1, keepdims=True))
            else:
                values.append(z)
        return values

    def predict(self, x):
        return self.forward(x)[-1]

    def step(self, batch):
        m = self.workload["batch"]
        y = self.y[batch * m : (batch + 1) * m]
        values = self.forward(self.x[batch * m : (batch + 1) * m])
        a = values[-1]
        if self.workload["last"] == "softmax":
            loss = -np.sum(y * np.log(a)) / m
        else:
            loss = np.sum((a - y) ** 2) / (2 * m)
        delta = a - y
        gradients = []
        for i in range(len(self.layers) - 1, -1, -1):
            gradients[:0] = [values[i].T @ delta / m, delta.sum(axis=0) / m]
            if i > 0:
                below = delta @ self.layers[i][0].T
                a = values[i]
                delta = below * (a > 0) if self.workload["hidden"] == "relu" else below * a * (1 - a)
        self.update(gradients)
        return loss

    def update(self, gradients):
        rate = self.workload["learningRate"]
        parameters = [theta for layer in self.layers for theta in layer]
        self.steps += 1
        for theta, gradient, moments in zip(parameters, gradients, self.moments):
            if self.workload["optimizer"] == "sgd":
                theta -= rate * gradient
                continue
            m, v = moments
            m[...] = 0.9 * m + 0.1 * gradient
            v[...] = 0.999 * v + 0.001 * gradient**2
            theta -= rate * (m / (1 - 0.9**self.steps)) / (1e-8 + np.sqrt(v / (1 - 0.999**self.steps)))

    def parameters(self):
        return [theta for layer in self.layers for theta in layer]


def about(_):
    try:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{np.__version__}, {blas['name']} {blas['version']}"
    except TypeError:  # before version 1.26
        return np.__version__


trials.main(
    {
        "about": about,
        "train": lambda job: trials.train(job, Net),
        "predict": lambda job: trials.predict(job, Net),
    }
)
