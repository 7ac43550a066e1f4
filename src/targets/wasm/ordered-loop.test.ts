import { describe, expect, it } from "vitest";
import { constant, fma, local, splat } from "../../ir/expr.ts";
import type { Statement } from "../../ir/kernel.ts";
import { FunctionBuilder } from "./function.ts";
import { needsOrder, orderedFrom, orderedLoop } from "./ordered-loop.ts";

const one = splat(constant(1, "f32"), 4);
const sums = (count: number): Statement[] =>
  Array.from({ length: count }, (_, i) => ({ kind: "assign", name: `s${i}`, value: fma(one, one, local(`s${i}`, "f32", 4)) }));

describe("ordered loops", () => {
  it("are innermost ones of many turns and at least eight accumulators, as measured", () => {
    expect(needsOrder(sums(8), orderedFrom)).toBe(true);
    expect(needsOrder(sums(7), orderedFrom)).toBe(false);
    expect(needsOrder(sums(8), orderedFrom - 1)).toBe(false);
    expect(needsOrder([...sums(8), { kind: "if", condition: constant(1, "bool"), body: [] }], orderedFrom)).toBe(false);
  });

  it("have so many ways out that V8 counts more nodes than it unrolls: 50 for each loop around them", () => {
    for (const depth of [1, 3, 6]) {
      const code = new FunctionBuilder("f", ["i32"]);
      const [leaves, a, b] = [code.take("i32"), code.take("v128"), code.take("v128")];
      orderedLoop(code, { depth, leaves }, () => {
        for (const changed of [a, b, 0]) {
          code.emit("local.get", changed);
          code.emit("local.set", changed);
        }
        code.emit("br_if", 0);
      });
      const { instructions } = code.finish();
      const waysOut = instructions.filter(({ op, immediates }) => op === "br_if" && immediates[0] === 1).length;
      expect(waysOut * 3).toBeGreaterThanOrEqual(50 * depth);
      expect(instructions.filter(({ op }) => op === "loop").length).toBe(1);
    }
  });
});
