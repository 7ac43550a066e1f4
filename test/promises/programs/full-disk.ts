// Fits with its code cache on a disk that fills up, or saves to one, and prints what came of it.
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { adam, dense, describeDevice, loadModel, modelCheckpoint, random, sequential } from "gradsmith";

const [way, disk = ""] = process.argv.slice(2);
const x = random.uniform([64, 8], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });
const model = sequential([dense(256, { activation: "relu" }), dense(1)], { inputShape: [8] }).compile({
  optimizer: adam({ learningRate: 0.01 }),
  loss: "mse",
});
const options = { epochs: 3, batchSize: 16, verbose: 0, seed: 1 } as const;

const filler = join(disk, "filler");
/** Takes all room that is left, to the last page. */
function fill(): void {
  for (const page = new Uint8Array(4096); ; )
    try {
      appendFileSync(filler, page);
    } catch {
      return;
    }
}
const digestOf = (name: string): string =>
  createHash("sha256")
    .update(readFileSync(join(disk, name)))
    .digest("hex");
/** What a promise was rejected with. */
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: { code?: string; message?: string }) => ({ code: error.code, message: error.message }),
  );

/** Tries to write a file that is there again, where there is no room: what it says, and what is left. */
async function again(name: string, write: () => Promise<unknown>) {
  await write();
  const before = digestOf(name);
  fill();
  await model.fit(x, y, options);
  const failure = await failureOf(write());
  const files = readdirSync(disk).filter((file) => file !== "filler");
  const isOld = digestOf(name) === before;
  const isModel = (await (await loadModel(join(disk, name))).predict(x).read()).length === 64;
  rmSync(filler);
  await write();
  const isNew = digestOf(name) !== before;
  rmSync(join(disk, name));
  return { failure, files, isOld, isModel, isNew };
}

const path = join(disk, "model.safetensors");
const checkpoint = () => model.fit(x, y, { ...options, callbacks: [modelCheckpoint({ directory: disk, saveTopK: 0, saveLast: true })] });
const result =
  way === "fit"
    ? { losses: (await model.fit(x, y, options)).metrics["loss"], tier: describeDevice().tier }
    : { save: await again("model.safetensors", () => model.save(path)), checkpoint: await again("last.safetensors", checkpoint) };
console.log(JSON.stringify(result));
