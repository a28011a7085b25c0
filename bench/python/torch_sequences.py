"""A layer of sequences in PyTorch, timed, or its start and the answers after a few steps, for others to compare with.

python3 torch_sequences.py start encoder FILE.npz
python3 torch_sequences.py time encoder FILE.npz SECONDS
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

ROWS, STEPS, FEATURES, BATCH, CHECK_STEPS, RATE = 640, 50, 64, 64, 5, 0.01


def encoder():
    return nn.TransformerEncoderLayer(FEATURES, 4, 128, dropout=0.0, batch_first=True)


def encoder_weights(layer):
    """Parameters by blasnet's names."""
    parts = zip(("query", "key", "value"), layer.self_attn.in_proj_weight.chunk(3), layer.self_attn.in_proj_bias.chunk(3))
    found = {f"attention.{name}{key}": value for name, w, b in parts for key, value in (("W", w.T), ("B", b[None]))}
    linears = {"attention.output": layer.self_attn.out_proj, "feedForward1.": layer.linear1, "feedForward2.": layer.linear2}
    for name, linear in linears.items():
        found[f"{name}W"], found[f"{name}B"] = linear.weight.T, linear.bias[None]
    for name, norm in (("norm1", layer.norm1), ("norm2", layer.norm2)):
        found[f"{name}.gamma"], found[f"{name}.beta"] = norm.weight, norm.bias
    return found


LAYERS = {"encoder": (encoder, encoder_weights)}


class Net:
    def __init__(self, name):
        torch.manual_seed(1)
        self.layer = LAYERS[name][0]()
        self.out = nn.Linear(STEPS * FEATURES, 1)
        self.net = nn.Sequential(self.layer, nn.Flatten(), self.out)
        self.x, self.y = torch.randn(ROWS, STEPS, FEATURES), torch.randn(ROWS, 1)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=RATE)

    def step(self, i):
        first = i * BATCH % ROWS
        labels = self.y[first : first + BATCH]
        self.optimizer.zero_grad()
        (((self.net(self.x[first : first + BATCH]) - labels) ** 2).mean() / 2).backward()
        self.optimizer.step()

    def predict(self):
        with torch.no_grad():
            return self.net(self.x[:BATCH])


def least_time(call, seconds):
    """Microseconds of the fastest call, after a fifth of the time to warm up."""
    times, i, end = [], 0, time.perf_counter() + 1.2 * seconds
    while time.perf_counter() < end or len(times) < 6:
        start = time.perf_counter()
        call(i)
        times.append(time.perf_counter() - start)
        i += 1
    return min(times[len(times) // 6 :]) * 1e6


torch.set_num_threads(1)
command, name, file = sys.argv[1:4]
net = Net(name)
if command == "start":
    weights = {f"layer.{key}": value.detach().numpy().copy() for key, value in LAYERS[name][1](net.layer).items()}
    weights.update({"out.W": net.out.weight.detach().numpy().T.copy(), "out.B": net.out.bias.detach().numpy()[None].copy()})
    for i in range(CHECK_STEPS):
        net.step(i)
    net.net.eval()
    data = {"x": net.x.numpy(), "y": net.y.numpy(), "answers": net.predict().numpy()}
    np.savez(file, **{key: np.ascontiguousarray(value) for key, value in {**weights, **data}.items()})
else:
    seconds = float(sys.argv[4])
    train = least_time(net.step, seconds)
    net.net.eval()
    print(json.dumps({"about": torch.__version__, "train": train, "predict": least_time(lambda i: net.predict(), seconds)}))
