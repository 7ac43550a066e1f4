import type { ElementwiseRow } from "../../src/tensor/ops/define.ts";

/** Where tests may sample an input: the op's domain, away from kinks and poles. */
export type Interval = readonly [low: number, high: number];

/** One interval for each input of an elementwise row. */
export function domainOf({ name }: ElementwiseRow): readonly Interval[] {
  const intervals = domains[name];
  if (intervals !== undefined) return intervals;
  throw new Error(`${name} needs an interval for each input here`);
}

const domains: Readonly<Record<string, readonly Interval[]>> = {
  neg: [[-2, 2]],
  abs: [[0.2, 2]],
  sign: [[0.2, 2]],
  square: [[-2, 2]],
  floor: [[0.1, 0.9]],
  ceil: [[0.1, 0.9]],
  trunc: [[0.1, 0.9]],
  round: [[0.6, 1.4]],
  exp: [[-3, 3]],
  expm1: [[-2, 2]],
  log: [[0.1, 4]],
  log1p: [[-0.9, 4]],
  sqrt: [[0.1, 4]],
  rsqrt: [[0.2, 4]],
  reciprocal: [[0.4, 3]],
  sin: [[-3, 3]],
  cos: [[-3, 3]],
  tan: [[-1, 1]],
  tanh: [[-3, 3]],
  erf: [[-2, 2]],
  sigmoid: [[-4, 4]],
  relu: [[0.1, 2]],
  softplus: [[-4, 4]],
  add: [
    [-2, 2],
    [-2, 2],
  ],
  sub: [
    [-2, 2],
    [-2, 2],
  ],
  mul: [
    [-2, 2],
    [-2, 2],
  ],
  div: [
    [-2, 2],
    [0.5, 3],
  ],
  mod: [
    [2.1, 2.9],
    [0.75, 1],
  ],
  floorDivide: [
    [2.1, 2.9],
    [0.75, 1],
  ],
  pow: [
    [0.3, 2],
    [-2, 2],
  ],
  maximum: [
    [-2, -0.1],
    [0.1, 2],
  ],
  minimum: [
    [-2, -0.1],
    [0.1, 2],
  ],
  sigmoidCrossEntropy: [
    [-3, 3],
    [0.1, 0.9],
  ],
  equal: [
    [-2, 2],
    [-2, 2],
  ],
  notEqual: [
    [-2, 2],
    [-2, 2],
  ],
  less: [
    [-2, 2],
    [-2, 2],
  ],
  lessEqual: [
    [-2, 2],
    [-2, 2],
  ],
  and: [
    [0, 1],
    [0, 1],
  ],
  or: [
    [0, 1],
    [0, 1],
  ],
  xor: [
    [0, 1],
    [0, 1],
  ],
  not: [[0, 1]],
  bitwiseAnd: [
    [0, 31],
    [0, 31],
  ],
  bitwiseOr: [
    [0, 31],
    [0, 31],
  ],
  bitwiseXor: [
    [0, 31],
    [0, 31],
  ],
  bitwiseNot: [[0, 31]],
  shiftLeft: [
    [0, 31],
    [0, 31],
  ],
  shiftRight: [
    [0, 31],
    [0, 31],
  ],
  where: [
    [0, 1],
    [-2, 2],
    [-2, 2],
  ],
  threefry: [
    [0, 1],
    [0, 1],
    [0, 1],
    [0, 1],
  ],
  cast: [[-2, 2]],
  bitcast: [[1, 2]],
  identity: [[-2, 2]],
  stopGradient: [[-2, 2]],
  erfinv: [[-0.95, 0.95]],
};
