import { describe, expect, test } from "vitest";
import { outputOf, removeBundlesAfterwards, tiers } from "./child.ts";

removeBundlesAfterwards();

interface Look {
  readonly rss: number;
  readonly heap: number;
  readonly outside: number;
}

/** MiB that 10,000 steps may seem to add: garbage not collected yet. A leak of one weight a step (40 bytes and its objects) adds more. */
const slack: Look = { rss: 60, heap: 30, outside: 8 };

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

for (const { tier, missing } of tiers) {
  describe.skipIf(missing !== undefined)(
    `memory on ${tier} after 10,000 steps is what it was after 2,000${missing === undefined ? "" : ` (${missing})`}`,
    () => {
      test.each([
        ["fit", "of fit"],
        ["donated", "of a compiled function with donated state"],
        ["naive", "of a loop that neither compiles nor donates"],
      ])("%s", async (way) => {
        const { loss, early, late } = JSON.parse(await outputOf("memory", [way], { GRADSMITH_CPU: tier })) as {
          loss: number;
          early: Look[];
          late: Look[];
        };
        expect(loss, "it learns").toBeLessThan(1e-3);
        for (const kind of ["rss", "heap", "outside"] as const) {
          const [before, after] = [early, late].map((looks) => median(looks.map((look) => look[kind]))) as [number, number];
          expect(after, `${kind}: ${before.toFixed(1)} MiB, later ${after.toFixed(1)} MiB`).toBeLessThan(before + slack[kind]);
        }
      });
    },
  );
}
