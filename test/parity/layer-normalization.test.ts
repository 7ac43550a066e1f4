import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { layerNormalization } from "../../src/nn/layers/layer-normalization.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated, flat } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

interface Case {
  readonly options: object;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly y: unknown;
  readonly gradients: Readonly<Record<string, unknown>>;
}
const { x, weights, cases } = kerasFixture<{ readonly x: unknown; readonly weights: unknown; readonly cases: readonly Case[] }>(
  "layer-normalization",
);

describe("layerNormalization agrees with Keras in its output and its gradients", () => {
  for (const { options, variables, y, gradients } of cases) {
    it(JSON.stringify(options), () => {
      const layer = layerNormalization(options);
      const specs = layer.params([2, 3, 4]);
      expect(Object.keys(specs)).toEqual(Object.keys(variables));
      const given = Object.fromEntries(Object.entries(variables).map(([name, values]) => [name, f64(values, specs[name]!.shape)]));
      const loss = ({ input, ...params }: Readonly<Record<string, Tensor>>): readonly [Tensor, Tensor] => {
        const output = layer.applyWith(params, input!);
        return [output.mul(f64(weights, [2, 3, 4])).sum(), output];
      };
      const { aux, grads } = valueAndGrad(loss, { hasAux: true })({ ...given, input: f64(x, [2, 3, 4]) });
      expect(distance(evaluated(aux), flat(y))).toBeLessThan(1e-6);
      for (const [name, gradient] of Object.entries(gradients)) {
        const own = grads[name === "x" ? "input" : name]!;
        expect(distance(evaluated(own), flat(gradient)), name).toBeLessThan(1e-6);
      }
    });
  }

  it("refuses what Keras has given up, and axes that aren't there", () => {
    expect(() => layerNormalization({ rmsScaling: true } as never)).toThrow('[layerNormalization] unknown option "rmsScaling".');
    expect(() => layerNormalization({ axis: [0.5] })).toThrow(
      "[layerNormalization] axis must be a whole number or a list of them, got [0.5].",
    );
    expect(() => layerNormalization({ axis: 3 }).params([2, 3, 4])).toThrow(
      "[layerNormalization] axis 3 does not exist in a tensor of rank 3. Use -3 to 2.",
    );
  });
});
