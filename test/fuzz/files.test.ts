import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GradsmithError } from "../../src/core/errors.ts";
import { unpackedFile } from "../../src/data/files-gunzip.ts";
import { readImages } from "../../src/data/files-images.ts";
import { parseIdx } from "../../src/data/idx.ts";
import { imageFiles } from "../../src/data/image-files.ts";
import { adam, conv2d, dense, dropout, flatten, lambdaCallback, loadModel, lstm, sequential, tensor } from "../../src/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/io/safetensors.ts";
import { readCheckpoint } from "../../src/train/read-checkpoint.ts";
import { inNightly } from "../nightly.ts";
import { changedSafetensors, damaged, randomOf } from "./mutate.ts";

/** Of each kind of file. `GRADSMITH_MUTANTS=100000` for as many as one likes, `GRADSMITH_SEED` for those of another seed. */
const mutants = Number(process.env["GRADSMITH_MUTANTS"] ?? inNightly(200, 5000));
const seed = Number(process.env["GRADSMITH_SEED"] ?? 1);

const slowestMs = 2000;
const mostBytes = 100 * 2 ** 20;
/** What may reach a terminal: lines of characters that can be seen, not too many. */
const isShowable = (message: string): boolean =>
  message.length <= 20_000 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(message.replaceAll("\n", ""));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradsmith-fuzz-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Reads mutants one after another; each is read, or refused by an error of ours, in time and without much memory. */
async function fuzz(mutate: (random: () => number) => Uint8Array, read: (file: Uint8Array) => unknown): Promise<void> {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  let refused = 0;
  for (let number = 0; number < mutants; number++) {
    const file = mutate(randomOf(seed * 1_000_003 + number));
    const which = `mutant ${number} of seed ${seed}`;
    const started = performance.now();
    try {
      await read(file);
    } catch (error) {
      refused++;
      expect(error, `${which}: ${String((error as Error).stack)}`).toBeInstanceOf(GradsmithError);
      expect(isShowable((error as Error).message), `${which}: ${JSON.stringify((error as Error).message.slice(0, 500))}`).toBe(true);
    }
    expect(performance.now() - started, `${which}: milliseconds`).toBeLessThan(slowestMs);
    const now = process.memoryUsage();
    expect(now.arrayBuffers - arrayBuffers, `${which}: bytes of arrays`).toBeLessThan(mostBytes + file.byteLength);
    expect(now.heapUsed - heapUsed, `${which}: bytes of objects`).toBeLessThan(2 * mostBytes + file.byteLength);
  }
  expect(refused).toBeGreaterThan(mutants / 4);
}

const either = (file: Uint8Array) => (random: () => number) => (random() < 0.3 ? damaged(file, random) : changedSafetensors(file, random));

const pictures = () =>
  sequential([conv2d(2, 3, { activation: "relu" }), flatten(), dropout(0.1), dense(2, { activation: "softmax" })], {
    inputShape: [6, 6, 1],
  });

async function modelBytes(model: ReturnType<typeof sequential>): Promise<Uint8Array> {
  model.trainState = model.init({ seed: 0 });
  return model.toBytes();
}

describe(`${mutants} mutants of a file are read or refused by an error of ours, in two seconds and 100 MB`, () => {
  test("of a model", async () => {
    const file = await modelBytes(pictures());
    await fuzz(either(file), (bytes) => loadModel(bytes).then((model) => model.summary() + String(model)));
  });

  test("of a model with loops and models in it, in int8", async () => {
    const model = sequential([sequential([lstm(3)], { name: "inner" }), dense(1)], { inputShape: [4, 2] });
    model.trainState = model.init({ seed: 0 });
    await fuzz(either(await model.toBytes({ weights: "int8" })), (bytes) => loadModel(bytes).then((loaded) => loaded.summary()));
  });

  test("of a checkpoint", async () => {
    const model = sequential([dense(2), dense(1)], { inputShape: [3] });
    model.compile({ optimizer: adam(), loss: "mse" });
    const path = join(folder, "checkpoint.safetensors");
    const save = lambdaCallback({ onEpochEnd: (_epoch, _logs, controls) => controls.saveCheckpoint(path) });
    await model.fit(tensor([[1, 2, 3]]), tensor([[1]]), { epochs: 1, verbose: 0, callbacks: [save] });
    const { readFile } = await import("node:fs/promises");
    await fuzz(either(new Uint8Array(await readFile(path))), (bytes) => readCheckpoint(bytes, model));
  });

  test("of a safetensors file of every dtype", async () => {
    const { readFile } = await import("node:fs/promises");
    const file = new Uint8Array(await readFile(new URL("../fixtures/safetensors/mixed.safetensors", import.meta.url)));
    await fuzz(
      (random) => (random() < 0.5 ? damaged(file, random) : changedSafetensors(withoutNote(file), random)),
      (bytes) => decodeSafetensors(bytes, "file"),
    );
  });

  const idx = (shape: readonly number[]): Uint8Array => {
    const bytes = new Uint8Array(4 + 4 * shape.length + shape.reduce((a, b) => a * b, 1)).fill(1);
    bytes.set([0, 0, 8, shape.length]);
    for (const [axis, size] of shape.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * axis, size);
    return bytes;
  };

  test("of an IDX file", async () => {
    await fuzz(
      (random) => damaged(idx([3, 5, 5]), random),
      (bytes) => parseIdx(bytes, "file"),
    );
  });

  test("of an IDX file packed with gzip", async () => {
    const path = join(folder, "packed.gz");
    const file = gzipSync(idx([4, 28, 28]));
    await fuzz(
      (random) => damaged(file, random),
      async (bytes) => {
        await writeFile(path, bytes);
        parseIdx(await unpackedFile(path, 5000), path);
      },
    );
  });

  test("of the IDX files of a set of pictures", async () => {
    const print = { sha256: "", packedLength: 0 };
    const set = imageFiles("tiny", "Tiny", {
      baseUrl: "http://x/",
      trainImages: print,
      trainLabels: print,
      testImages: print,
      testLabels: print,
    });
    const all = [
      [set.trainImages, idx([4, 28, 28])],
      [set.trainLabels, idx([4])],
      [set.testImages, idx([2, 28, 28])],
      [set.testLabels, idx([2])],
    ] as const;
    const place = await mkdtemp(join(folder, "pictures-"));
    const pathOf = (name: string): string => join(place, name.replace(/\.gz$/, ""));
    for (const [{ name }, bytes] of all) await writeFile(pathOf(name), bytes);
    let turn = 0;
    await fuzz(
      (random) => damaged(all[turn++ % 4]![1], random),
      async (bytes) => {
        const [{ name }, whole] = all[(turn - 1) % 4]!;
        await writeFile(pathOf(name), bytes);
        await readImages(set, { directory: place }).finally(() => writeFile(pathOf(name), whole));
      },
    );
  });
});

/** A file's metadata may be any text; here it must be JSON to be changed. */
function withoutNote(file: Uint8Array): Uint8Array {
  const { tensors } = decodeSafetensors(file, "file");
  return encodeSafetensors(tensors);
}
