import { describe, expect, it, test } from "vitest";
import { trainings } from "../../test/golden/networks.ts";
import { slot, stepOf } from "../../test/golden/training.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { scan } from "../autodiff/scan.ts";
import { wasmTier } from "../backends/cpu/wasm.ts";
import type { Node } from "../ir/graph.ts";
import { isGiven, topological } from "../ir/graph.ts";
import { eachCall } from "../ir/program.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Traced } from "./compile.ts";
import { compile } from "./compile.ts";
import { operationsOf } from "./estimate-operations.ts";

const { target } = wasmTier({ relaxedSimd: false });

/** What the kernels of the compiled program say, each as often as it is called. */
function counted(traced: Traced): number {
  const given = topological(traced.outputs).filter((node) => isGiven(node) && !traced.inputs.includes(node));
  const { kernels, calls } = compile({ ...traced, inputs: [...traced.inputs, ...given] }, target).program;
  return eachCall(calls).reduce((sum, { call, times }) => sum + times * kernels[call.kernel]!.work.operations, 0);
}

const ratioOf = (traced: Traced): number => operationsOf(traced.outputs) / counted(traced);
const nodesOf = (tensors: readonly Tensor[]): Node[] => tensors.map(({ node }) => node);

describe("the estimate of a graph's operations is what the kernels of its program add up to, within a tenth", () => {
  test.each(trainings().map((training) => [training.name, stepOf(training)] as const))("a step of training: %s", (_, traced) => {
    expect(ratioOf(traced)).toBeGreaterThan(0.9);
    expect(ratioOf(traced)).toBeLessThan(1.1);
  });

  const [x, y, row] = [slot([200, 300]), slot([200, 300]), slot([300])];
  const image = slot([4, 16, 16, 3]);
  const kernel = slot([3, 3, 3, 8]);
  const convolve = (image: Tensor, kernel: Tensor): Tensor =>
    image
      .pad([
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ])
      .windows({ axes: [1, 2], sizes: 3 })
      .contract("nipjqc,pqcf->nijf", kernel);
  const expressions: Readonly<Record<string, readonly Tensor[]>> = {
    "one operation": [x.add(y)],
    "a chain": [x.mul(y).add(1).relu().sub(y).tanh()],
    "a product with bias and relu": [
      x
        .contract("mk,nk->mn", y)
        .add(slot([200]))
        .relu(),
    ],
    "a sum of squares": [x.square().sum()],
    "a softmax": [x.softmax()],
    "a value for two results": [x.exp().add(y), x.exp().mul(y)],
    "equal nodes": [x.sub(x.mean()).div(x.sub(x.mean()).square().mean().sqrt())],
    "a row for all rows": [row.add(1).exp().mul(x)],
    "a piece of costly values": [x.exp().slice([0, 0], [10, 10])],
    "a piece of a product": [x.contract("mk,nk->mn", y).slice([0, 0], [20, 200])],
    "a transposed copy": [x.transpose()],
    "distances of all pairs": [row.reshape([300, 1]).sub(row).square().sum({ axes: 1 })],
    "a convolution of a padded image": [convolve(image, kernel)],
    "its gradients": valueAndGrad(([a, b]: Tensor[]) => convolve(a!, b!).square().sum())([image, kernel]).grads,
    "random numbers": [random.normal([100, 100], { key: slot([2], "u32") })],
    "a loop": [scan((state: Tensor) => ({ carry: state.mul(0.5).add(1).sin(), y: state }), row, { length: 50 }).carry],
  };
  test.each(Object.entries(expressions))("%s", (name, tensors) => {
    const ratio = ratioOf({ name, inputs: [], outputs: nodesOf(tensors) });
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  it("and takes no more time than walking over the graph fifty times: of 20,000 nodes some 30 ms, where compiling takes seconds", () => {
    const loss = (weights: readonly Tensor[]): Tensor => weights.reduce((h, weight) => h.matmul(weight).add(1).tanh(), slot([8, 8])).mean();
    const { value, grads } = valueAndGrad(loss)(Array.from({ length: 1900 }, () => slot([8, 8])));
    const roots = nodesOf([value, ...grads]);
    expect(topological(roots).length).toBeGreaterThan(20_000);
    const least = { walk: Infinity, estimate: Infinity };
    for (let round = 0; round < 10; round++) {
      least.walk = Math.min(
        least.walk,
        elapsedMs(() => topological(roots)),
      );
      least.estimate = Math.min(
        least.estimate,
        elapsedMs(() => operationsOf(roots)),
      );
    }
    expect(least.estimate).toBeLessThan(50 * least.walk);
  });
});

function elapsedMs(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
