import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generator, uniform } from "./random.ts";
import type { Samples, Workload, WorkloadFiles } from "./workload.ts";

/** Writes a workload's samples into `folder` once, so that every contestant reads the same bytes. */
export function writeSamples(workload: Workload, folder: string): WorkloadFiles {
  // Workloads over the same data share its files: the network and the batch are not part of the name.
  const stem = join(
    folder,
    `${workload.samples}-${workload.shape.join("x")}-${workload.labels}-${isRegression(workload) ? "sine" : "classes"}`,
  );
  const files = { ...workload, x: `${stem}.x`, y: `${stem}.y` };
  if (workload.samples > 0 && !existsSync(files.y)) {
    const { x, y } = workload.shape.length === 1 && workload.shape[0] === 10 ? sine(workload) : prototypes(workload);
    writeFileSync(files.x, new Uint8Array(x.buffer));
    writeFileSync(files.y, new Uint8Array(y.buffer));
  }
  return files;
}

const isRegression = ({ name }: Workload) => name === "W1";

/** The lectures' function: x uniform in [0, 1), y = sin(sum of x^2), or whether that is at least 0. */
function sine(workload: Workload): Samples {
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
function prototypes({ samples, shape }: Workload): Samples {
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
