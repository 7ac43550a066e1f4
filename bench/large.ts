// npm run bench:large: models with 100 million parameters, trained by fit, and what memory each stage of their life takes at most.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { adam, dense, describeDevice, random, sequential } from "gradsmith";
import { peakMegabytes } from "./measure.ts";

/** Square dense layers: how wide, how many. */
const models = [
  [10_000, 1],
  [8192, 2],
  [4096, 6],
] as const;
const batch = 32;

const [width, layers] = process.argv.slice(2).map(Number);
if (width !== undefined && layers !== undefined) await train(width, layers);
else {
  console.log(`${describeDevice().lines[0]}; Adam, batch ${batch}; peak memory in MiB above that of an idle process with the package`);
  console.log(
    [
      "layers",
      "parameters",
      "first fit",
      "floats/parameter",
      "evaluate, predict",
      "save",
      "second fit",
      "ms/step",
      "GFLOP/s",
      "loss from, to",
    ].join(" | "),
  );
  // Peaks are a process's: one for each model.
  for (const model of models)
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...model.map(String)], { stdio: ["ignore", "inherit", "inherit"] });
}

async function train(width: number, layers: number): Promise<void> {
  const idle = peakMegabytes();
  const model = sequential(
    Array.from({ length: layers }, (_, i) => dense(width, i < layers - 1 ? { activation: "relu" } : {})),
    { inputShape: [width] },
  );
  model.compile({ optimizer: adam({ learningRate: 1e-4 }), loss: "mse" });
  const samples = 4 * batch;
  const x = random.normal([samples, width], { seed: 1 });
  const y = random.normal([samples, width], { seed: 2 });
  await Promise.all([x.read(), y.read()]);
  const parameters = layers * (width * width + width);
  const options = { batchSize: batch, verbose: 0, seed: 1 } as const;

  const ends: number[] = [];
  const { metrics } = await model.fit(x, y, {
    ...options,
    epochs: 6,
    callbacks: [{ onEpochEnd: () => void ends.push(performance.now()) }],
  });
  const times = ends
    .slice(1)
    .map((end, i) => (end - ends[i]!) / (samples / batch))
    .sort((a, b) => a - b);
  const msPerStep = times[times.length >> 1]!;
  const peaks = [peakMegabytes() - idle];
  await model.evaluate(x, y, { batchSize: batch });
  await model.predict(x, { batchSize: batch }).read();
  peaks.push(peakMegabytes() - idle);
  const file = join(tmpdir(), `gradsmith-large-${process.pid}.safetensors`);
  try {
    await model.save(file);
  } finally {
    rmSync(file, { force: true });
  }
  peaks.push(peakMegabytes() - idle);
  await model.fit(x, y, { ...options, epochs: 1 });
  peaks.push(peakMegabytes() - idle);
  const [fit, evaluate, save, again] = peaks as [number, number, number, number];
  const floats = (fit * 2 ** 20) / 4 / parameters;
  const losses = [metrics["loss"]![0]!, metrics["loss"]!.at(-1)!].map((loss) => loss.toFixed(3)).join(", ");
  // Forward, and both gradients but that of the first layer's input.
  const operations = 2 * batch * width * width * (3 * layers - 1);
  console.log(
    [
      `${layers} x ${width}`,
      `${(parameters / 1e6).toFixed(1)}e6`,
      fit,
      floats.toFixed(2),
      evaluate,
      save,
      again,
      msPerStep.toFixed(0),
      (operations / msPerStep / 1e6).toFixed(0),
      losses,
    ].join(" | "),
  );
}
