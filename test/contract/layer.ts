import { expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { savedForm } from "../../src/core/described.ts";
import type { Shape } from "../../src/core/shape.ts";
import { draw, isTrained } from "../../src/nn/blueprint.ts";
import { maskOf, withMask } from "../../src/nn/carried.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { layerFrom } from "../../src/nn/layers/registry.ts";
import type { ApplyOptions } from "../../src/nn/variable-scope.ts";
import { tensor } from "../../src/tensor/create.ts";
import { random } from "../../src/tensor/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated } from "./evaluated.ts";

interface LayerCase {
  /** With the batch. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly training?: boolean;
  /** Whether a mask of all axes but the last is passed on. */
  readonly keepsMask?: boolean;
}
type Variables = Readonly<Record<string, Tensor>>;

/** Holds a layer to what every layer promises. */
export function checkLayer(title: string, makeLayer: () => Layer, given: LayerCase): void {
  const { inputShape, outputShape, training = false, keepsMask = false } = given;
  const layer = makeLayer();
  const blueprint = draw(layer, { dtype: "f64", shape: inputShape }, "f64");
  const x = numbers(inputShape, 1);
  const variables: Variables = Object.fromEntries(
    Object.entries(blueprint.variables).map(([name, { shape }], i) => {
      const values = numbers(shape, i + 2);
      return [name, training || !name.includes("moving") ? values : values.square()];
    }),
  );
  const run = (of: Layer, input: Tensor, params: Variables = variables, options: ApplyOptions = {}): Tensor =>
    of.applyWith(params, input, { training, key: random.key(4), ...options });
  /** The same layer from its saved form, as a file has it. */
  const again = (more: object = {}): Layer => {
    const form = savedForm(layer, () => true);
    const [kind, options] = typeof form === "string" ? [form, {}] : form;
    return layerFrom("test", [kind, { ...(JSON.parse(JSON.stringify(options)) as object), ...more }]);
  };

  it(`${title}: the traced output shape is the definition's`, () => {
    expect(blueprint.output).toEqual({ dtype: "f64", shape: outputShape });
    expect(run(layer, x).shape).toEqual(outputShape);
  });

  it(`${title}: the layer read back from its saved form computes the same`, () => {
    expect(Object.keys(again().params(inputShape))).toEqual(Object.keys(layer.params(inputShape)));
    expect(evaluated(run(again(), x))).toEqual(evaluated(run(layer, x)));
  });

  it(`${title}: an option it has not is refused, and one of every layer that can't be`, () => {
    expect(() => again({ activaton: "relu" })).toThrow(`[${layer.kind}] unknown option "activaton".`);
    expect(() => again({ name: 1 })).toThrow(`[${layer.kind}] name must be a text, got 1.`);
    expect(() => again({ trainable: "no" })).toThrow(`[${layer.kind}] trainable must be true or false, got "no".`);
    expect(() => again({ inputShape: [-1] })).toThrow(`[${layer.kind}] inputShape[0] must be a positive integer, got -1.`);
  });

  it(`${title}: frozen it has the same variables, none of which is trained`, () => {
    const frozen = again({ trainable: false });
    const { variables: still } = draw(frozen, { dtype: "f64", shape: inputShape }, "f64");
    expect(Object.keys(still)).toEqual(Object.keys(variables));
    expect(Object.values(still).filter(isTrained)).toEqual([]);
    expect(savedForm(frozen, () => true)[1]).toMatchObject({ trainable: false });
  });

  it(`${title}: gradients agree with finite differences`, () => {
    const weights = numbers(outputShape, 9);
    const trainable = Object.fromEntries(Object.entries(variables).filter(([name]) => blueprint.variables[name]!.trainable));
    const loss = (tree: Variables): Tensor =>
      run(layer, tree.x!, { ...variables, ...tree })
        .mul(weights)
        .sum();
    const tree: Variables = { ...trainable, x };
    const { grads } = valueAndGrad(loss)(tree);
    for (const [name, variable] of Object.entries(tree)) {
      const values = evaluated(variable);
      const slopes = values.map((_, i) => {
        const at = (step: number): number => {
          const moved = Float64Array.from(values, (v, j) => (i === j ? v + step : v));
          return evaluated(loss({ ...tree, [name]: tensor(moved, { shape: variable.shape }) }))[0]!;
        };
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      });
      expect(distance(evaluated(grads[name]!), slopes), name).toBeLessThan(1e-6);
    }
  });

  it(`${title}: writes only state of its own, in its shapes`, () => {
    const written: Record<string, Tensor> = {};
    run(layer, x, variables, {
      write(name, value) {
        written[name] = value;
      },
    });
    for (const [name, value] of Object.entries(written)) {
      expect(blueprint.variables[name]!.trainable).toBe(false);
      expect(value.shape).toEqual(blueprint.variables[name]!.shape);
    }
    if (!training) expect(written).toEqual({});
  });

  if (keepsMask) {
    it(`${title}: places that a mask leaves out stay left out`, () => {
      const places = inputShape.slice(0, -1);
      const mask = numbers(places, 5).greater(0);
      const kept = maskOf(run(layer, withMask(x, mask)), places);
      expect(evaluated(kept!)).toEqual(evaluated(mask));
    });
  }

  if (training) return;
  it(`${title}: at inference samples don't see each other`, () => {
    const first = x.slice([0], [1]);
    const alone = evaluated(run(layer, first));
    expect(distance(alone, evaluated(run(layer, x)).slice(0, alone.length))).toBeLessThan(1e-12);
  });
}

/** Numbers in (-1.5, 1.5), f64, the same every time. */
export const numbers = (shape: Shape, seed: number): Tensor => {
  const size = shape.reduce((n, d) => n * d, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => 1.5 * Math.sin((i + 1) * 12.9898 + seed * 78.233)),
    { shape },
  );
};
