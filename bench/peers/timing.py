"""What bench/measure.ts does, for the peers in Python: samples, timed blocks, one line of JSON for each measurement."""
import json
import os
import resource
import statistics
import time

import numpy as np

WARM = float(os.environ.get("BENCH_WARM_MS", 300)) / 1e3
MEASURE = float(os.environ.get("BENCH_MEASURE_MS", 600)) / 1e3
PRODUCTS = [(512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (32, 784, 512)]


def product_name(m, k, n):
    return f"W6 {m}" if m == k == n else f"W6 {m}x{k}x{n}"


def given_workload():
    return json.loads(os.environ["BENCH_WORKLOAD"])


def read_samples(workload):
    """x of shape [samples, ...shape] and y of shape [samples]."""
    x = np.fromfile(workload["x"], "<f4").reshape([-1, *workload["shape"]])
    y = np.fromfile(workload["y"], "<f4" if workload["labels"] == "f32" else "<i4")
    return x, y


def time_blocks(run, longest_block, warm=WARM, measure=MEASURE):
    """`run(count)` takes that many steps, waits for them, and returns a loss."""
    start = time.perf_counter()
    first = last = run(1)
    per_step = time.perf_counter() - start
    if per_step < warm:
        deadline, count = time.perf_counter() + warm, 2
        while time.perf_counter() < deadline:
            start = time.perf_counter()
            run(count)
            per_step = (time.perf_counter() - start) / count
            count = min(count * 2, longest_block)
    count = max(1, min(longest_block, round(measure / 7 / per_step)))
    fewest, times, measured = (2 if per_step > measure else 5), [], 0.0
    while len(times) < fewest or measured < measure:
        start = time.perf_counter()
        last = run(count)
        elapsed = time.perf_counter() - start
        measured += elapsed
        times.append(elapsed * 1e6 / count)
    return dict(us_per_step=statistics.median(times), us_min=min(times), us_max=max(times), blocks=len(times), loss_first=first, loss_last=last)


def peak_megabytes():
    """Linux's own mark where there is one: what `getrusage` gives includes the process that started this one."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def report(**line):
    print(json.dumps(dict(line, peak_rss_mb=peak_megabytes())), flush=True)
