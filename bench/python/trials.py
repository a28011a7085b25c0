"""What the benchmark's trials in Python share: files, the clock, the trials of a net that trains step by step."""

import base64
import json
import math
import time

import numpy as np

import start  # the job, and the bytes of the files that it names

written = {}  # base64 of the files that go back, by path


def read_floats(path, columns=None):
    values = np.frombuffer(start.files[path], dtype="<f4")
    return values if columns is None else values.reshape(-1, columns)


def write_floats(path, arrays):
    values = np.concatenate([np.asarray(array, dtype="<f4").ravel() for array in arrays])
    written[path] = base64.b64encode(values.tobytes()).decode()


def read_data(job, data):
    widths = job["workload"]["widths"]
    convolutions = job["workload"].get("convolutions")
    inputs = math.prod(convolutions["inputShape"]) if convolutions else widths[0]
    return read_floats(data["x"], inputs), read_floats(data["y"], widths[-1])


def layers_of(job):
    """For each layer W (inputs × outputs) and B (outputs); of a convolution the inputs are what its kernel covers."""
    widths = job["workload"]["widths"]
    sizes = list(zip(widths, widths[1:]))
    convolutions = job["workload"].get("convolutions")
    if convolutions:
        channels = [convolutions["inputShape"][0], *(layer["filters"] for layer in convolutions["layers"])]
        kernels = [layer["kernelSize"] ** 2 for layer in convolutions["layers"]]
        sizes[:0] = [(size * kernel, out) for size, kernel, out in zip(channels, kernels, channels[1:])]
    parameters = read_floats(job["weights"])
    layers = []
    start = 0
    for inputs, outputs in sizes:
        end = start + inputs * outputs
        layers.append((parameters[start:end].reshape(inputs, outputs), parameters[end : end + outputs]))
        start = end + outputs
    return layers


def time_steps(step, seconds):
    """Steps in about that many seconds, in blocks that grow until the clock costs nothing beside them."""
    steps, taken, block = 0, 0.0, 1
    while taken < seconds:
        start = time.perf_counter()
        for i in range(steps, steps + block):
            step(i)
        elapsed = time.perf_counter() - start
        steps += block
        taken += elapsed
        if elapsed < seconds / 20:
            block *= 2
    return {"steps": steps, "microsecondsPerStep": taken / steps * 1e6}


def time_calls(call, seconds):
    """Microseconds of each call."""
    times = []
    end = time.perf_counter() + seconds
    start = time.perf_counter()
    while not times or start < end:
        call()
        now = time.perf_counter()
        times.append((now - start) * 1e6)
        start = now
    return times


def summarize(times):
    ordered = sorted(times)
    rank = max(0, math.ceil(0.99 * len(ordered)) - 1)
    return {"count": len(ordered), "min": ordered[0], "median": float(np.median(ordered)), "p99": ordered[rank]}


def train(job, create):
    """`create(job, x, y)` makes a net with step(batch) -> loss and parameters() -> [float array, …]."""
    result = {"steps": 0, "microsecondsPerStep": 0}
    if job.get("check"):
        net = create(job, *read_data(job, job["check"]["data"]))
        steps = job["workload"]["checkSteps"]
        result["checkLoss"] = sum(float(net.step(i)) for i in range(steps)) / steps
        write_floats(job["check"]["out"], net.parameters())
    if job["seconds"] > 0:
        x, y = read_data(job, job["data"])
        net = create(job, x, y)
        batches = len(x) // job["workload"]["batch"]
        step = lambda i: net.step(i % batches)
        time_steps(step, job["seconds"] / 4)  # to warm up
        result.update(time_steps(step, job["seconds"]))
    return result


def predict(job, create):
    """`create(job, x, y)` makes a net whose predict(x) gives an array."""
    x, y = read_data(job, job["data"])
    net = create(job, x, y)
    results = []
    for rows in job["rows"]:
        part = net.input(x[:rows])
        output = np.asarray(net.predict(part), dtype=float).ravel().tolist()
        call = lambda: net.predict(part)
        time_calls(call, job["seconds"] / 5)  # to warm up
        results.append({"times": summarize(time_calls(call, job["seconds"])), "output": output})
    return results


def main(trials):
    """Runs the trial that start.py was told of, and prints its result and the files that it wrote."""
    result = trials[start.kind](start.job)
    print(json.dumps({"result": result, "written": written}))
