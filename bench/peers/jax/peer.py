"""JAX on the CPU: the whole training step under one jit with donated state; the batch is gathered inside, the loss read after each block."""
import time

START = time.perf_counter()
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402
from jax import lax, nn  # noqa: E402

IMPORT_MS = (time.perf_counter() - START) * 1e3

import os  # noqa: E402
import sys  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import numpy as np  # noqa: E402

from timing import HALF_RANGE, PRODUCTS, given_workload, kept_here, offer, product_name, read_samples, serve  # noqa: E402

workload = given_workload()
name = workload["name"]
kept = kept_here()
common = dict(import_ms=IMPORT_MS, version=jax.__version__, configuration=f"jit {kept}" if "bytes" in workload else "jit")
rng = np.random.RandomState(7)


def glorot(shape, inputs, outputs):
    limit = (6 / (inputs + outputs)) ** 0.5
    return jnp.asarray(rng.uniform(-limit, limit, shape).astype("f4"))


def dense_weights(*sizes):
    return [(glorot((m, n), m, n), jnp.zeros(n)) for m, n in zip(sizes, sizes[1:])]


def dense(layers, x):
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        if i + 1 < len(layers):
            x = nn.relu(x)
    return x


def conv(x, w, stride=1, padding="VALID"):
    return lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def kernel(size, inputs, outputs):
    return glorot((size, size, inputs, outputs), size * size * inputs, size * size * outputs)


def cnn_weights():
    return dict(c1=kernel(3, 1, 32), d1=jnp.zeros(32), c2=kernel(3, 32, 64), d2=jnp.zeros(64), dense=dense_weights(1600, 128, 10))


def cnn(p, x):
    x = pool(nn.relu(conv(x, p["c1"]) + p["d1"]))
    x = pool(nn.relu(conv(x, p["c2"]) + p["d2"]))
    return dense(p["dense"], x.reshape(x.shape[0], -1))


def lstm_weights():
    return dict(wx=glorot((32, 512), 32, 512), wh=glorot((128, 512), 128, 512), b=jnp.zeros(512), dense=dense_weights(128, 10))


def lstm(p, x):
    projected = (x @ p["wx"] + p["b"]).swapaxes(0, 1)

    def step(carry, z):
        h, c = carry
        i, f, g, o = jnp.split(z + h @ p["wh"], 4, axis=-1)
        c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
        return (nn.sigmoid(o) * jnp.tanh(c), c), None

    zeros = jnp.zeros((x.shape[0], 128))
    (h, _), _ = lax.scan(step, (zeros, zeros), projected)
    return dense(p["dense"], h)


def resnet_weights():
    def unit(size, inputs, outputs):
        return dict(w=kernel(size, inputs, outputs), scale=jnp.ones(outputs), shift=jnp.zeros(outputs))

    blocks, channels = [], 16
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        for i in range(3):
            block = dict(a=unit(3, channels, outputs), b=unit(3, outputs, outputs))
            if i == 0 and channels != outputs:
                block["shortcut"] = unit(1, channels, outputs)
            blocks.append(block)
            channels = outputs
    return dict(first=unit(3, 3, 16), blocks=blocks, dense=dense_weights(64, 10))


def resnet(p, x):
    # Batch statistics only: the running averages would be a little more work.
    def unit(u, x, stride=1):
        x = conv(x, u["w"], stride, "SAME")
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * lax.rsqrt(variance + 1e-5) * u["scale"] + u["shift"]

    x = nn.relu(unit(p["first"], x))
    for block in p["blocks"]:
        stride = 2 if "shortcut" in block else 1
        shortcut = unit(block["shortcut"], x, stride) if "shortcut" in block else x
        x = nn.relu(unit(block["b"], nn.relu(unit(block["a"], x, stride))) + shortcut)
    return dense(p["dense"], x.mean((1, 2)))


def cross_entropy(logits, y):
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def square(output, y):
    return ((output[:, 0] - y) ** 2).mean()


def binary(output, y):
    return optax.sigmoid_binary_cross_entropy(output[:, 0], y).mean()


NETWORKS = {
    "W1": (lambda: dense_weights(10, 20, 30, 1), dense, square, optax.sgd(0.01)),
    "W2": (lambda: dense_weights(10, 100, 100, 1), dense, binary, optax.adam(1e-3)),
    "W3a": (lambda: dense_weights(784, 512, 512, 10), dense, cross_entropy, optax.adam(1e-3)),
    "W3b": (lambda: dense_weights(784, 512, 512, 10), dense, cross_entropy, optax.adam(1e-3)),
    "W4": (cnn_weights, cnn, cross_entropy, optax.adam(1e-3)),
    "W5": (lstm_weights, lstm, cross_entropy, optax.adam(1e-3)),
    "R20": (resnet_weights, resnet, cross_entropy, optax.sgd(0.01, 0.9)),
}


def train():
    x, y = map(jnp.asarray, read_samples(workload, kept))
    init, predict, loss_function, optimizer = NETWORKS[name]
    batch, samples = workload["batch"], len(x)

    def step(parameters, slots, x, y, order, start):
        chosen = lax.dynamic_slice(order, (start,), (batch,))
        xs = x[chosen].astype("f4") / HALF_RANGE - 1 if kept == "bytes" else x[chosen]
        loss, gradients = jax.value_and_grad(lambda p: loss_function(predict(p, xs), y[chosen]))(parameters)
        updates, slots = optimizer.update(gradients, slots, parameters)
        return optax.apply_updates(parameters, updates), slots, loss

    step = jax.jit(step, donate_argnums=(0, 1))
    parameters = init()
    state = dict(parameters=parameters, slots=optimizer.init(parameters), order=jnp.asarray(rng.permutation(samples).astype("i4")), next=0)

    def run(count):
        loss = None
        for _ in range(count):
            if state["next"] + batch > samples:
                state.update(order=jnp.asarray(rng.permutation(samples).astype("i4")), next=0)
            state["parameters"], state["slots"], loss = step(state["parameters"], state["slots"], x, y, state["order"], state["next"])
            state["next"] += batch
        return float(loss)

    start = time.perf_counter()
    run(1)
    now = time.perf_counter()
    first, cold = (now - start) * 1e3, (now - START) * 1e3
    offer(run, 100000, name=name, **common, first_step_ms=first, cold_ms=cold)


def multiply():
    matmul = jax.jit(jnp.matmul)
    for m, k, n in PRODUCTS:
        a, b = glorot((m, k), 1, 1), glorot((k, n), 1, 1)

        # Rows take turns: each keeps its own operands.
        def run(count, a=a, b=b):
            for _ in range(count):
                c = matmul(a, b)
            return float(c[0, 0])

        offer(run, 1000, name=product_name(m, k, n), **common)


def predict():
    for kind in ("W3a", "W4"):
        init, network, _, _ = NETWORKS[kind]
        parameters = init()
        probabilities = jax.jit(lambda p, x: nn.softmax(network(p, x)))
        pixels = np.full((1, 784) if kind == "W3a" else (1, 28, 28, 1), 0.5, "f4")

        def run(count, parameters=parameters, probabilities=probabilities, pixels=pixels):
            for _ in range(count):
                y = np.asarray(probabilities(parameters, pixels))
            return float(y[0, 0])

        offer(run, 100000, name=f"W7 {kind[:2]}", **common)


if name == "W6":
    multiply()
elif name == "W7":
    predict()
else:
    train()
serve()
