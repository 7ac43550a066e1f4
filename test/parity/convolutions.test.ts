import { readFileSync } from "node:fs";
import type { Tier } from "gradsmith";
import { compile, describeDevice, setDevice } from "gradsmith";
import { afterAll, describe, expect, test } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { draw } from "../../src/nn/blueprint.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { layerFrom } from "../../src/nn/layers/registry.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated } from "../contract/evaluated.ts";
import { numbers } from "../contract/layer.ts";
import { inNightly } from "../nightly.ts";

interface Case {
  readonly layer: string;
  readonly input: readonly number[];
  /** Whether most windows of the input have equal elements. */
  readonly ties?: boolean;
  readonly output: readonly number[];
  readonly y: readonly number[];
  /** By the input, then by each variable. */
  readonly gradients: readonly (readonly number[])[];
}

const fixture = JSON.parse(readFileSync(new URL("../fixtures/torch/conv.json", import.meta.url), "utf8")) as {
  readonly torch: string;
  readonly cases: Readonly<Record<string, Case>>;
};

const cases = Object.entries(fixture.cases);

/** A layer's output and the gradients of its weighted sum, as a function of the input and the variables. */
function problemOf({ layer: kind, input, ties, output, y: _y, gradients: _gradients, ...options }: Case): {
  readonly run: (leaves: Tensor[]) => Tensor[];
  readonly leaves: Tensor[];
} {
  const layer: Layer = layerFrom("test", [kind, options]);
  const blueprint = draw(layer, { dtype: "f64", shape: input }, "f64");
  const variables = Object.entries(blueprint.variables);
  const x = numbers(input, 1);
  const weights = numbers(output, 9);
  const call = ([images, ...values]: Tensor[]): Tensor =>
    layer.applyWith(Object.fromEntries(variables.map(([name], i) => [name, values[i]!])), images!);
  return {
    leaves: [ties === true ? x.mul(1.2).add(0.5).floor() : x, ...variables.map(([, { shape }], i) => numbers(shape, i + 2))],
    run: (leaves) => [
      call(leaves),
      ...valueAndGrad((given: Tensor[]) => call(given).mul(weights.cast(given[0]!.dtype)).sum())(leaves).grads,
    ],
  };
}

function expectCase(results: readonly (readonly number[])[], { y, gradients }: Case, tolerance: number): void {
  for (const [i, want] of [y, ...gradients].entries()) {
    expect(distance(results[i]!, want), i === 0 ? "output" : `gradient ${i - 1}`).toBeLessThan(tolerance);
  }
}

describe("the reference backend", () => {
  test.each(cases)(`%s agrees with PyTorch ${fixture.torch}`, (_, given) => {
    const { run, leaves } = problemOf(given);
    expectCase(run(leaves).map(evaluated), given, 1e-6);
  });
});

/** A C compiler takes its time for each: an ordinary run has every fourth. */
const casesOn = {
  wasm: cases,
  native: inNightly(
    cases.filter((_, i) => i % 4 === 0),
    cases,
  ),
};
const hasNative = describeDevice().tier !== "wasm";
afterAll(() => setDevice({ tier: "auto" }));

for (const tier of ["wasm", "native"] as const satisfies readonly Tier[]) {
  describe.skipIf(tier === "native" && !hasNative)(`the ${tier} tier`, () => {
    test.each(casesOn[tier])(`%s agrees with PyTorch ${fixture.torch}`, async (name, given) => {
      setDevice({ tier });
      const { run, leaves } = problemOf(given);
      const compiled = compile((inputs: Tensor[]) => run(inputs), { name });
      const results = compiled(leaves.map((leaf) => leaf.cast("f32")));
      expect(compiled.explain()).toContain(`# tier ${tier}`);
      expectCase(await Promise.all(results.map(async (result) => Array.from(await result.read()))), given, 2e-5);
    });
  });
}
