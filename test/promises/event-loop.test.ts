import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { outputOf, removeBundlesAfterwards, tiers } from "./child.ts";

removeBundlesAfterwards();

interface Report {
  /** ms until the first step had been run, and from then on. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** How long the timer waited for its turn, each time. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Fits may hold the event loop for about so long. */
const mostMs = 100;
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.POSITIVE_INFINITY;

for (const { tier, missing } of tiers) {
  describe.skipIf(missing !== undefined)(`on ${tier}${missing === undefined ? "" : ` (${missing})`}`, () => {
    const run = async (width: number, epochs: number): Promise<Report> => {
      const cache = mkdtempSync(join(tmpdir(), "gradsmith-cache-"));
      try {
        const environment = { GRADSMITH_CPU: tier, GRADSMITH_CACHE: cache };
        return JSON.parse(await outputOf("event-loop", [String(width), String(epochs)], environment)) as Report;
      } finally {
        rmSync(cache, { recursive: true, force: true });
      }
    };

    // A machine that does other things too makes single waits long, but not the usual one: what fit does is cut by the clock.
    test("a timer of 1 ms has its turn while fit compiles and trains", async () => {
      const { before, beforeMs, after, afterMs } = await run(100, 40);
      const seen = [before, after].map((waits) => `waits of ${waits.map((ms) => ms.toFixed(0)).join(", ")} ms`);
      expect(before.length, seen[0]).toBeGreaterThan(beforeMs / mostMs);
      expect(after.length, seen[1]).toBeGreaterThan(afterMs / mostMs);
      expect(median(after), seen[1]).toBeLessThan(mostMs);
    });
  });
}
