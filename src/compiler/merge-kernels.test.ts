import { describe, expect, it } from "vitest";
import { inNightly } from "../../test/nightly.ts";
import { sameConvolution } from "../../test/same-convolution.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { nativePasses } from "../backends/cpu/native-target.ts";
import { Storage } from "../backends/cpu/storage.ts";
import { wasmTier } from "../backends/cpu/wasm.ts";
import { bytesOf } from "../core/dtype.ts";
import { topological } from "../ir/graph.ts";
import type { Program } from "../ir/program.ts";
import { verifyProgram } from "../ir/verify.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import type { Target } from "./target.ts";

const backend = wasmTier({ relaxedSimd: false });
const input = (slot: number, ...shape: number[]): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));

function programOf(outputs: readonly Tensor[], merging: boolean): Program {
  const roots = outputs.map((output) => output.node);
  const inputs = topological(roots).filter((node) => node.op.kind === "source" && node.op.from === "input");
  const target: Target = {
    limits: { ...backend.target.limits, cacheBytes: [2 ** 15, 2 ** 21] },
    passes: nativePasses({ multipliesPairs: false }),
  };
  const { program } = compile({ name: "t", inputs, outputs: roots }, target, { merging });
  verifyProgram(program);
  return program;
}

/** The bytes of all arguments after a run over the same random numbers. */
function resultsOf(program: Program): Uint8Array[] {
  let state = 7;
  const random = (): number => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647 - 0.5;
  };
  const storages = program.arguments.map(({ buffer, access }) => {
    const { length, dtype } = program.buffers[buffer]!;
    const storage = new Storage(length * bytesOf(dtype));
    if (access === "read")
      new Float32Array(storage.bytes.buffer, storage.bytes.byteOffset, length).forEach((_, i, all) => {
        all[i] = random();
      });
    return storage;
  });
  backend.compile(program).run(storages, 1);
  return storages.map((storage) => storage.peek().slice());
}

/** Runs merged and separate kernels and says how many calls each has. */
function compared(outputs: readonly Tensor[]): { merged: Program; separate: Program } {
  const [merged, separate] = [programOf(outputs, true), programOf(outputs, false)];
  const want = resultsOf(separate);
  const isEqual = resultsOf(merged).map((bytes, i) => bytes.every((byte, at) => byte === want[i]![at]));
  expect(isEqual).toEqual(want.map(() => true));
  return { merged, separate };
}

describe("merged kernels", () => {
  it("give the bits of separate ones for a convolution with batch normalisation and all gradients, in fewer calls", () => {
    const block = ([x, kernel, second]: readonly Tensor[]): Tensor => {
      const y = sameConvolution(x!, kernel!);
      const centered = y.sub(y.mean({ axes: [0, 1, 2], keepDims: true }));
      const variance = centered.mul(centered).mean({ axes: [0, 1, 2], keepDims: true });
      return sameConvolution(centered.mul(variance.add(1e-3).rsqrt()).relu(), second!)
        .square()
        .mean();
    };
    const given = [input(0, 16, 18, 18, 4), input(1, 3, 3, 4, 8), input(2, 3, 3, 8, 8)];
    const { value, grads } = valueAndGrad((all: readonly Tensor[]) => block(all))(given);
    const { merged, separate } = compared([value, ...grads]);
    expect(merged.calls.length).toBeLessThan(separate.calls.length);
  });

  it("keep a value that only they need in memory for one iteration", () => {
    const [x, kernel] = [input(0, 16, 18, 18, 8), input(1, 3, 3, 8, 8)];
    const { merged, separate } = compared([sameConvolution(x, kernel)]);
    expect([separate.calls.length, merged.calls.length]).toEqual([2, 1]);
    const scratch = merged.kernels[0]!.buffers.filter(({ access }) => access === "scratch").map(({ length }) => length);
    expect(scratch).toContain(20 * 20 * 8);
    expect(merged.arenaBytes).toBeLessThan(separate.arenaBytes);
  });

  it("stay apart where one reads what another iteration wrote", () => {
    const [x, weights] = [input(0, 32, 24, 16), input(1, 16, 16)];
    const product = x.matmul(weights);
    const { merged } = compared([product.add(product.flip(0)).exp()]);
    expect(merged.calls).toHaveLength(2);
  });

  it("come past calls that need what they write", () => {
    const [x, kernel] = [input(0, 16, 18, 18, 8), input(1, 3, 3, 8, 8)];
    const y = sameConvolution(x, kernel);
    const total = y.sum({ axes: [0, 1, 2] });
    const { merged, separate } = compared([y, total, sameConvolution(y.mul(total), kernel), y.flip(0)]);
    expect(merged.calls.length).toBeLessThan(separate.calls.length);
  });

  it("make padded copies again for the gradient of a kernel instead of keeping them since the way forward", () => {
    const images = inNightly(16, 64);
    const given = [input(0, images, 32, 32, 16), ...[1, 2, 3, 4, 5, 6].map((slot) => input(slot, 3, 3, 16, 16))];
    const network = ([x, ...kernels]: readonly Tensor[]): Tensor =>
      kernels
        .reduce((y, kernel) => sameConvolution(y, kernel).relu(), x!)
        .square()
        .mean();
    const { value, grads } = valueAndGrad((all: readonly Tensor[]) => network(all))(given);
    const { merged, separate } = compared([value, ...grads.slice(1)]);
    const padded = (program: Program): number => program.buffers.filter(({ length }) => length === images * 34 * 34 * 16).length;
    expect(padded(merged)).toBeLessThan(padded(separate) / 4);
  });

  it("count no more bytes than separate ones do together, so that images gathered from many don't wake threads", () => {
    const chosen = new Tensor(inputNode(1, { dtype: "i32", shape: [16] }));
    const y = sameConvolution(input(0, 10_000, 6, 6, 4).gather(chosen), input(2, 3, 3, 4, 8)).relu();
    const bytes = (merging: boolean): number => programOf([y], merging).kernels.reduce((sum, { work }) => sum + work.bytes, 0);
    const { kernels } = programOf([y], true);
    expect(kernels.map(({ name }) => name).filter((name) => name.includes("_and_"))).toHaveLength(1);
    expect(bytes(true)).toBeLessThanOrEqual(bytes(false));
  });
});
