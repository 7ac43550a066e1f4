import { products } from "./workload.ts";

/** What a step cannot do without, whoever does it. */
export interface LeastWork {
  /** Multiplications and additions of the matrix products and convolutions; what is elementwise isn't counted. */
  readonly operations: number;
  /** Weights and what the optimizer remembers, read and written once, and the samples, read once. What lies between may stay in caches. */
  readonly bytes: number;
}

/** A product of [rows, inner] by [inner, columns], in a step: forward, the weights' gradient, and the input's gradient unless it is the first. */
interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly isFirst?: boolean;
}

/** Numbers kept for each weight: itself and the optimizer's. */
const kept = { sgd: 1, momentum: 2, adam: 3 };
const perceptron = (batch: number, ...sizes: readonly number[]): Product[] =>
  sizes.slice(1).map((columns, i) => ({ rows: batch, inner: sizes[i]!, columns, isFirst: i === 0 }));

const convolutional = (batch: number): Product[] => [
  { rows: batch * 26 * 26, inner: 9, columns: 32, isFirst: true },
  { rows: batch * 11 * 11, inner: 9 * 32, columns: 64 },
  { rows: batch, inner: 1600, columns: 128 },
  { rows: batch, inner: 128, columns: 10 },
];

const recurrent = (batch: number): Product[] => [
  { rows: batch * 50, inner: 32, columns: 512, isFirst: true },
  // The first hidden state is 0.
  { rows: batch * 49, inner: 128, columns: 512 },
  { rows: batch, inner: 128, columns: 10 },
];

function residual(batch: number): Product[] {
  const convolution = (size: number, kernel: number, inputs: number, columns: number): Product => ({
    rows: batch * size * size,
    inner: kernel * kernel * inputs,
    columns,
  });
  const all: Product[] = [{ ...convolution(32, 3, 3, 16), isFirst: true }];
  let channels = 16;
  for (const [columns, size] of [
    [16, 32],
    [32, 16],
    [64, 8],
  ] as const) {
    for (let block = 0; block < 3; block++) {
      all.push(convolution(size, 3, channels, columns), convolution(size, 3, columns, columns));
      if (channels !== columns) all.push(convolution(size, 1, channels, columns));
      channels = columns;
    }
  }
  return [...all, { rows: batch, inner: 64, columns: 10 }];
}

const training = (layers: readonly Product[], optimizer: keyof typeof kept, sampleBytes: number): LeastWork => ({
  operations: layers.reduce((sum, layer) => sum + (layer.isFirst === true ? 2 : 3) * operationsOf(layer), 0),
  bytes: 2 * kept[optimizer] * weightBytes(layers) + sampleBytes,
});
const inference = (layers: readonly Product[]): LeastWork => ({
  operations: layers.reduce((sum, layer) => sum + operationsOf(layer), 0),
  bytes: weightBytes(layers),
});

const operationsOf = ({ rows, inner, columns }: Product): number => 2 * rows * inner * columns;
/** Kernels and biases. A kernel that is used at many places is one. */
const weightBytes = (layers: readonly Product[]): number => 4 * layers.reduce((sum, { inner, columns }) => sum + (inner + 1) * columns, 0);

/** For a row of the table; of W6 the row's name says the product. */
export function leastWork(row: string): LeastWork | undefined {
  const known: Readonly<Record<string, () => LeastWork>> = {
    W1: () => training(perceptron(32, 10, 20, 30, 1), "sgd", 32 * 11 * 4),
    W2: () => training(perceptron(256, 10, 100, 100, 1), "adam", 256 * 11 * 4),
    W3a: () => training(perceptron(32, 784, 512, 512, 10), "adam", 32 * 788),
    W3b: () => training(perceptron(128, 784, 512, 512, 10), "adam", 128 * 788),
    W4: () => training(convolutional(64), "adam", 64 * 785 * 4),
    W5: () => training(recurrent(64), "adam", 64 * (50 * 32 + 1) * 4),
    "W7 W3": () => inference(perceptron(1, 784, 512, 512, 10)),
    "W7 W4": () => inference(convolutional(1)),
    R20: () => training(residual(64), "momentum", 64 * (32 * 32 * 3 + 1) * 4),
  };
  const product = products.find(([m, k, n]) => row === `W6 ${m}` || row === `W6 ${m}x${k}x${n}`);
  if (product === undefined) return known[row]?.();
  const [m, k, n] = product;
  return { operations: 2 * m * k * n, bytes: 4 * (m * k + k * n + m * n) };
}
