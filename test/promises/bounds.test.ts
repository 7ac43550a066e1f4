import { describe, expect, test } from "vitest";
import { inNightly, nightly } from "../nightly.ts";
import { outputOf, removeBundlesAfterwards, tiers } from "./child.ts";

removeBundlesAfterwards();

interface Look {
  readonly rss: number;
  readonly heap: number;
  readonly addresses: number;
}

const ways = {
  compile: "shapes of a compiled function",
  predict: "batch sizes of predict",
  functions: "compiled functions",
  models: "models, made and trained",
  steps: "thousands of training steps",
} as const;
type Way = keyof typeof ways;

/** How many of each; none where only the nightly part goes that way. */
const counts: Readonly<Record<"wasm" | "native", Readonly<Record<Way, number>>>> = {
  wasm: {
    compile: inNightly(400, 10_000),
    predict: inNightly(200, 10_000),
    functions: inNightly(400, 6000),
    models: inNightly(60, 2000),
    steps: inNightly(8, 300),
  },
  // A C compiler takes 0.1 s and more for each program that is not of a shape and function seen before.
  native: {
    compile: inNightly(40, 600),
    predict: inNightly(0, 400),
    functions: inNightly(0, 400),
    models: inNightly(60, 2000),
    steps: inNightly(8, 300),
  },
};

/** MiB between a third of the looks and the last: garbage not collected yet, and what engines learn about code that runs often. */
const slack = { rss: 40, heap: 30 } as const;
/** MiB that engines may reserve: each memory of WebAssembly has 10 GiB of addresses, and a process has 128 TiB. */
const mostAddresses = 12 * 2 ** 20;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

for (const { tier, missing } of tiers) {
  describe.skipIf(missing !== undefined)(
    `memory on ${tier} doesn't grow with the number of${missing === undefined ? "" : ` (${missing})`}`,
    () => {
      for (const [way, what] of Object.entries(ways) as [Way, string][]) {
        const count = counts[tier][way];
        const title = count === 0 ? `${what} (nightly)` : `${what}: ${count}`;
        test.skipIf(count === 0)(title, { timeout: nightly ? 900_000 : 60_000 }, async () => {
          const { looks } = JSON.parse(await outputOf("bounds", [way, String(count)], { GRADSMITH_CPU: tier })) as { looks: Look[] };
          const third = Math.floor(looks.length / 3);
          expect(third, "looks").toBeGreaterThan(0);
          for (const kind of ["rss", "heap"] as const) {
            const [first, last] = [looks.slice(0, third), looks.slice(-third)].map((some) => median(some.map((look) => look[kind])));
            expect(last, `${kind}: ${first!.toFixed(1)} MiB, later ${last!.toFixed(1)} MiB`).toBeLessThan(first! + slack[kind]);
          }
          expect(Math.max(...looks.map(({ addresses }) => addresses)), "addresses").toBeLessThan(mostAddresses);
        });
      }
    },
  );
}
