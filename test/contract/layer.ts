import { expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { draw, variableName } from "../../src/nn/blueprint.ts";
import { savedForm } from "../../src/nn/described.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { layerFrom } from "../../src/nn/layers/registry.ts";
import { VariableScope } from "../../src/nn/variable-scope.ts";
import { tensor } from "../../src/tensor/create.ts";
import { random } from "../../src/tensor/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated } from "./evaluated.ts";

interface LayerCase {
  /** With the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly training?: boolean;
}

/** Holds a layer to what every layer promises. */
export function checkLayer(title: string, makeLayer: () => Layer, { inputShape, outputShape, training = false }: LayerCase): void {
  const layer = makeLayer();
  const blueprint = draw((x) => layer.apply(x), { dtype: "f64", shape: inputShape });
  const name = blueprint.entries[0]!.name;
  const x = numbers(inputShape, 1);
  const variables = Object.fromEntries(
    Object.entries(blueprint.variables).map(([full, { shape }], i) => [
      full,
      training || !full.includes("moving") ? numbers(shape, i + 2) : numbers(shape, i + 2).square(),
    ]),
  );
  const run = (of: Layer, input: Tensor, given: Readonly<Record<string, Tensor>> = variables): Tensor =>
    new VariableScope(new Map([[of, name]]), given, { training, key: random.key(4) }).call(of, input);

  it(`${title}: the traced output shape is the definition's`, () => {
    expect(blueprint.output.shape).toEqual(outputShape);
    expect(run(layer, x).shape).toEqual(outputShape);
  });

  it(`${title}: the layer read back from its saved form computes the same`, () => {
    const again = layerFrom("test", JSON.parse(JSON.stringify(savedForm(layer))) as ReturnType<typeof savedForm>);
    expect(Object.keys(again.params(inputShape))).toEqual(Object.keys(layer.params(inputShape)));
    expect(evaluated(run(again, x))).toEqual(evaluated(run(layer, x)));
  });

  it(`${title}: gradients agree with finite differences`, () => {
    const weights = numbers(outputShape, 9);
    const trainable = Object.fromEntries(Object.entries(variables).filter(([full]) => blueprint.variables[full]!.trainable));
    const loss = (tree: Readonly<Record<string, Tensor>>): Tensor =>
      run(layer, tree.x!, { ...variables, ...tree })
        .mul(weights)
        .sum();
    const tree: Readonly<Record<string, Tensor>> = { ...trainable, x };
    const { grads } = valueAndGrad(loss)(tree);
    for (const [full, variable] of Object.entries(tree)) {
      const values = evaluated(variable);
      const slopes = values.map((_, i) => {
        const at = (step: number): number =>
          evaluated(
            loss({
              ...tree,
              [full]: tensor(
                Float64Array.from(values, (v, j) => (i === j ? v + step : v)),
                { shape: variable.shape },
              ),
            }),
          )[0]!;
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      });
      expect(distance(evaluated(grads[full]!), slopes), full).toBeLessThan(1e-6);
    }
  });

  it(`${title}: writes only variables of its own, in their shapes`, () => {
    const scope = new VariableScope(new Map([[layer, name]]), variables, { training, key: random.key(4) });
    scope.call(layer, x);
    for (const [full, value] of Object.entries(scope.written)) {
      expect(Object.keys(layer.params(inputShape)).map((param) => variableName(name, param))).toContain(full);
      expect(blueprint.variables[full]!.trainable).toBe(false);
      expect(value.shape).toEqual(blueprint.variables[full]!.shape);
    }
    if (!training) expect(scope.written).toEqual({});
  });

  if (training) return;
  it(`${title}: at inference samples don't see each other`, () => {
    const first = x.slice([0], [1]);
    const alone = evaluated(run(layer, first));
    expect(distance(alone, evaluated(run(layer, x)).slice(0, alone.length))).toBeLessThan(1e-12);
  });
}

/** Numbers in (-1.5, 1.5), f64, the same every time. */
export const numbers = (shape: readonly number[], seed: number): Tensor => {
  const size = shape.reduce((n, d) => n * d, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => 1.5 * Math.sin((i + 1) * 12.9898 + seed * 78.233)),
    { shape },
  );
};
