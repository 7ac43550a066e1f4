"""What bench/measure.ts does, for the peers in Python: samples, turns of timed blocks, one line of JSON for each turn."""
import json
import os
import resource
import statistics
import sys
import time

import numpy as np

WARM = float(os.environ.get("BENCH_WARM_MS", 300)) / 1e3
TURN = float(os.environ.get("BENCH_TURN_MS", 250)) / 1e3
# A pixel is byte / HALF_RANGE - 1, from -1 to 1.
HALF_RANGE = 127.5
PRODUCTS = [(512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (32, 784, 512)]


def product_name(m, k, n):
    return f"W6 {m}" if m == k == n else f"W6 {m}x{k}x{n}"


def given_workload():
    return json.loads(os.environ["BENCH_WORKLOAD"])


def kept_here():
    """Whether to keep images as bytes, of which each step scales its batch, or as floats: a word of BENCH_CONFIGURATION."""
    return "bytes" if "bytes" in os.environ.get("BENCH_CONFIGURATION", "").split() else "floats"


def read_samples(workload, kept="floats"):
    """x of shape [samples, ...shape], scaled or as bytes, and y of shape [samples]."""
    x = np.fromfile(workload["bytes"], "u1") if kept == "bytes" else np.fromfile(workload["x"], "<f4")
    x = x.reshape([-1, *workload["shape"]])
    y = np.fromfile(workload["y"], "<f4" if workload["labels"] == "f32" else "<i4")
    return x, y


rows = {}


def offer(run, longest_block, warm=WARM, **facts):
    """Warms a row up. `run(count)` takes that many steps, waits for them, and returns a loss."""
    start = time.perf_counter()
    run(1)
    per_step = time.perf_counter() - start
    if per_step < warm:
        deadline, count = time.perf_counter() + warm, 2
        while time.perf_counter() < deadline:
            start = time.perf_counter()
            run(count)
            per_step = (time.perf_counter() - start) / count
            count = min(count * 2, longest_block)
    count = max(1, min(longest_block, round(TURN / 5 / per_step)))
    rows[facts["name"]] = dict(run=run, count=count, fewest=1 if per_step > TURN else 3), facts


def serve():
    """Takes a turn at a row for each line that names it, until the harness has had enough."""
    print(json.dumps(dict(ready=list(rows))), flush=True)
    for name in sys.stdin:
        row, facts = rows[name.strip()]
        report(**facts, us_per_step=turn(**row))


def turn(run, count, fewest):
    """The median of some blocks. The first isn't counted: others had the caches before it."""
    if fewest > 1:
        run(count)
    times, measured = [], 0.0
    while len(times) < fewest or measured < TURN:
        start = time.perf_counter()
        run(count)
        elapsed = time.perf_counter() - start
        measured += elapsed
        times.append(elapsed * 1e6 / count)
    return statistics.median(times)


def peak_megabytes():
    """Linux's own mark where there is one: what `getrusage` gives includes the process that started this one."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def report(**line):
    print(json.dumps(dict(line, peak_rss_mb=peak_megabytes())), flush=True)
