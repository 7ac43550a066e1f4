import { beforeAll, describe, expect, test } from "vitest";
import "../../src/runtime/install.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { adam } from "../../src/optim/adam.ts";
import { setDevice } from "../../src/runtime/settings.ts";
import { random } from "../../src/tensor/random.ts";
import type { Sequential } from "../../src/train/sequential.ts";
import { sequential } from "../../src/train/sequential.ts";
import { outputOf, removeBundlesAfterwards, tiers } from "./child.ts";

removeBundlesAfterwards();

for (const { tier, missing } of tiers) {
  const because = missing === undefined ? "" : ` (${missing})`;
  describe.skipIf(missing !== undefined)(`on ${tier}`, () => {
    // On the native tier wide enough for kernels to be divided among threads.
    const width = tier === "native" ? 256 : 16;
    const digest = (threads: number): Promise<string> =>
      outputOf("fit", [String(width)], { GRADSMITH_CPU: tier, GRADSMITH_THREADS: String(threads) });
    let first: Promise<string> | undefined;

    test(`a fit with dropout, shuffling and Adam gives the same bits in two processes${because}`, async () => {
      first ??= digest(1);
      const [one, two] = await Promise.all([first, digest(1)]);
      expect(one).toMatch(/^[0-9a-f]{64}\n$/);
      expect(two).toBe(one);
    });

    test.skipIf(tier === "wasm")(`and the same on two threads as on one${because}`, async () => {
      first ??= digest(1);
      expect(await digest(2)).toBe(await first);
    });

    describe("two models trained in turns are the same as each trained alone", () => {
      beforeAll(() => setDevice({ device: "cpu", tier }));
      const x = random.uniform([300, 6], { seed: 4 });
      const y = x.sum({ axis: 1, keepDims: true });
      const make = (width: number): Sequential =>
        sequential([dense(width, { activation: "relu" }), dropout(0.2), dense(1)], { inputShape: [6] }).compile({
          optimizer: adam(),
          loss: "mse",
        });
      const train = (model: Sequential, seed: number, epochs: number): Promise<unknown> =>
        model.fit(x, y, { seed, epochs, batchSize: 16, verbose: 0 });
      const weights = async (model: Sequential): Promise<number[]> =>
        Object.values(await model.getWeights()).flatMap((values) => Array.from(values));

      test(`epoch by epoch${because}`, async () => {
        // One after the other.
        const alone = [make(8), make(13)] as const;
        for (const [i, model] of alone.entries()) for (let epoch = 0; epoch < 2; epoch++) await train(model, 7 + i, 1);
        const turns = [make(8), make(13)] as const;
        for (let epoch = 0; epoch < 2; epoch++) for (const [i, model] of turns.entries()) await train(model, 7 + i, 1);
        for (const [i, model] of turns.entries()) expect(await weights(model)).toEqual(await weights(alone[i]!));
      });

      test(`both at once${because}`, async () => {
        const alone = [make(8), make(13)] as const;
        for (const [i, model] of alone.entries()) await train(model, 7 + i, 40);
        const together = [make(8), make(13)] as const;
        await Promise.all(together.map((model, i) => train(model, 7 + i, 40)));
        for (const [i, model] of together.entries()) expect(await weights(model)).toEqual(await weights(alone[i]!));
      });
    });
  });
}
