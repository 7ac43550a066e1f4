import { readFileSync } from "node:fs";

/** One row of the table: a network, its data and its batch, the same for every contestant. */
export interface Workload {
  readonly name: string;
  /** What is trained or run, in one line. */
  readonly title: string;
  readonly samples: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly batch: number;
  readonly labels: "f32" | "i32";
}

/** Where the harness has put a workload's samples: little-endian numbers, no header. */
export interface WorkloadFiles extends Workload {
  readonly x: string;
  readonly y: string;
}

export interface Samples {
  readonly x: Float32Array<ArrayBuffer>;
  readonly y: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

const mlp = "dense 512 relu, 512 relu, 10 softmax; sparse cross-entropy; Adam";

export const workloads: readonly Workload[] = [
  { name: "W1", title: "10-20-30-1 regression; mean squared error; SGD; batch 32", samples: 10_000, shape: [10], batch: 32, labels: "f32" },
  { name: "W2", title: "10-100-100-1 classification; Adam; batch 256", samples: 10_000, shape: [10], batch: 256, labels: "f32" },
  { name: "W3a", title: `784 inputs, ${mlp}; batch 32`, samples: 60_000, shape: [784], batch: 32, labels: "i32" },
  { name: "W3b", title: `784 inputs, ${mlp}; batch 128`, samples: 60_000, shape: [784], batch: 128, labels: "i32" },
  {
    name: "W4",
    title: "CNN on 28x28: conv 32, pool, conv 64, pool, dense 128, 10; Adam; batch 64",
    samples: 6_400,
    shape: [28, 28, 1],
    batch: 64,
    labels: "i32",
  },
  {
    name: "W5",
    title: "LSTM 128 over 50 steps of 32 features, dense 10; Adam; batch 64",
    samples: 3_200,
    shape: [50, 32],
    batch: 64,
    labels: "i32",
  },
  { name: "W6", title: "matrix products", samples: 0, shape: [], batch: 1, labels: "f32" },
  { name: "W7", title: "latency of one sample through the networks of W3 and W4", samples: 0, shape: [], batch: 1, labels: "f32" },
  { name: "R20", title: "ResNet-20 on 32x32x3; SGD with momentum; batch 64", samples: 6_400, shape: [32, 32, 3], batch: 64, labels: "i32" },
];

/** [m, k, n] of W6. */
export const products: readonly (readonly [number, number, number])[] = [
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [32, 784, 512],
];

export function productName([m, k, n]: readonly [number, number, number]): string {
  return m === k && k === n ? `W6 ${m}` : `W6 ${m}x${k}x${n}`;
}

/** The workload this process was started for. */
export function givenWorkload(): WorkloadFiles {
  const text = process.env["BENCH_WORKLOAD"];
  if (text === undefined) throw new Error("BENCH_WORKLOAD is missing: contestants are started by npm run bench.");
  return JSON.parse(text) as WorkloadFiles;
}

export function readSamples({ x, y, labels }: WorkloadFiles): Samples {
  const read = (path: string) => {
    const bytes = readFileSync(path);
    // A small file may come out of Node's shared pool, unaligned: copy it.
    return bytes.byteOffset === 0 ? bytes.buffer : bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  };
  const ybuffer = read(y) as ArrayBuffer;
  return { x: new Float32Array(read(x) as ArrayBuffer), y: labels === "f32" ? new Float32Array(ybuffer) : new Int32Array(ybuffer) };
}
