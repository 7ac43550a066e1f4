import { inspect } from "node:util";
import { expect, it } from "vitest";
import { compile } from "../runtime/compile.ts";
import "../runtime/install.ts";
import { arange, tensor, zeros } from "./create.ts";
import type { Tensor } from "./tensor.ts";

it("console.log shows numbers that were given, and of what isn't computed only what it is", async () => {
  const x = tensor([
    [1, 2],
    [3, 4.5],
  ]);
  expect(inspect(x)).toBe("Tensor(f32 [2, 2], buffer) [ [ 1, 2 ], [ 3, 4.5 ] ]");
  const sum = x.add(1);
  expect(inspect(sum)).toBe("Tensor(f32 [2, 2], add)");
  await sum.read();
  expect(inspect({ sum })).toBe("{ sum: Tensor(f32 [2, 2], buffer) [ [ 2, 3 ], [ 4, 5.5 ] ] }");
  expect(inspect(tensor(3))).toBe("Tensor(f32 [], buffer) 3");
  expect(inspect(tensor([true, false]))).toBe("Tensor(bool [2], buffer) [ 1, 0 ]");
});

it("shows only the first of many numbers", async () => {
  const many = arange(1000);
  await many.read();
  expect(inspect(many)).toBe("Tensor(i32 [1000], buffer) [0, 1, 2, 3, 4, 5, ... 994 more]");
});

it("shows what is known inside a traced function without an error, and what was donated", async () => {
  let seen = "";
  const step = compile(
    (w: Tensor) => {
      seen = inspect(w);
      return w.mul(2);
    },
    { donate: [0] },
  );
  const w = tensor([1, 2]);
  await step(w).read();
  expect(seen).toBe("Tensor(f32 [2], input)");
  expect(inspect(w)).toBe("Tensor(f32 [2], buffer)");
});

it("JSON has dtype, shape, what computes it, and values where they are at hand", () => {
  expect(JSON.parse(JSON.stringify({ x: tensor([[1, 2]]), y: zeros([3]).exp() }))).toEqual({
    x: { dtype: "f32", shape: [1, 2], op: "buffer", values: [[1, 2]] },
    y: { dtype: "f32", shape: [3], op: "exp" },
  });
});
