"""A net as one writes it in PyTorch: modules, autograd, an optimizer. Ways: "channels last" for images, "bfloat16" by autocast."""

import os
import tempfile
import time

import numpy as np
import torch

import trials


def adam(parameters, lr):
    """All of a parameter's update in one loop, where this version can do so on CPUs (2.4): a fifth less time for small nets."""
    parameters = list(parameters)
    try:
        return torch.optim.Adam(parameters, lr=lr, fused=True)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(parameters, lr=lr)


class Net:
    def __init__(self, job, x, y):
        # Adam's means of gradients that became 0 decay to denormal numbers, with which the processor takes ten times as long.
        torch.set_flush_denormal(True)
        torch.set_num_threads(job["threads"])
        self.workload = job["workload"]
        self.ways = job["ways"]
        self.x, self.y = self.input(x), torch.from_numpy(y)
        self.learning = []
        modules = []
        layers = trials.layers_of(job)
        convolutions = self.workload.get("convolutions")
        if convolutions:
            channels = convolutions["inputShape"][0]
            if not self.are_images_last:
                modules.append(torch.nn.Unflatten(1, convolutions["inputShape"]))
            for options in convolutions["layers"]:
                filters = options["filters"]
                layer = torch.nn.Conv2d(channels, filters, options["kernelSize"], padding=options["padding"])
                modules += [self.with_weights(layer, *layers.pop(0)), torch.nn.ReLU()]
                if options["pools"]:
                    modules.append(torch.nn.MaxPool2d(2))
                channels = filters
            modules.append(torch.nn.Flatten())
        for w, b in layers:
            layer = self.with_weights(torch.nn.Linear(*w.shape), w, b)
            modules += [layer, torch.nn.ReLU() if self.workload["hidden"] == "relu" else torch.nn.Sigmoid()]
        self.net = torch.nn.Sequential(*modules[:-1])
        if self.are_images_last:
            self.net = self.net.to(memory_format=torch.channels_last)
        kinds = {"sgd": torch.optim.SGD, "adam": adam}
        self.optimizer = kinds[self.workload["optimizer"]](self.net.parameters(), lr=self.workload["learningRate"])
        if self.workload["last"] == "softmax":
            self.labels = self.y.argmax(dim=1)
            self.criterion = torch.nn.CrossEntropyLoss()
        else:
            mean = torch.nn.MSELoss()
            self.labels = self.y
            self.criterion = lambda z, y: mean(z, y) * (y.shape[1] / 2)

    def with_weights(self, layer, w, b):
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(w.T.copy()).reshape(layer.weight.shape))
            layer.bias.copy_(torch.from_numpy(b))
        self.learning.append(layer)
        return layer

    def step(self, batch):
        m = self.workload["batch"]
        rows = slice(batch * m, (batch + 1) * m)
        return self.step_on(self.x[rows], self.labels[rows])

    def step_on(self, x, labels):
        self.optimizer.zero_grad()
        with self.precision():
            loss = self.criterion(self.net(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def parameters(self):
        """For each layer W (inputs × outputs) and B."""
        pairs = [(layer.weight.flatten(1).T, layer.bias) for layer in self.learning]
        return [values.detach().numpy() for pair in pairs for values in pair]

    @property
    def are_images_last(self):
        return "channels last" in self.ways and "convolutions" in self.workload

    def precision(self):
        return torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in self.ways)

    def input(self, x):
        rows = torch.from_numpy(x)
        if not self.are_images_last:
            return rows
        images = rows.reshape(-1, *self.workload["convolutions"]["inputShape"])
        return images.contiguous(memory_format=torch.channels_last)

    def predict(self, x):
        with torch.inference_mode(), self.precision():
            z = self.net(x)
            return (torch.softmax(z, dim=1) if self.workload["last"] == "softmax" else z).float()


def reach(job):
    """Trains in a new order each epoch until the held-out rows are classified well enough."""
    torch.manual_seed(1)
    x, y = trials.read_data(job, job["data"])
    held = job["heldOut"]
    net = Net(job, x[held:], y[held:])
    held_x, held_labels = torch.from_numpy(x[:held]), torch.from_numpy(y[:held]).argmax(dim=1)
    batch = job["workload"]["batch"]
    steps = 0
    start = time.perf_counter()
    while steps < 100_000:
        order = torch.randperm(len(net.x))
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            net.step_on(net.x[rows], net.labels[rows])
            steps += 1
            if steps % job["interval"] == 0:
                accuracy = float((net.predict(held_x).argmax(dim=1) == held_labels).float().mean())
                if accuracy >= job["accuracy"]:
                    return {"seconds": time.perf_counter() - start, "steps": steps, "accuracy": accuracy}
    raise RuntimeError("the accuracy was never reached")


def train_ranks(job):
    """Trains by DistributedDataParallel over gloo, in forked processes that each take a piece of every batch."""
    ranks = job["ranks"]
    with tempfile.TemporaryDirectory() as folder:
        children = []
        for rank in range(1, ranks):
            child = os.fork()
            if child == 0:
                train_rank(job, rank, folder)
                os._exit(0)
            children.append(child)
        result = train_rank(job, 0, folder)
        for child in children:
            if os.waitpid(child, 0)[1] != 0:
                raise RuntimeError("a rank failed")
        return result


def train_rank(job, rank, folder):
    import torch.distributed as dist

    ranks = job["ranks"]
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks)
    x, y = trials.read_data(job, job["data"])
    net = Net(job, x, y)
    net.net = torch.nn.parallel.DistributedDataParallel(net.net)
    rows = net.workload["batch"]
    batches = len(x) // rows

    def steps(count):
        dist.barrier()
        start = time.perf_counter()
        for i in range(count):
            first = (i % batches) * rows
            own = slice(first + rank * rows // ranks, first + (rank + 1) * rows // ranks)
            net.step_on(net.x[own], net.labels[own])
        return time.perf_counter() - start

    steps(2)
    count = torch.tensor([max(1, round(5 * job["seconds"] / steps(5)))])
    dist.broadcast(count, 0)
    taken = steps(int(count))
    dist.destroy_process_group()
    return {"steps": int(count), "microsecondsPerStep": taken / int(count) * 1e6}


trials.main(
    {
        "about": lambda job: f"{torch.__version__}, Python's NumPy {np.__version__}",
        "train": lambda job: train_ranks(job) if job.get("ranks", 1) > 1 else trials.train(job, Net),
        "predict": lambda job: trials.predict(job, Net),
        "reach": reach,
    }
)
