import { answerOf } from "./child.ts";
import { markdown } from "./markdown.ts";
import type { PrecisionLine, PrecisionPlan, Score } from "./precision-process.ts";

/** What bf16 may cost, in points of test accuracy. */
const mostPoints = 0.3;
const plan = { epochs: 8, batchSize: 32 };

/**
 * Fashion-MNIST trained in f32 and in bf16 from the same first weights and over the same batches, seed by seed. What rounding does to a
 * trained network is told from what it does to training by evaluating each outcome in both precisions: that difference has no noise of
 * training in it. Whether the mean loss of accuracy is within its limit.
 */
export async function comparePrecisions(seeds: number, progress: (text: string) => void): Promise<boolean> {
  const lines: PrecisionLine[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    progress(`seed ${seed} of ${seeds}`);
    const asked: PrecisionPlan = { seed, ...plan };
    const line = await answerOf<PrecisionLine>("precision-process", { BENCH_PRECISION: JSON.stringify(asked) });
    if (typeof line === "string") throw new Error(`seed ${seed}: ${line}`);
    lines.push(line);
  }
  progress("");
  const points = (score: Score) => 100 * score.accuracy;
  const columns = [
    { title: "trained in f32", of: ({ f32 }: PrecisionLine) => points(f32.inF32) },
    { title: "trained in bf16", of: ({ bf16 }: PrecisionLine) => points(bf16.inBf16) },
    { title: "difference", of: ({ f32, bf16 }: PrecisionLine) => points(bf16.inBf16) - points(f32.inF32) },
    { title: "f32's weights in bf16: difference", of: ({ f32 }: PrecisionLine) => points(f32.inBf16) - points(f32.inF32) },
    { title: "test loss, difference", of: ({ f32, bf16 }: PrecisionLine) => bf16.inBf16.loss - f32.inF32.loss, digits: 4 },
  ];
  const rows = lines.map((line, i) => [`seed ${i + 1}`, ...columns.map(({ of, digits = 2 }) => of(line).toFixed(digits))]);
  const summary = columns.map(({ of, digits = 2 }) => {
    const values = lines.map(of);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    return { mean, text: `${mean.toFixed(digits + 1)} ±${Math.sqrt(variance / values.length).toFixed(digits + 1)}` };
  });
  console.log(
    `Test accuracy on Fashion-MNIST in percent: dense 512, 512, 10; Adam, ${plan.epochs} epochs, its learning rate falling to 0.\n`,
  );
  console.log(markdown(["", ...columns.map(({ title }) => title)], [...rows, ["mean ± its error", ...summary.map(({ text }) => text)]]));
  const lost = -summary[2]!.mean;
  console.log(`\nbf16 costs ${lost.toFixed(3)} points; allowed are ${mostPoints}.`);
  return lost <= mostPoints;
}
