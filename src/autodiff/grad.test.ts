import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { treeNode } from "../core/tree.ts";
import { topological } from "../ir/graph.ts";
import { full, input, tensor } from "../tensor/create.ts";
import { depthLimit, installExecution } from "../tensor/execution.ts";
import { literalNode } from "../tensor/ops/source.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { customGradient, stopGradient } from "./custom-gradient.ts";
import { grad, valueAndGrad } from "./grad.ts";

const elementsOf = (t: Tensor): number[] => [...evaluateGraph([t.node], () => [])[0]!];
const scalar = (value: number): Tensor => tensor(value, { dtype: "f64" });
const vector = (...values: number[]): Tensor => tensor(values, { dtype: "f64" });

describe("grad agrees with derivatives by hand", () => {
  test("of a square around 3", () => {
    const df = grad((w: Tensor) => w.sub(3).square().sum());
    expect(elementsOf(df(tensor([1, 2])))).toEqual([-4, -2]);
  });
  test("up to the fourth derivative", () => {
    let f = (x: Tensor): Tensor => x.pow(4);
    for (const want of [32, 48, 48, 24]) {
      f = grad(f);
      expect(elementsOf(f(scalar(2)))).toEqual([want]);
    }
  });
  test("at a computed point", () => {
    const x = scalar(1).exp().mul(2);
    expect(elementsOf(grad((t: Tensor) => t.square())(x))[0]).toBeCloseTo(4 * Math.E, 12);
  });
  test("for the argument, not for an equal tensor caught by the closure", () => {
    const x = scalar(3);
    expect(elementsOf(grad((t: Tensor) => t.mul(x))(x))).toEqual([3]);
    expect(elementsOf(grad((t: Tensor) => t.mul(t))(x))).toEqual([6]);
  });
  test("for each of two arguments that are one tensor", () => {
    const x = scalar(3);
    const { a, b } = grad((p: { a: Tensor; b: Tensor }) => p.a.mul(2).add(p.b.square()))({ a: x, b: x });
    expect([elementsOf(a), elementsOf(b)]).toEqual([[2], [6]]);
  });
  test("a mixed second derivative: d/dy of d/dx of x² y³", () => {
    const f = (x: Tensor, y: Tensor): Tensor => x.square().mul(y.pow(3));
    const mixed = grad((y: Tensor, x: Tensor) => grad(f)(x, y));
    expect(elementsOf(mixed(scalar(2), scalar(5)))).toEqual([120]);
  });
  test("a tensor used often collects all its gradients", () => {
    expect(elementsOf(grad((x: Tensor) => x.add(x).mul(x).add(x.sum()).sum())(vector(1, 2)))).toEqual([6, 10]);
  });
});

describe("trees of parameters", () => {
  test("keep their shape, their statics and the order of their names", () => {
    const params = { layers: [{ kernel: vector(1, 2), bias: scalar(3) }], name: "model", rate: 0.5 };
    const { value, grads } = valueAndGrad((p: typeof params, x: Tensor) =>
      p.layers[0]!.kernel.mul(x).sum().add(p.layers[0]!.bias.square()),
    )(params, vector(5, 7));
    expect(elementsOf(value)).toEqual([28]);
    expect(grads.name).toBe("model");
    expect(grads.rate).toBe(0.5);
    expect(elementsOf(grads.layers[0]!.kernel)).toEqual([5, 7]);
    expect(elementsOf(grads.layers[0]!.bias)).toEqual([6]);
  });
  test("may be objects of a class", () => {
    class Weights {
      readonly w: Tensor;
      constructor(w: Tensor) {
        this.w = w;
      }
      [treeNode]() {
        return { children: { w: this.w }, rebuild: (children: Readonly<Record<string, unknown>>) => new Weights(children.w as Tensor) };
      }
    }
    const grads = grad((p: Weights) => p.w.square())(new Weights(scalar(4)));
    expect(grads).toBeInstanceOf(Weights);
    expect(elementsOf(grads.w)).toEqual([8]);
  });
  test("that are not used have zeros", () => {
    const grads = grad((p: { used: Tensor; unused: Tensor }) => p.used.sum())({ used: vector(1), unused: vector(1, 2) });
    expect(elementsOf(grads.unused)).toEqual([0, 0]);
  });
  test("hasAux passes other results through", () => {
    const { value, grads, aux } = valueAndGrad((x: Tensor) => [x.square().sum(), { twice: x.mul(2), note: "ok" }] as const, {
      hasAux: true,
    })(vector(1, 2));
    expect([elementsOf(value), elementsOf(grads), elementsOf(aux.twice), aux.note]).toEqual([[5], [2, 4], [2, 4], "ok"]);
  });
  test("gradients have the parameters' dtype", () => {
    const grads = grad((x: Tensor) => x.cast("f32").mul(3).sum())(tensor([1], { dtype: "bf16" }));
    expect(grads.dtype).toBe("bf16");
  });
});

