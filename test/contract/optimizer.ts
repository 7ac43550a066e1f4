import { expect, it } from "vitest";
import { initialHyperparameters } from "../../src/optim/hyperparameters.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import type { Update } from "../../src/optim/update-tree.ts";
import { initialSlots, updateTree } from "../../src/optim/update-tree.ts";
import { full, tensor } from "../../src/tensor/create.ts";
import { distance, evaluated, flat } from "./evaluated.ts";

export const f64 = (nested: unknown, shape: readonly number[]) => tensor(Float64Array.from(flat(nested)), { shape });

interface Run {
  readonly start: unknown;
  readonly gradients: readonly unknown[];
  readonly after: readonly unknown[];
}

/** Holds an optimizer to what every optimizer promises, and its steps to numbers known to be right. */
export function checkOptimizer(title: string, optimizer: Optimizer, { start, gradients, after }: Run): void {
  const shape = [2, 3];
  const begin = (): Update => {
    const params = { p: f64(start, shape) };
    return { params, slots: initialSlots(optimizer, params), step: tensor(Int32Array.of(0), { shape: [] }) };
  };

  it(`${title}: ${gradients.length} steps agree with Keras`, () => {
    let update = begin();
    gradients.forEach((g, i) => {
      update = updateTree(optimizer, update, { p: f64(g, shape) });
      expect(distance(evaluated(update.params.p!), flat(after[i])), `step ${i + 1}`).toBeLessThan(1e-7);
    });
    expect(evaluated(update.step)).toEqual([gradients.length]);
  });

  it(`${title}: the rate of the state is what counts: its own gives the same bits, 0 moves nothing`, () => {
    const after = (hyperparameters: Pick<Update, "hyperparameters">): number[] =>
      evaluated(updateTree(optimizer, { ...begin(), ...hyperparameters }, { p: f64(gradients[0], shape) }).params.p!);
    expect(after({ hyperparameters: initialHyperparameters(optimizer) })).toEqual(after({}));
    expect(after({ hyperparameters: { learningRate: full([], 0) } })).toEqual(flat(start));
  });

  it(`${title}: slots keep the parameter's shape, dtype and names`, () => {
    const update = updateTree(optimizer, begin(), { p: f64(gradients[0], shape) });
    expect(Object.keys(update.slots.p!).sort()).toEqual(Object.keys(optimizer.slots).sort());
    for (const slot of Object.values(update.slots.p!)) expect([slot.dtype, slot.shape]).toEqual(["f64", shape]);
    expect(update.params.p!.dtype).toBe("f64");
  });

  it(`${title}: a parameter without a gradient stays as it is`, () => {
    const update = begin();
    expect(updateTree(optimizer, update, {}).params.p).toBe(update.params.p);
  });

  it(`${title}: no slot becomes subnormal in f32 when gradients stop`, () => {
    let update = updateTree(optimizer, begin(), { p: f64(gradients[0], shape).mul(1e-16) });
    for (let i = 0; i < 20; i++) update = updateTree(optimizer, update, { p: f64(gradients[0], shape).mul(0) });
    for (const slot of Object.values(update.slots.p!)) {
      for (const value of evaluated(slot)) expect(value === 0 || Math.abs(value) >= 1e-30).toBe(true);
    }
  });
}
