import { finiteNumber } from "../core/checks.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Choice, Described } from "./described.ts";
import { chosen } from "./described.ts";

/** What is added to the loss for the size of weights or activations. */
export interface Regularizer extends Described {
  /** A scalar. */
  penalty(x: Tensor): Tensor;
}

export interface L1L2Options {
  readonly l1?: number;
  readonly l2?: number;
}

/** l1·Σ|x| + l2·Σx² */
export function l1l2({ l1: first = 0.01, l2: second = 0.01 }: L1L2Options = {}): Regularizer {
  finiteNumber("l1l2", "l1", first);
  finiteNumber("l1l2", "l2", second);
  return {
    kind: "l1l2",
    options: { l1: first, l2: second },
    penalty(x) {
      if (second === 0) return x.abs().sum().mul(first);
      const squares = x.square().sum().mul(second);
      return first === 0 ? squares : x.abs().sum().mul(first).add(squares);
    },
  };
}

/** strength·Σ|x| */
export const l1 = (strength = 0.01): Regularizer => l1l2({ l1: strength, l2: 0 });
/** strength·Σx² */
export const l2 = (strength = 0.01): Regularizer => l1l2({ l1: 0, l2: strength });

/** Regularizers by name, as functions from their options. */
export const regularizers = {
  l1: ({ l1: strength = 0.01 }: { readonly l1?: number } = {}) => l1(strength),
  l2: ({ l2: strength = 0.01 }: { readonly l2?: number } = {}) => l2(strength),
  l1l2,
} as const;

export const regularizerOf = (where: string, choice: Choice<Regularizer> | undefined): Regularizer | undefined =>
  choice === undefined ? undefined : chosen<Regularizer>(where, "regularizer", choice, regularizers);