describe("stopGradient and customGradient", () => {
  test("stopGradient makes a constant", () => {
    expect(elementsOf(grad((x: Tensor) => x.mul(stopGradient(x)))(scalar(3)))).toEqual([3]);
  });
  test("a custom gradient replaces the derivative", () => {
    const roundStraight = customGradient(
      (x: Tensor) => x.round(),
      (g) => [g],
    );
    const { value, grads } = valueAndGrad((x: Tensor) => roundStraight(x).mul(2).sum())(vector(1.4, 2.6));
    expect([elementsOf(value), elementsOf(grads)]).toEqual([[8], [2, 2]]);
  });
  test("a custom gradient of several inputs, one of which the value does not use", () => {
    const f = customGradient(
      (x: Tensor, _y: Tensor) => x.mul(2),
      (g, [x, y]) => [g.mul(x!), g.sum().mul(y!).mul(10)],
    );
    const grads = grad((p: { x: Tensor; y: Tensor }) => f(p.x, p.y).sum())({ x: vector(3, 4), y: vector(5) });
    expect([elementsOf(grads.x), elementsOf(grads.y)]).toEqual([[3, 4], [100]]);
  });
  test("a custom gradient has the gradient of its formula", () => {
    const square = customGradient(
      (x: Tensor) => x.square(),
      (g, [x]) => [g.mul(x!.mul(2))],
    );
    expect(elementsOf(grad(grad((x: Tensor) => square(x).mul(x)))(scalar(3)))).toEqual([18]);
  });
  test("a custom gradient of the wrong shape is refused", () => {
    const wrong = customGradient(
      (x: Tensor) => x.sum(),
      (g) => [g],
    );
    expect(() => grad(wrong)(vector(1, 2))).toThrow(
      "[customGradient] gradient 0 is [], its input [2]. Sum it over the axes that were stretched.",
    );
  });
});

describe("messages", () => {
  const f32 = (...shape: number[]): Tensor => full(shape, 1);
  test.each([
    [
      "not a scalar",
      () => grad((x: Tensor) => x.mul(2))(f32(2, 3)),
      "[grad] the function returned [2, 3], not one number. Reduce it with sum() or mean().",
    ],
    [
      "not a float",
      () => grad((x: Tensor) => x.cast("i32").sum())(f32(2)),
      "[grad] the function returned i32. Integers have no gradient: compute with floats.",
    ],
    [
      "not a tensor",
      () => grad((() => 3) as unknown as (x: Tensor) => Tensor)(f32()),
      "[grad] the function returned number, not a tensor. Return one number as a tensor; for more results pass { hasAux: true } and return [value, aux].",
    ],
    [
      "no tensors",
      () => grad((_: number) => f32())(3),
      "[grad] the first argument holds no tensors. Pass a tensor, or a tree of them; wrap numbers with tensor(...).",
    ],
    [
      "an integer parameter",
      () => grad((p: { a: Tensor; steps: Tensor }) => p.a.sum())({ a: f32(2), steps: tensor([1], { dtype: "i32" }) }),
      '[grad] steps is i32. Only floats have gradients: cast("f32") it, or pass it as another argument.',
    ],
  ])("%s", (_name, f, message) => {
    expect(f).toThrow(message);
  });
});

describe("graphs", () => {
  test("deep ones are kept while they are differentiated", () => {
    const port = { read: async () => new Float32Array(1), hold: literalNode };
    installExecution({ ...port, compute: () => expect.unreachable("nothing may be computed inside grad") });
    const deep = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < depthLimit + 100; i++) y = y.mul(1.001);
      return y;
    };
    const { grads } = valueAndGrad(deep)(scalar(1));
    expect(elementsOf(grads)[0]).toBeCloseTo(1.001 ** (depthLimit + 100), 6);
    installExecution({ ...port, compute: () => {} });
  });
  test("gradients that lead nowhere are not recorded in the result", () => {
    const [x, w] = [input(0, { dtype: "f32", shape: [4, 3] }), input(1, { dtype: "f32", shape: [3, 2] })];
    const grads = grad((p: Tensor) => x.matmul(p).relu().sum())(w);
    const contractions = topological([grads.node]).filter((node) => node.op.kind === "contract");
    // The forward product, for relu's mask, and x' · g; not g · w'.
    expect(contractions).toHaveLength(2);
  });
});
