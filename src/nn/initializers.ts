import { finiteNumber, nonNegativeNumber, oneOf, positiveNumber } from "../core/checks.ts";
import type { Choice, Described } from "../core/described.ts";
import { chosen, registryOf } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Check } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import { eye, full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { refuseOldName, withOldNames } from "./legacy.ts";
import type { NoOptions } from "./no-options.ts";
import { orthogonal } from "./orthogonal.ts";

/** The first values of a variable, from its shape and a random key (u32 [2]). */
export interface Initializer extends Described {
  /** First values of a weight of this shape. */
  create(shape: Shape, key: Tensor): Tensor;
}

/** The options of `constant`. */
export interface ConstantOptions {
  /** 0 by default. */
  readonly value?: number | undefined;
}
/** The options of `randomUniform`. */
export interface RandomUniformOptions {
  /** Included; -0.05 by default. */
  readonly minval?: number | undefined;
  /** Not included; 0.05 by default. */
  readonly maxval?: number | undefined;
}
/** The options of `randomNormal`. */
export interface RandomNormalOptions {
  /** 0 by default. */
  readonly mean?: number | undefined;
  /** The standard deviation, before anything is cut off; 0.05 by default. */
  readonly stddev?: number | undefined;
}
/** The options of `varianceScaling`. */
export interface VarianceScalingOptions {
  /** What the fan divides; 1 by default. */
  readonly scale?: number | undefined;
  /** What divides: inputs per unit, outputs per input, or the mean of both; `fanIn` by default. */
  readonly mode?: "fanIn" | "fanOut" | "fanAvg" | undefined;
  /** `truncatedNormal`, cut off at two standard deviations, by default. */
  readonly distribution?: "truncatedNormal" | "untruncatedNormal" | "uniform" | undefined;
}
/** The options of `orthogonal` and `identity`. */
export interface GainOptions {
  /** What the matrix is multiplied by; 1 by default. */
  readonly gain?: number | undefined;
}

// The standard deviation of a normal distribution cut off at two: what is drawn is divided by it.
const truncatedDeviation = 0.87962566103423978;

const row = (kind: string, create: Initializer["create"], options: object = {}): Initializer => ({ kind, options, create });

const plain =
  (kind: string, create: Initializer["create"]) =>
  (options: NoOptions = {}): Initializer =>
    row(kind, create, checkOptions(kind, options, {}));

function scaledBy({ scale = 1, mode = "fanIn", distribution = "truncatedNormal" }: VarianceScalingOptions): Initializer["create"] {
  return (shape, key) => {
    const { inputs, outputs } = fans(shape);
    const fan = { fanIn: inputs, fanOut: outputs, fanAvg: (inputs + outputs) / 2 }[mode];
    const variance = scale / Math.max(1, fan);
    if (distribution === "truncatedNormal") return random.truncatedNormal(shape, { key, std: Math.sqrt(variance) / truncatedDeviation });
    if (distribution === "untruncatedNormal") return random.normal(shape, { key, std: Math.sqrt(variance) });
    const limit = Math.sqrt(3 * variance);
    return random.uniform(shape, { key, low: -limit, high: limit });
  };
}

const normalChecks = { mean: finiteNumber, stddev: nonNegativeNumber };

/**
 * All initializers by name, as functions from their options: for `kernelInitializer` of a layer and its like. Formulas and defaults are Keras's.
 * The last two axes of a kernel are its inputs and outputs, those before a window.
 *
 * @example dense(64, { kernelInitializer: initializers.heNormal() })
 * @throws GradsmithError "option" for an unknown option or a value that can't be.
 */
export const initializers = withOldNames("initializers", "initializer", {
  /** 0 everywhere. */
  zeros: plain("zeros", (shape) => full(shape, 0)),
  /** 1 everywhere. */
  ones: plain("ones", (shape) => full(shape, 1)),
  /** `value` everywhere, 0 by default. */
  constant(options: ConstantOptions = {}): Initializer {
    const { value = 0 } = checkOptions("constant", options, { value: finiteNumber });
    return row("constant", (shape) => full(shape, value), options);
  },
  /** Uniform in [minval, maxval), [-0.05, 0.05) by default. */
  randomUniform(options: RandomUniformOptions = {}): Initializer {
    const { minval = -0.05, maxval = 0.05 } = checkOptions("randomUniform", options, { minval: finiteNumber, maxval: finiteNumber });
    if (minval > maxval)
      throw new GradsmithError("option", "randomUniform", `minval is ${minval} and maxval only ${maxval}.`, "Swap them, or give both.");
    return row("randomUniform", (shape, key) => random.uniform(shape, { key, low: minval, high: maxval }), options);
  },
  /** Normal, of mean 0 and standard deviation 0.05 by default. */
  randomNormal(options: RandomNormalOptions = {}): Initializer {
    const { mean = 0, stddev = 0.05 } = checkOptions("randomNormal", options, normalChecks);
    return row("randomNormal", (shape, key) => random.normal(shape, { key, mean, std: stddev }), options);
  },
  /** Normal, cut off at two standard deviations: of 0.05 around 0 by default. */
  truncatedNormal(options: RandomNormalOptions = {}): Initializer {
    const { mean = 0, stddev = 0.05 } = checkOptions("truncatedNormal", options, normalChecks);
    return row("truncatedNormal", (shape, key) => random.truncatedNormal(shape, { key, mean, std: stddev }), options);
  },
  /** Of variance scale / fan, whatever the distribution. */
  varianceScaling(options: VarianceScalingOptions = {}): Initializer {
    checkOptions("varianceScaling", options, {
      scale: positiveNumber,
      mode: oneOf("fanIn", "fanOut", "fanAvg"),
      distribution: oneOf("truncatedNormal", "untruncatedNormal", "uniform"),
    });
    return row("varianceScaling", scaledBy(options), options);
  },
  /** Uniform within ±√(6 / (inputs + outputs)) (Glorot & Bengio, 2010). */
  glorotUniform: plain("glorotUniform", scaledBy({ mode: "fanAvg", distribution: "uniform" })),
  /** Cut-off normal of variance 2 / (inputs + outputs) (Glorot & Bengio, 2010). */
  glorotNormal: plain("glorotNormal", scaledBy({ mode: "fanAvg" })),
  /** Uniform within ±√(6 / inputs) (He et al., 2015), for relu. */
  heUniform: plain("heUniform", scaledBy({ scale: 2, distribution: "uniform" })),
  /** Cut-off normal of variance 2 / inputs (He et al., 2015), for relu. */
  heNormal: plain("heNormal", scaledBy({ scale: 2 })),
  /** Uniform within ±√(3 / inputs) (LeCun, 1998), for selu. */
  lecunUniform: plain("lecunUniform", scaledBy({ distribution: "uniform" })),
  /** Cut-off normal of variance 1 / inputs (LeCun, 1998), for selu. */
  lecunNormal: plain("lecunNormal", scaledBy({})),
  /** gain · a random orthogonal matrix (Saxe et al., 2013), for weights that are applied again and again; all axes but the last are its rows. */
  orthogonal(options: GainOptions = {}): Initializer {
    const { gain = 1 } = checkOptions("orthogonal", options, { gain: finiteNumber });
    return row("orthogonal", (shape, key) => orthogonal(shape, key).mul(gain), options);
  },
  /** gain on the diagonal of a matrix, 0 elsewhere. */
  identity(options: GainOptions = {}): Initializer {
    const { gain = 1 } = checkOptions("identity", options, { gain: finiteNumber });
    return row("identity", (shape) => diagonal(shape).mul(gain), options);
  },
} as const);

/** The names that stand for an initializer with its defaults. */
export type InitializerName = keyof typeof initializers;
/** What users may give for an initializer: its name, its name with options, or one of `initializers`. */
export type InitializerChoice = Choice<Initializer, InitializerName>;

export const initializerRegistry = registryOf<Initializer>("initializer", initializers);

export function initializerOf(where: string, choice: Choice<Initializer>): Initializer {
  refuseOldName(where, "initializer", choice);
  return chosen<Initializer>(where, choice, initializerRegistry);
}

/** For an option that chooses an initializer. */
export const anInitializer: Check = (where, _name, value) => initializerOf(where, value as InitializerChoice);

function diagonal(shape: Shape): Tensor {
  const [rows, columns] = shape;
  if (shape.length === 2) return eye(rows!, { columns: columns! });
  throw new GradsmithError(
    "shape",
    "identity",
    `only matrices have a diagonal, got ${showShape(shape)}.`,
    'Choose another initializer, such as "zeros".',
  );
}

/** How many values each output sums over, and each input feeds: the last two axes are inputs and outputs, those before are a window. */
function fans(shape: Shape): { inputs: number; outputs: number } {
  if (shape.length < 2) return { inputs: sizeOf(shape), outputs: sizeOf(shape) };
  const window = sizeOf(shape.slice(0, -2));
  return { inputs: window * shape[shape.length - 2]!, outputs: window * shape[shape.length - 1]! };
}
