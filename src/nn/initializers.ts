import { finiteNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import { eye, full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Choice, Described } from "./described.ts";
import { chosen } from "./described.ts";
import { orthogonal } from "./orthogonal.ts";

/** The first values of a variable, from its shape and a random key (u32 [2]). */
export interface Initializer extends Described {
  create(shape: Shape, key: Tensor): Tensor;
}

interface VarianceScaling {
  readonly scale: number;
  /** What the variance is divided by: inputs per unit, or their mean with outputs per unit. */
  readonly by: "inputs" | "mean";
  readonly distribution: "uniform" | "normal";
}

export interface NormalOptions {
  readonly mean?: number;
  readonly std?: number;
}

// The standard deviation of a normal distribution cut off at two: what is drawn is divided by it.
const truncatedDeviation = 0.87962566103423978;

const row = (kind: string, create: Initializer["create"], options: object = {}): Initializer => ({ kind, options, create });

/** Values of variance scale / fan, drawn from a uniform distribution or a normal one cut off at two standard deviations. */
const varianceScaling = (kind: string, { scale, by, distribution }: VarianceScaling): Initializer =>
  row(kind, (shape, key) => {
    const { inputs, outputs } = fans(shape);
    const variance = scale / Math.max(1, by === "inputs" ? inputs : (inputs + outputs) / 2);
    if (distribution === "normal") return random.truncatedNormal(shape, { key, std: Math.sqrt(variance) / truncatedDeviation });
    const limit = Math.sqrt(3 * variance);
    return random.uniform(shape, { key, low: -limit, high: limit });
  });

/** All initializers by name, as functions from their options. Formulas and defaults are Keras's. */
export const initializers = {
  zeros: () => row("zeros", (shape) => full(shape, 0)),
  ones: () => row("ones", (shape) => full(shape, 1)),
  constant: ({ value = 0 }: { readonly value?: number } = {}) => {
    finiteNumber("constant", "value", value);
    return row("constant", (shape) => full(shape, value), { value });
  },
  /** Uniform in [low, high). */
  uniform: ({ low = -0.05, high = 0.05 }: { readonly low?: number; readonly high?: number } = {}) =>
    row("uniform", (shape, key) => random.uniform(shape, { key, low, high }), { low, high }),
  normal: ({ mean = 0, std = 0.05 }: NormalOptions = {}) =>
    row("normal", (shape, key) => random.normal(shape, { key, mean, std }), { mean, std }),
  /** Normal, cut off at two standard deviations. */
  truncatedNormal: ({ mean = 0, std = 0.05 }: NormalOptions = {}) =>
    row("truncatedNormal", (shape, key) => random.truncatedNormal(shape, { key, mean, std }), { mean, std }),
  /** Uniform within ±√(6 / (inputs + outputs)) (Glorot & Bengio, 2010). */
  glorotUniform: () => varianceScaling("glorotUniform", { scale: 1, by: "mean", distribution: "uniform" }),
  /** Cut-off normal of variance 2 / (inputs + outputs). */
  glorotNormal: () => varianceScaling("glorotNormal", { scale: 1, by: "mean", distribution: "normal" }),
  /** Uniform within ±√(6 / inputs) (He et al., 2015), for relu. */
  heUniform: () => varianceScaling("heUniform", { scale: 2, by: "inputs", distribution: "uniform" }),
  /** Cut-off normal of variance 2 / inputs. */
  heNormal: () => varianceScaling("heNormal", { scale: 2, by: "inputs", distribution: "normal" }),
  /** Uniform within ±√(3 / inputs) (LeCun, 1998), for selu. */
  lecunUniform: () => varianceScaling("lecunUniform", { scale: 1, by: "inputs", distribution: "uniform" }),
  /** Cut-off normal of variance 1 / inputs. */
  lecunNormal: () => varianceScaling("lecunNormal", { scale: 1, by: "inputs", distribution: "normal" }),
  /** gain · a random orthogonal matrix (Saxe et al., 2013), for weights that are applied again and again. */
  orthogonal: ({ gain = 1 }: { readonly gain?: number } = {}) =>
    row("orthogonal", (shape, key) => orthogonal(shape, key).mul(gain), { gain }),
  /** gain on the diagonal of a matrix. */
  identity: ({ gain = 1 }: { readonly gain?: number } = {}) =>
    row(
      "identity",
      (shape) => {
        const [rows, columns] = shape;
        if (shape.length === 2) return eye(rows!, { columns: columns! }).mul(gain);
        throw new GradsmithError(
          "shape",
          "identity",
          `only matrices have a diagonal, got ${showShape(shape)}.`,
          'Choose another initializer, such as "zeros".',
        );
      },
      { gain },
    ),
} as const;

export const initializerOf = (where: string, choice: Choice<Initializer>): Initializer =>
  chosen<Initializer>(where, "initializer", choice, initializers);

/** How many values each output sums over, and each input feeds: the last two axes are inputs and outputs, those before are a window. */
function fans(shape: Shape): { inputs: number; outputs: number } {
  if (shape.length < 2) return { inputs: sizeOf(shape), outputs: sizeOf(shape) };
  const window = sizeOf(shape.slice(0, -2));
  return { inputs: window * shape[shape.length - 2]!, outputs: window * shape[shape.length - 1]! };
}
