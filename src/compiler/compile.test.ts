import { describe, expect, it } from "vitest";
import { wasmBackend } from "../backends/cpu/wasm.ts";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { Storage } from "../backends/storage.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { decode, storageFrom } from "../runtime/values.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";

let seed = 1;
const random = (): number => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1;

function check(outputs: readonly Tensor[], options: { fusion?: boolean } = {}): number {
  const roots = outputs.map((t) => t.node);
  const inputs = topological(roots).filter((node) => node.op.kind === "source" && node.op.from === "input");
  const data = new Map<Node, Float64Array>(inputs.map((node) => [node, Float64Array.from({ length: node.type.shape.reduce((a, b) => a * b, 1) }, random)]));
  const backend = wasmBackend({ relaxedSimd: false });
  const compiled = compile({ name: "t", inputs, outputs: roots }, backend.limits, options);
  const executable = backend.compile(compiled.program);
  const storages = compiled.program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = compiled.program.buffers[buffer]!;
    return i < inputs.length ? storageFrom(data.get(inputs[i]!)!, { dtype, shape: [length] }) : new Storage(length * 4);
  });
  executable.run(storages, 1);
  const want = evaluateGraph(roots, (node) => data.get(node)!);
  roots.forEach((root, i) => {
    const got = decode(storages[compiled.outputs[i]!.argument]!.peek(), root.type.dtype);
    const worst = want[i]!.reduce((m, w, j) => Math.max(m, Math.abs(w - got[j]!) / (1 + Math.abs(w))), 0);
    expect(got.length).toBe(want[i]!.length);
    expect(worst, `output ${i}: ${Array.from(got.slice(0, 5))} want ${Array.from(want[i]!.slice(0, 5))}`).toBeLessThan(2e-5);
  });
  return compiled.program.calls.length;
}

const input = (slot: number, ...shape: number[]): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));

describe("compiled graphs agree with the reference", () => {
  it("elementwise", () => {
    const [x, y] = [input(0, 5, 7), input(1, 7)];
    expect(check([x.add(y).mul(x).tanh()])).toBe(1);
  });
  it("sum", () => {
    const x = input(0, 33, 19);
    check([x.sum({ axis: 0 }), x.sum({ axis: 1 }), x.square().mean(), x.max({ axis: 1 })]);
  });
  it("softmax in one kernel", () => {
    expect(check([input(0, 6, 10).softmax()])).toBe(1);
  });
  it("transposes", () => {
    check([input(0, 6, 10).transpose().add(1), input(0, 6, 10).reshape([10, 6]).mul(2)]);
  });
  for (const [m, k, n] of [[32, 10, 20], [5, 7, 3], [64, 100, 1], [1, 1, 1], [17, 33, 65], [32, 20, 30]] as const) {
    it(`matmul ${m}x${k}x${n} with gradients`, () => {
      const [x, w] = [input(0, m, k), input(1, k, n)];
      check([x.matmul(w)]);
      const { value, grads } = valueAndGrad(([a, b]: Tensor[]) => a!.matmul(b!).square().sum())([x, w]);
      check([value, ...grads]);
    });
  }
  it("mlp step", () => {
    const [x, y] = [input(0, 32, 10), input(1, 32, 1)];
    const params = [input(2, 10, 20), input(3, 20), input(4, 20, 30), input(5, 30), input(6, 30, 1), input(7, 1)];
    const { value, grads } = valueAndGrad((p: Tensor[]) => {
      const h1 = x.matmul(p[0]!).add(p[1]!).relu();
      const h2 = h1.matmul(p[2]!).add(p[3]!).relu();
      return h2.matmul(p[4]!).add(p[5]!).sub(y).square().mean();
    })(params);
    const next = params.map((p, i) => p.sub(grads[i]!.mul(0.01)));
    const fused = check([value, ...next]);
    const plain = check([value, ...next], { fusion: false });
    console.log("kernels", fused, plain);
  });
});
