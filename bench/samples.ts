import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generator, uniform } from "./random.ts";
import type { Workload, WorkloadFiles } from "./workload.ts";
import { halfRange } from "./workload.ts";

interface Made {
  readonly x: Float32Array;
  readonly y: Float32Array | Int32Array;
}

/** Writes a workload's samples into `folder` once, so that every contestant reads the same bytes. */
export function writeSamples(workload: Workload, folder: string): WorkloadFiles {
  // Workloads over the same data share its files: the network and the batch are not part of the name.
  const stem = join(
    folder,
    `${workload.samples}-${workload.shape.join("x")}-${workload.labels}-${isRegression(workload) ? "sine" : "classes"}`,
  );
  const files = { ...workload, x: `${stem}.x`, y: `${stem}.y`, ...(workload.pixels === true ? { bytes: `${stem}.bytes` } : {}) };
  if (workload.samples > 0 && !existsSync(files.y)) {
    const { x, y } = workload.shape.length === 1 && workload.shape[0] === 10 ? sine(workload) : prototypes(workload);
    if (files.bytes !== undefined) writeFileSync(files.bytes, asPixels(x));
    writeFileSync(files.x, bytesOf(x));
    writeFileSync(files.y, bytesOf(y));
  }
  return files;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array) => new Uint8Array(buffer, byteOffset, byteLength);

/** The numbers as pixels, and in their place what those are worth. Two thirds of the numbers, so that hardly any is beyond -1 or 1. */
function asPixels(x: Float32Array): Uint8Array {
  // Stored in a clamped array, numbers are rounded, and are 0 or 255 if they are beyond.
  const pixels = Uint8ClampedArray.from(x, (value) => (value / 1.5 + 1) * halfRange);
  // The quotient is rounded to f32 before 1 is subtracted, as contestants do it: the same bits.
  for (let i = 0; i < x.length; i++) x[i] = Math.fround(pixels[i]! / halfRange) - 1;
  return new Uint8Array(pixels.buffer);
}

const isRegression = ({ name }: Workload) => name === "W1";

/** The lectures' function: x uniform in [0, 1), y = sin(sum of x^2), or whether that is at least 0. */
function sine(workload: Workload): Made {
  const features = workload.shape[0]!;
  const x = uniform(workload.samples * features, generator(1234));
  const y = new Float32Array(workload.samples);
  for (let i = 0; i < workload.samples; i++) {
    let sum = 0;
    for (let j = 0; j < features; j++) sum += x[i * features + j]! ** 2;
    y[i] = isRegression(workload) ? Math.sin(sum) : Number(Math.sin(sum) >= 0);
  }
  return { x, y };
}

/**
 * Ten prototypes and noise around them, with zero mean; a fifth of the labels are random. On data with less structure or a mean, units die,
 * Adam's moments decay into subnormal numbers, and what is measured is how slow the processor is with those.
 */
function prototypes({ samples, shape }: Workload): Made {
  const next = generator(1234);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const centres = uniform(10 * size, next).map((value) => value ** 3);
  const x = new Float32Array(samples * size);
  const y = new Int32Array(samples);
  for (let i = 0; i < samples; i++) {
    const kind = Math.floor(next() * 10);
    y[i] = next() < 0.2 ? Math.floor(next() * 10) : kind;
    for (let j = 0; j < size; j++) x[i * size + j] = 0.5 * (centres[kind * size + j]! - 0.25) + (2 * next() - 1);
  }
  return { x, y };
}
