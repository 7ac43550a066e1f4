"""
PyTorch, eager. BENCH_CONFIGURATION chooses threads, the optimizer's form, the images' layout and, of pixels, what is kept, as in
"2 foreach channels_last" or "2 eager contiguous bytes";
"scan" tries all of them for a moment, likely ones twice, and reports which was fastest, for the rounds that follow.
"""
import time

START = time.perf_counter()
import torch  # noqa: E402

IMPORT_MS = (time.perf_counter() - START) * 1e3

import itertools  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import numpy as np  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from networks import IMAGES, cnn, loss_of, mlp, NETWORKS, optimizer_of  # noqa: E402
from timing import HALF_RANGE, PRODUCTS, given_workload, offer, product_name, read_samples, report, rows, serve, turn  # noqa: E402

workload = given_workload()
name = workload["name"]
blas = f" (OpenBLAS as {os.environ['BENCH_BLAS']})" if "BENCH_BLAS" in os.environ else ""
common = dict(import_ms=IMPORT_MS, version=torch.__version__ + blas)
torch.manual_seed(0)


def configurations():
    threads = sorted({"1", str(os.cpu_count())})
    if name == "W6":
        return threads
    if name == "W7":
        return [" ".join(c) for c in itertools.product(threads, ["eager", "torchscript"])]
    layouts = ["contiguous", "channels_last"] if name in IMAGES else ["contiguous"]
    kept = [["floats", "bytes"]] if "bytes" in workload else []
    return [" ".join(c) for c in itertools.product(threads, ["eager", "foreach"], layouts, *kept)]


def training(configuration):
    """run(count) for this configuration."""
    _, form, layout, *kept = configuration.split()
    x, y = read_samples(workload, *kept)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    if name in ("W1", "W2"):
        y = y[:, None].contiguous()
    else:
        y = y.long()
    network, loss_function = NETWORKS[name](), loss_of(name)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    if name in IMAGES:
        # Our samples are [height, width, channels]; PyTorch's are channels first, whatever their layout in memory.
        x = x.permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        network = network.to(memory_format=memory_format)
    optimizer = optimizer_of(name, network.parameters(), form == "foreach")
    batch, samples = workload["batch"], len(x)
    state = dict(order=torch.randperm(samples), next=0)

    def run(count):
        loss = 0.0
        for _ in range(count):
            if state["next"] + batch > samples:
                state.update(order=torch.randperm(samples), next=0)
            chosen = state["order"][state["next"]:state["next"] + batch]
            state["next"] += batch
            xs, ys = x[chosen], y[chosen]
            if name in IMAGES:
                xs = xs.contiguous(memory_format=memory_format)
            if kept == ["bytes"]:
                xs = xs.float().div_(HALF_RANGE).sub_(1)
            value = loss_function(network(xs), ys)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            loss = value.item()
        return loss

    return run


def train(configuration):
    run = training(configuration)
    start = time.perf_counter()
    run(1)
    now = time.perf_counter()
    first, cold = (now - start) * 1e3, (now - START) * 1e3
    offer(run, 100000, name=name, **common, configuration=configuration, first_step_ms=first, cold_ms=cold)


def predictor(kind, form):
    network = (mlp(784, 512, 512, 10) if kind == "W3" else cnn()).eval()
    shape = (1, 784) if kind == "W3" else (1, 1, 28, 28)
    pixels = np.full(shape, 0.5, "f4")
    if form == "torchscript":
        network = torch.jit.freeze(torch.jit.script(network))

    def run(count):
        with torch.inference_mode():
            for _ in range(count):
                y = F.softmax(network(torch.from_numpy(pixels)), -1).numpy()
        return float(y[0, 0])

    return run


def multiplier(m, k, n):
    a, b = torch.rand(m, k) - 0.5, torch.rand(k, n) - 0.5

    def run(count):
        for _ in range(count):
            c = a @ b
        return float(c[0, 0])

    return run


def use(configuration):
    torch.set_num_threads(int(configuration.split()[0]))


def look(configuration):
    """Microseconds for a step, as the sum over what the workload measures, after a short look."""
    use(configuration)
    if name == "W6":
        runs = [multiplier(*PRODUCTS[1])]
    elif name == "W7":
        runs = [predictor(kind, configuration.split()[1]) for kind in ("W3", "W4")]
    else:
        runs = [training(configuration)]
    us = 0
    for run in runs:
        offer(run, 1000, warm=0.15, name="scan")
        us += turn(**rows["scan"][0])
    return us


def scan():
    """Looks at every configuration, and again at those that came near the fastest: a disturbance in one look must not choose."""
    seen = {configuration: look(configuration) for configuration in configurations()}
    near = [configuration for configuration, us in seen.items() if us < 2.5 * min(seen.values())]
    for configuration in reversed(near):
        seen[configuration] = min(seen[configuration], look(configuration))
    best = min(seen, key=seen.get)
    facts = dict(name=name, **common, configuration=best)
    print(json.dumps(dict(ready=[name])), flush=True)
    sys.stdin.readline()
    report(**facts, us_per_step=seen[best])


configuration = os.environ.get("BENCH_CONFIGURATION", configurations()[-1])
if configuration == "scan":
    scan()
else:
    use(configuration)
    if name == "W6":
        for product in PRODUCTS:
            offer(multiplier(*product), 1000, name=product_name(*product), **common, configuration=configuration)
    elif name == "W7":
        for kind in ("W3", "W4"):
            offer(predictor(kind, configuration.split()[1]), 100000, name=f"W7 {kind}", **common, configuration=configuration)
    else:
        train(configuration)
    serve()
