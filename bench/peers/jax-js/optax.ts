// Stand-in for @jax-js/optax, which is not on the npm registry: SGD and Adam over flat records of arrays, under jax-js's ownership rule
// (an array used twice needs `.ref`).
import { numpy as np } from "@jax-js/jax";

export type Tree = Record<string, np.Array>;
// biome-ignore lint/suspicious/noExplicitAny: the state is a tree that only the optimizer looks into.
export type State = any;

export interface Optimizer {
  init(parameters: Tree): State;
  update(gradients: Tree, state: State): [Tree, State];
}

const map = (f: (...leaves: np.Array[]) => np.Array, ...trees: Tree[]): Tree =>
  Object.fromEntries(Object.keys(trees[0]!).map((key) => [key, f(...trees.map((tree) => tree[key]!))]));

export function applyUpdates(parameters: Tree, updates: Tree): Tree {
  return map((p, u) => p!.add(u!), parameters, updates);
}

export function sgd(learningRate: number): Optimizer {
  return {
    init(parameters) {
      for (const parameter of Object.values(parameters)) parameter.dispose();
      return {};
    },
    update: (gradients, state) => [map((g) => g!.mul(-learningRate), gradients), state],
  };
}

export function adam(learningRate: number, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8): Optimizer {
  return {
    init(parameters) {
      const m = map((p) => np.zeros(p!.shape), parameters);
      const v = map((p) => np.zeros(p!.shape), parameters);
      for (const parameter of Object.values(parameters)) parameter.dispose();
      return { m, v, t: np.array(0) };
    },
    update(gradients, { m, v, t }) {
      const step = t.add(1);
      const correction1 = np.array(1).sub(np.exp(step.ref.mul(Math.log(beta1))));
      const correction2 = np.array(1).sub(np.exp(step.ref.mul(Math.log(beta2))));
      const first = map((m, g) => m!.mul(beta1).add(g!.ref.mul(1 - beta1)), m, gradients);
      const second = map((v, g) => v!.mul(beta2).add(g!.ref.mul(g!).mul(1 - beta2)), v, gradients);
      const updates = map(
        (m, v) =>
          m!.ref
            .div(correction1.ref)
            .mul(-learningRate)
            .div(np.sqrt(v!.ref.div(correction2.ref)).add(epsilon)),
        first,
        second,
      );
      correction1.dispose();
      correction2.dispose();
      return [updates, { m: first, v: second, t: step }];
    },
  };
}
