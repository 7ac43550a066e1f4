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
  /** Whether samples are images of bytes, from 0 to 255, that a step makes numbers from -1 to 1 of. */
  readonly pixels?: true;
}

/** What a contestant keeps of images: their bytes, of which each step scales its batch, or floats that were scaled beforehand. */
export type Kept = "bytes" | "floats";

/** Where the harness has put a workload's samples: little-endian numbers, no header. */
export interface WorkloadFiles extends Workload {
  readonly x: string;
  /** The images' bytes; `x` then holds the same, scaled. */
  readonly bytes?: string;
  readonly y: string;
}

export interface Samples {
  readonly x: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
  readonly y: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

const mlp = "dense 512 relu, 512 relu, 10 softmax; sparse cross-entropy; Adam";

export const workloads: readonly Workload[] = [
  { name: "W1", title: "10-20-30-1 regression; mean squared error; SGD; batch 32", samples: 10_000, shape: [10], batch: 32, labels: "f32" },
  { name: "W2", title: "10-100-100-1 classification; Adam; batch 256", samples: 10_000, shape: [10], batch: 256, labels: "f32" },
  {
    name: "W3a",
    title: `784 pixels, bytes scaled to -1..1, ${mlp}; batch 32`,
    samples: 60_000,
    shape: [784],
    batch: 32,
    labels: "i32",
    pixels: true,
  },
  {
    name: "W3b",
    title: `784 pixels, bytes scaled to -1..1, ${mlp}; batch 128`,
    samples: 60_000,
    shape: [784],
    batch: 128,
    labels: "i32",
    pixels: true,
  },
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

/** Half the range of a pixel's bytes: a pixel is byte / 127.5 - 1, from -1 to 1, for every contestant alike. */
export const halfRange = 127.5;

/** What a contestant that can do both was told to keep, in a word of BENCH_CONFIGURATION. */
export const keptHere = (): Kept => (/\bfloats\b/.test(process.env["BENCH_CONFIGURATION"] ?? "") ? "floats" : "bytes");

function readWhole(path: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  // A small file may come out of Node's shared pool, unaligned: copy it.
  return (byteOffset === 0 ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
}

/** A workload's samples, images as they are to be kept. */
export function readSamples({ x, bytes, y, labels }: WorkloadFiles, kept: Kept = "floats", read = readWhole): Samples {
  const ybuffer = read(y);
  const isBytes = kept === "bytes" && bytes !== undefined;
  return {
    x: isBytes ? new Uint8Array(read(bytes)) : new Float32Array(read(x)),
    y: labels === "f32" ? new Float32Array(ybuffer) : new Int32Array(ybuffer),
  };
}
