import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadModel } from "../../src/index.ts";
import { safetensorsHeader } from "../../src/io/safetensors.ts";
import { architectureKey } from "../../src/train/architecture.ts";
import { inNightly } from "../nightly.ts";

/** By night more than 2 GiB, which is as much as Node reads at once. */
const width = inNightly(1500, 7900);
const count = 10;

test(`a model of ${Math.round((count * width * width * 4) / 1e6)} MB is loaded in 1.1 times its size, by the system's own count`, {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "gradsmith-large-"));
  try {
    const path = join(folder, "model.safetensors");
    const layers = Array.from({ length: count }, () => ["dense", { units: width, useBias: false }]);
    const architecture = { format: 2, model: ["sequential", { layers }], input: { dtype: "f32", shape: [width] } };
    const tensors = Object.fromEntries(
      layers.map((_, i) => [`dense${i === 0 ? "" : `_${i}`}/kernel`, { dtype: "f32" as const, shape: [width, width] }]),
    );
    const { header, names, byteLength } = safetensorsHeader(tensors, { [architectureKey]: JSON.stringify(architecture) });
    const file = await open(path, "w");
    await file.write(header);
    // Zeros that no disk has to hold.
    await file.truncate(byteLength);
    await file.close();
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 5);
    const model = await loadModel(path);
    clearInterval(watch);
    peak = Math.max(peak, process.memoryUsage.rss());
    expect(Object.keys(model.weights).sort()).toEqual([...names].sort());
    expect(peak - before).toBeLessThan(1.1 * byteLength + 20 * 2 ** 20);
  } finally {
    await rm(folder, { recursive: true });
  }
});
