import { describe, expect, test } from "vitest";
import { isFloat } from "../../src/core/dtype.ts";
import { makeNode } from "../../src/ir/graph.ts";
import { input } from "../../src/tensor/create.ts";
import type { ElementwiseRow } from "../../src/tensor/ops/define.ts";
import { table } from "../../src/tensor/ops/table.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "./differences.ts";
import { domainOf } from "./domains.ts";
import { randomNumbers, sample } from "./reference.ts";

const rows = Object.entries(table).filter((entry): entry is [string, ElementwiseRow] => entry[1].kind === "elementwise");
const attributes: Readonly<Record<string, unknown>> = { cast: { dtype: "f64" }, bitcast: { dtype: "u32" }, threefry: { word: "xor" } };
const isFloatRow = (row: ElementwiseRow): boolean =>
  isFloat(
    row.infer(
      domainOf(row).map(() => ({ dtype: "f64", shape: [] })),
      attributes[row.name],
    ).dtype,
  );
const notFloat: Readonly<Record<string, true>> = {
  bitwiseAnd: true,
  bitwiseOr: true,
  bitwiseXor: true,
  bitwiseNot: true,
  shiftLeft: true,
  shiftRight: true,
  threefry: true,
};
const constant: Readonly<Record<string, true>> = { stopGradient: true, floorDivide: true };

describe("elementwise rows agree with finite differences of the reference, and so do their gradients", () => {
  const differentiable = rows.filter(([name, row]) => isFloatRow(row) && !notFloat[name] && !constant[name]);
  test.each(differentiable)("%s", (name, row) => {
    const next = randomNumbers(5);
    // The last input is a row of the others, so that summing a broadcast gradient is tested everywhere.
    const shapes = domainOf(row).map((_, i) => (i > 0 && i === domainOf(row).length - 1 ? [3] : [2, 3]));
    const isCondition = (i: number) => row.operands === "choice" && i === 0;
    const inputs = shapes.map((shape, slot) => input(slot, { dtype: isCondition(slot) ? "bool" : "f64", shape }));
    const values = shapes.map((shape, i) => sample(next, shape, domainOf(row)[i]).map((x) => (isCondition(i) ? Math.round(x) : x)));
    checkGradients(
      (x) =>
        new Tensor(
          makeNode(
            row,
            x.map((t) => t.node),
            attributes[name],
          ),
        ),
      inputs,
      values,
    );
  });
});

describe("elementwise rows say what they are", () => {
  test.each(rows)("%s is in the table under its name, with an interval for each input", (name, row) => {
    expect(row.name).toBe(name);
    for (const [low, high] of domainOf(row)) expect(low).toBeLessThan(high);
  });

  test.each(rows)("%s broadcasts as NumPy does", (name, row) => {
    const types = domainOf(row).map((_, i) => ({ dtype: "f32", shape: i === 0 ? [4, 1, 3] : [2, 1] }) as const);
    const { shape } = row.infer(types, attributes[name]);
    expect(shape).toEqual(types.length === 1 ? [4, 1, 3] : [4, 2, 3]);
  });

  test.each(rows.filter(([, row]) => domainOf(row).length > 1))("%s refuses shapes that do not broadcast", (name, row) => {
    const types = domainOf(row).map((_, i) => ({ dtype: "f32", shape: [i + 2] }) as const);
    expect(() => row.infer(types, attributes[name])).toThrow(
      `[${name}] cannot broadcast [2] with [3]: axis -1 is 2 on the left and 3 on the right. Make the two equal, or one of them 1.`,
    );
  });
});
