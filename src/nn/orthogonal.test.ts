import { expect, it } from "vitest";
import "../runtime/install.ts";
import { random } from "../tensor/random.ts";
import { initializers } from "./initializers.ts";

it("an orthogonal matrix can be the first thing that a process computes, as by the definition of one", async () => {
  const matrix = initializers.orthogonal().create([3, 4], random.key(1));
  const values = await matrix.read();
  const row = (i: number): number[] => Array.from(values.slice(4 * i, 4 * i + 4));
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const product = row(i).reduce((sum, x, k) => sum + x * row(j)[k]!, 0);
      expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
    }
  }
});
