"""Nets of sequences as one writes them in PyTorch: modules, autograd, SGD."""

import math

import numpy as np
import torch
from torch import nn

import trials


class LastOutput(nn.Module):
    """A recurrent layer's output of the last step."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


class Mean(nn.Module):
    """The mean over the steps, which are this dimension."""

    def __init__(self, dimension):
        super().__init__()
        self.dimension = dimension

    def forward(self, x):
        return x.mean(self.dimension)


class Recurrent:
    """LSTM or GRU, whose gates have the order of blasnet's. An LSTM's second biases stay 0, since blasnet's has but one: the
    optimizer leaves them out. They have a gradient all the same, without which PyTorch takes a slower way."""

    def __init__(self, options):
        kinds = {"lstm": nn.LSTM, "gru": nn.GRU}
        self.layer = kinds[options["kind"]](options["features"], options["units"], batch_first=True)
        self.module = LastOutput(self.layer)
        self.is_lstm = options["kind"] == "lstm"
        self.fixed = [self.layer.bias_hh_l0] if self.is_lstm else []

    def pairs(self):
        layer = self.layer
        if self.is_lstm:
            with torch.no_grad():
                layer.bias_hh_l0.zero_()
        biases = [layer.bias_ih_l0[None]] + ([] if self.is_lstm else [layer.bias_hh_l0[None]])
        return [layer.weight_ih_l0.T, layer.weight_hh_l0.T, *biases]


class Encoder:
    def __init__(self, options):
        sizes = (options["features"], options["heads"], options["feedForward"])
        self.module = nn.TransformerEncoderLayer(*sizes, dropout=0.0, batch_first=True)

    def pairs(self):
        layer = self.module
        attention = layer.self_attn
        found = []
        for w, b in zip(attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)):
            found += [w.T, b[None]]
        found += [attention.out_proj.weight.T, attention.out_proj.bias[None], layer.norm1.weight, layer.norm1.bias]
        for linear in (layer.linear1, layer.linear2):
            found += [linear.weight.T, linear.bias[None]]
        return [*found, layer.norm2.weight, layer.norm2.bias]


class Convolution:
    """On [rows, features, steps], which is what PyTorch takes."""

    def __init__(self, options):
        self.layer = nn.Conv1d(options["features"], options["filters"], options["kernelSize"], padding="same")
        self.module = nn.Sequential(self.layer, nn.ReLU())

    def pairs(self):
        return [self.layer.weight.permute(2, 1, 0), self.layer.bias[None]]


class Bag:
    """Embedding and mean in one, with gradients of the words that occur only: the fastest way of PyTorch."""

    def __init__(self, options):
        self.module = nn.EmbeddingBag(options["count"], options["size"], mode="mean", sparse=True)

    def pairs(self):
        return [self.module.weight]


class SparseBag(nn.Module):
    """The sum of a row of weights for each word, whose gradients are those of the words that occur, and biases."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.sums = nn.EmbeddingBag(inputs, outputs, mode="sum", sparse=True)
        self.bias = nn.Parameter(torch.zeros(1, outputs))

    def forward(self, words):
        return self.sums(words) + self.bias


class WordBag:
    """Fully connected behind bags of words: by the numbers of the words, or by the counts of all words."""

    def __init__(self, options):
        self.inputs = options["inputs"]
        self.is_dense = options["isDense"]
        sizes = (options["inputs"], options["outputs"])
        self.module = nn.Linear(*sizes) if self.is_dense else SparseBag(*sizes)

    def pairs(self):
        if self.is_dense:
            return [self.module.weight.T, self.module.bias[None]]
        return [self.module.sums.weight, self.module.bias]

    def counts(self, words):
        counts = torch.zeros(len(words), self.inputs)
        return counts.scatter_add_(1, words, torch.ones(words.shape))


class Dense:
    def __init__(self, options):
        self.module = nn.Linear(options["inputs"], options["outputs"])

    def pairs(self):
        return [self.module.weight.T, self.module.bias[None]]


class Pool:
    def __init__(self, dimension):
        self.module = Mean(dimension)

    def pairs(self):
        return []


KINDS = {
    "lstm": Recurrent,
    "gru": Recurrent,
    "encoder": Encoder,
    "conv1d": Convolution,
    "embedding": Bag,
    "bag": WordBag,
    "dense": Dense,
}


def parts_of(layers):
    kinds = [layer["kind"] for layer in layers]
    for layer in layers:
        if layer["kind"] != "meanPool":
            yield KINDS[layer["kind"]](layer)
        elif "embedding" not in kinds:
            yield Pool(2 if "conv1d" in kinds else 1)


class Net:
    def __init__(self, job):
        torch.set_num_threads(job["threads"])
        self.net = job["net"]
        self.batch = self.net["batch"]
        self.parts = list(parts_of(self.net["layers"]))
        self.module = nn.Sequential(*(part.module for part in self.parts))
        self.load(trials.read_floats(job["weights"]))
        fixed = {id(parameter) for part in self.parts for parameter in getattr(part, "fixed", [])}
        learning = [parameter for parameter in self.module.parameters() if id(parameter) not in fixed]
        self.optimizer = torch.optim.SGD(learning, lr=self.net["learningRate"])
        self.criterion = nn.MSELoss()
        self.x, self.y = self.rows(trials.read_floats(job["data"]["x"])), torch.from_numpy(trials.read_floats(job["data"]["y"], 1))

    def rows(self, x):
        """Numbers as the first layer takes them, side by side in memory."""
        if self.net["features"] == 0:
            words = torch.from_numpy(x.reshape(-1, self.net["steps"]).astype(np.int64))
            first = self.parts[0]
            return first.counts(words) if isinstance(first, WordBag) and first.is_dense else words
        x = torch.from_numpy(x.reshape(-1, self.net["steps"], self.net["features"]))
        return x.transpose(1, 2).contiguous() if isinstance(self.parts[0], Convolution) else x

    def load(self, values):
        at = 0
        with torch.no_grad():
            for parameter in (found for part in self.parts for found in part.pairs()):
                size = math.prod(parameter.shape)
                parameter.copy_(torch.from_numpy(values[at : at + size].reshape(tuple(parameter.shape))))
                at += size
        if at != len(values):
            raise ValueError(f"Expected {at} parameters but received {len(values)}")

    def parameters(self):
        return [found.detach().numpy() for part in self.parts for found in part.pairs()]

    def step(self, i):
        first = i * self.batch % len(self.x)
        rows = slice(first, first + self.batch)
        self.module.zero_grad()
        loss = self.criterion(self.module(self.x[rows]), self.y[rows]) / 2
        loss.backward()
        self.optimizer.step()
        return loss

    def predict(self, x):
        with torch.inference_mode():
            return self.module(x)


def sequences(job):
    seconds = job["seconds"]
    training = {}
    if job.get("check"):
        net = Net(job)
        steps = job["net"]["checkSteps"]
        training["checkLoss"] = sum(float(net.step(i)) for i in range(steps)) / steps
        trials.write_floats(job["check"]["out"], net.parameters())
    net = Net(job)
    net.module.eval()
    predictions = []
    for rows in job["rows"]:
        part = net.x[:rows].contiguous()
        call = lambda: net.predict(part)
        output = call().numpy().ravel().tolist()
        trials.time_calls(call, seconds / 4)  # to warm up
        predictions.append({"rows": rows, "times": trials.summarize(trials.time_calls(call, seconds / 2)), "output": output})
    net.module.train()
    trials.time_steps(net.step, seconds / 4)
    training.update(trials.time_steps(net.step, seconds))
    return {"training": training, "predictions": predictions}


trials.main({"sequences": sequences})
