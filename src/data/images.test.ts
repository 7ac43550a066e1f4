import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import "../runtime/install.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { mnist } from "./mnist.ts";

const root = process.env["GRADSMITH_DATA"] ?? "";
const has = (name: string): boolean => root !== "" && existsSync(join(root, name));

/** Counts of each label, and the mean pixel over 255, as their publishers and everyone since state them. */
const sets = [
  { name: "mnist", load: mnist, mean: 0.1307, trainCounts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], className: "0" },
  { name: "fashion-mnist", load: fashionMnist, mean: 0.286, trainCounts: new Array<number>(10).fill(6000), className: "T-shirt/top" },
];

describe.each(sets)("$name (skipped without its files in GRADSMITH_DATA)", ({ name, load, mean, trainCounts, className }) => {
  test.skipIf(!has(name))("has the published shapes, labels and mean", async () => {
    const { train, test: held, classNames } = await load();
    expect([train.images.shape, train.labels.shape, held.images.shape, held.labels.shape]).toEqual([
      [60000, 28, 28],
      [60000],
      [10000, 28, 28],
      [10000],
    ]);
    expect([train.images.dtype, train.labels.dtype]).toEqual(["u8", "u8"]);
    expect([classNames.length, classNames[0]]).toEqual([10, className]);
    const labels = await train.labels.read();
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label]!++;
    expect(counts).toEqual(trainCounts);
    const pixels = await train.images.read();
    expect((pixels as Uint8Array).reduce((sum, pixel) => sum + pixel, 0) / pixels.length / 255).toBeCloseTo(mean, 4);
  });
});
