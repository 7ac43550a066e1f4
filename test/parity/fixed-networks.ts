/** The three networks of test/fixtures/torch/train_losses.py: the same weights and batches, number for number. */

export interface FixedNetwork {
  readonly name: "W1" | "W2" | "W3";
  readonly sizes: readonly number[];
  readonly batch: number;
  readonly lastActivation: "linear" | "sigmoid" | "softmax";
  readonly loss: "mse" | "binaryCrossentropy" | "sparseCategoricalCrossentropy";
  /** Features and targets of one step. */
  samples(step: number): { readonly x: Float32Array; readonly y: Float32Array | Int32Array };
}

export const fixedNetworks: readonly FixedNetwork[] = [
  { name: "W1", sizes: [10, 20, 30, 1], batch: 32, lastActivation: "linear", loss: "mse", samples: (step) => sine(32, step, (y) => y) },
  {
    name: "W2",
    sizes: [10, 100, 100, 1],
    batch: 256,
    lastActivation: "sigmoid",
    loss: "binaryCrossentropy",
    samples: (step) => sine(256, step, (y) => Number(y >= 0)),
  },
  { name: "W3", sizes: [784, 512, 512, 10], batch: 32, lastActivation: "softmax", loss: "sparseCategoricalCrossentropy", samples: images },
];

/** Kernel [inputs, outputs] and bias [outputs] of each layer. */
export function weightsOf({ sizes }: FixedNetwork): { kernel: Float32Array; bias: Float32Array; inputs: number; outputs: number }[] {
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i]!;
    const kernel = centred(2 * i, inputs * outputs, Math.sqrt(6 / (inputs + outputs)));
    return { kernel, bias: centred(2 * i + 1, outputs, 0.1), inputs, outputs };
  });
}

function sine(batch: number, step: number, target: (y: number) => number) {
  const x = Float32Array.from({ length: batch * 10 }, (_, i) => uniform(100, step * batch * 10 + i));
  const y = Float32Array.from({ length: batch }, (_, i) =>
    target(Math.sin(x.subarray(i * 10, i * 10 + 10).reduce((sum, value) => sum + value * value, 0))),
  );
  return { x, y };
}

function images(step: number) {
  const x = Float32Array.from({ length: 32 * 784 }, (_, i) => 2 * uniform(101, step * 32 * 784 + i) - 1);
  const y = Int32Array.from({ length: 32 }, (_, i) => Math.floor(uniform(102, step * 32 + i) * 10));
  return { x, y };
}

function centred(seed: number, length: number, limit: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (2 * uniform(seed, i) - 1) * limit);
}

/** Element `i` of the sequence `seed`: a number in [0, 1) with 24 bits (hash: lowbias32). */
function uniform(seed: number, i: number): number {
  let h = (Math.imul(i + 1, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)) | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x21f0aaad);
  h ^= h >>> 15;
  h = Math.imul(h, 0x735a2d97);
  h ^= h >>> 15;
  return (h >>> 8) / 2 ** 24;
}
