import { describe, expect, test } from "vitest";
import { Storage, storageFrom } from "../../src/backends/cpu/storage.ts";
import type { Tier } from "../../src/backends/cpu/tier.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import type { Traced } from "../../src/compiler/compile.ts";
import { compile } from "../../src/compiler/compile.ts";
import { byteLengthOf, decode } from "../../src/core/encoding.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { LiteralAttributes, Node } from "../../src/ir/graph.ts";
import { isGiven, topological } from "../../src/ir/graph.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { inputNode } from "../../src/tensor/ops/source.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { trainings } from "../golden/networks.ts";
import { stepOf } from "../golden/training.ts";
import { randomGraph } from "../random-graphs/generate.ts";
import { EmulatedArm, missing } from "./emulated.ts";

type Values = ReadonlyMap<Node, ArrayLike<number>>;

/** What a function gives on a machine after some runs. */
function results(backend: Tier, traced: Traced, data: Values, runs = 1): ArrayLike<number>[] {
  const { program, outputs } = compile(traced, backend.target);
  verifyProgram(program);
  const { inputs } = traced;
  const storages = program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = program.buffers[buffer]!;
    const type = { dtype, shape: [length] };
    if (i >= inputs.length) return new Storage(byteLengthOf(type));
    return storageFrom(data.get(inputs[i]!) ?? (inputs[i]!.attributes as LiteralAttributes).data, type);
  });
  backend.compile(program).run(storages, runs);
  return outputs.map(({ argument }, i) => decode(storages[argument]!.peek(), traced.outputs[i]!.type.dtype));
}

/** Numbers between 0 and 1 (second moments are such, too), or classes. */
const numbersFor = ({ type: { dtype, shape } }: Node, seed: number): ArrayLike<number> =>
  Array.from({ length: sizeOf(shape) }, (_, i) => {
    const x = Math.sin((i + 1) ** 2 + seed) ** 2;
    return dtype === "f32" ? Math.fround(x) : Math.floor(9.9 * x);
  });

/** The largest difference, in proportion to numbers above 1. */
function worst(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  return Array.from(wanted, (x, k) => Math.abs(found[k]! - x) / (1 + Math.abs(x))).reduce((a, b) => Math.max(a, b), 0);
}

const matmul = (size: number): Traced => {
  const [x, y] = [0, 1].map((slot) => new Tensor(inputNode(slot, { dtype: "f32", shape: [size, size] }))) as [Tensor, Tensor];
  return { name: "product", inputs: [x.node, y.node], outputs: [x.matmul(y).relu().node, x.sum({ axes: [1] }).node] };
};

describe.skipIf(missing !== undefined)(`the native tier's C on an emulated ARM${missing === undefined ? "" : ` (${missing})`}`, () => {
  const arm = missing === undefined ? new EmulatedArm() : undefined;

  test("has registers of four numbers, 32 of them, and multiplies pairs of bf16 where the processor does", () => {
    const limits = { lanes: 4, registers: 32 };
    expect(arm!.target.limits).toMatchObject(limits);
    expect(arm!.target.passes.pairProducts).toBeUndefined();
    expect(new EmulatedArm({ architecture: "armv8.2-a+bf16" }).target).toMatchObject({ limits, passes: { pairProducts: {} } });
  });

  test.each(trainings().map((training) => [training.name, training] as const))(
    "a step of training (%s) agrees with the reference",
    (_, training) => {
      const traced = stepOf(training);
      const data = new Map(traced.inputs.map((input, i) => [input, input.type.shape.length === 0 ? [3] : numbersFor(input, i)]));
      const wanted = evaluateGraph(traced.outputs, (node) => data.get(node)!);
      const found = results(arm!, traced, data);
      for (const [i, values] of wanted.entries()) expect(worst(found[i]!, values), `output ${i}`).toBeLessThan(1e-5);
    },
  );

  test.each([0, 1, 2, 3, 4, 5, 6, 7])("random graph %i agrees with the reference", (seed) => {
    const { roots, inputs: data, describe: text, tolerances } = randomGraph(seed);
    const wanted = evaluateGraph(roots, (node) => data.get(node)!);
    const found = results(arm!, { name: "random", inputs: topological(roots).filter(isGiven), outputs: roots }, data);
    roots.forEach((_, i) => {
      for (let k = 0; k < wanted[i]!.length; k++) {
        const [x, y] = [found[i]![k]!, wanted[i]![k]!];
        if (!Object.is(x, y) && x !== y) expect(Math.abs(x - y), `output ${i} [${k}]\n${text}`).toBeLessThanOrEqual(tolerances[i]!);
      }
    });
  });

  test.each(["f16", "bf16"] as const)("each of the 65536 %s is read as the reference reads it, and written back as it was", (dtype) => {
    const x = new Tensor(inputNode(0, { dtype, shape: [65536] }));
    const traced: Traced = { name: "halves", inputs: [x.node], outputs: [x.cast("f32").node, x.cast("f32").mul(1).cast(dtype).node] };
    const bits = new Uint16Array(65536).map((_, i) => i);
    const values = decode(new Uint8Array(bits.buffer), dtype);
    const isTiny = (value: number): boolean => Math.abs(value) < 2 ** -126;
    for (const found of results(arm!, traced, new Map([[x.node, values]])))
      expect([...bits].filter((i) => !isTiny(values[i]!) && !Object.is(found[i], values[i]))).toEqual([]);
  });

  test("one thread and three give the same bits, in 100 runs", () => {
    const traced = matmul(128);
    const data = new Map(traced.inputs.map((input, i) => [input, numbersFor(input, i)]));
    const [one, three] = [1, 3].map((threads) => results(new EmulatedArm({ threads }), traced, data, threads === 1 ? 1 : 100));
    expect(three).toEqual(one);
    const wanted = evaluateGraph(traced.outputs, (node) => data.get(node)!);
    for (const [i, values] of wanted.entries()) expect(worst(one![i]!, values)).toBeLessThan(1e-5);
  });
});
