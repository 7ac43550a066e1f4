import { describe, expect, it } from "vitest";
import { inNightly } from "../../../test/nightly.ts";
import { randomGraph } from "../../../test/random-graphs/generate.ts";
import { customGradient } from "../../autodiff/custom-gradient.ts";
import { scan } from "../../autodiff/scan.ts";
import type { Traced } from "../../compiler/compile.ts";
import { compile } from "../../compiler/compile.ts";
import { capturedBy } from "../../runtime/trace.ts";
import { printC } from "../../targets/c/print.ts";
import { holdGraphs } from "../../tensor/execution.ts";
import { inputNode } from "../../tensor/ops/source.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { nativeTarget } from "./native-target.ts";
import { textOf } from "./plan-key.ts";

const target = nativeTarget({ lanes: 8, registers: 16, multipliesPairs: false });

const traced = (seed: number): Traced => {
  const { roots } = randomGraph(seed);
  return { name: "random", inputs: capturedBy(roots, new Set()), outputs: roots };
};

const graphs = inNightly(40, 300);

describe("the text of a graph", () => {
  it(`is the same for two traces of one function, and then so is the C: ${graphs} random graphs`, () => {
    for (let seed = 0; seed < graphs; seed++) {
      const [a, b] = [traced(seed), traced(seed)];
      const text = textOf(a);
      expect(textOf(b)).toBe(text);
      expect(text).toBeDefined();
      expect(printC(compile(b, target).program)).toBe(printC(compile(a, target).program));
    }
  });

  it(`differs where the C does: ${graphs} random graphs`, () => {
    const printed = new Map<string | undefined, string>();
    for (let seed = 0; seed < graphs; seed++) {
      const graph = traced(seed);
      const text = textOf(graph);
      const c = printC(compile(graph, target).program);
      expect(printed.get(text) ?? c).toBe(c);
      printed.set(text, c);
    }
  });

  const chain = (change: (x: Tensor, y: Tensor) => Tensor): Traced => {
    const inputs = [0, 1].map((slot) => inputNode(slot, { dtype: "f32", shape: [4, 4] }));
    const [x, y] = inputs.map((node) => new Tensor(node)) as [Tensor, Tensor];
    const outputs = holdGraphs(() => {
      let z = change(x, y);
      for (let i = 0; i < 12; i++) z = z.mul(i + 0.5).add(x);
      return [z.node];
    });
    return { name: "chain", inputs, outputs };
  };

  it("tells apart what differs in one attribute, one operand or one number", () => {
    const graphs = [
      chain((x, y) => x.add(y)),
      chain((x, y) => x.sub(y)),
      chain((x, y) => y.sub(x)),
      chain((x) => x.sub(x)),
      chain((x) => x.transpose()),
      chain((x) => x.flip({ axes: 0 })),
      chain((x) => x.flip({ axes: 1 })),
      chain((x) => x.mul(0)),
      chain((x) => x.mul(-0)),
      chain((x) => x.mul(Number.NaN)),
      chain((x) => x.cast("f16").cast("f32")),
      chain((x) => x.cast("bf16").cast("f32")),
      chain((x, y) => x.matmul(y)),
      chain((x, y) => x.matmul(y.transpose())),
    ];
    const texts = graphs.map(textOf);
    expect(texts).not.toContain(undefined);
    expect(new Set(texts).size).toBe(graphs.length);
  });

  it("tells apart names, donations and the order of results", () => {
    const graph = chain((x, y) => x.add(y));
    const [result] = graph.outputs as [Traced["outputs"][number]];
    const [left] = result.inputs as [typeof result];
    const two = { ...graph, outputs: [result, left] };
    const graphs = [graph, two, { ...two, outputs: [left, result] }, { ...graph, name: "b" }, { ...graph, donations: new Map([[0, 1]]) }];
    expect(new Set(graphs.map(textOf)).size).toBe(graphs.length);
    expect(textOf({ ...graph, inputs: [...graph.inputs].reverse() })).not.toBe(textOf(graph));
  });

  it("names loops by their bodies, and gradients written by hand by the value they give", () => {
    const looped = (factor: number): Traced =>
      chain(
        (x) =>
          scan((carry: Tensor, row: Tensor) => ({ carry: carry.mul(factor).add(row), y: carry }), x, { xs: x.reshape([4, 1, 4]) }).carry,
      );
    expect(textOf(looped(2))).toBeDefined();
    expect(textOf(looped(2))).toBe(textOf(looped(2)));
    expect(textOf(looped(2))).not.toBe(textOf(looped(3)));
    const byHand = (): Traced =>
      chain((x) =>
        customGradient(
          (z: Tensor) => z.round(),
          (g) => [g],
        )(x),
      );
    expect(textOf(byHand())).toBeDefined();
    expect(textOf(byHand())).toBe(textOf(byHand()));
  });

  it("is not there for ops and attributes without a name", () => {
    const graph = chain((x, y) => x.add(y));
    const [root] = graph.outputs as [Traced["outputs"][number]];
    expect(textOf({ ...graph, outputs: [{ ...root, op: { ...root.op } }] })).toBeUndefined();
    expect(textOf({ ...graph, outputs: [{ ...root, attributes: { by: () => 1 } }] })).toBeUndefined();
  });
});
