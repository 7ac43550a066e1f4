import { finiteNumber, flag } from "../core/checks.ts";
import type { Choice, Described } from "../core/described.ts";
import { chosen, custom, registryOf } from "../core/described.ts";
import type { Check, OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { EluOptions, GeluOptions, LeakyReluOptions } from "../tensor/functions/activations.ts";
import { mish, softsign } from "../tensor/functions/activations.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { withLogits } from "./carried.ts";
import type { NoOptions } from "./no-options.ts";

/** A function of tensors that layers end with. */
export interface Activation extends Described {
  /** The function: element by element, unless it says otherwise. */
  call(x: Tensor): Tensor;
}

const row = (kind: string, call: (x: Tensor) => Tensor, options: object = {}): Activation => ({ kind, options, call });

const plain =
  (kind: string, call: (x: Tensor) => Tensor) =>
  (options: NoOptions = {}): Activation =>
    row(kind, call, checkOptions(kind, options, {}));

const withOptions =
  <Options extends object>(kind: string, checks: OptionChecks<Options>, callWith: (options: Options) => (x: Tensor) => Tensor) =>
  (options: Options = {} as Options): Activation =>
    row(kind, callWith(checkOptions(kind, options, checks)), options);

// λ and α of self-normalising networks (Klambauer et al., 2017): the fixed point of mean 0 and variance 1.
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/**
 * All activations by name, as functions from their options: for `activation` of a layer, or to `call` on a tensor. Each works element by element
 * but `softmax` and `logSoftmax`. Formulas and defaults are Keras's.
 *
 * @example dense(64, { activation: activations.leakyRelu({ negativeSlope: 0.1 }) })
 * @throws GradsmithError "option" for an unknown option or a value that can't be.
 */
export const activations = {
  /** x */
  linear: plain("linear", (x) => x),
  /** 1 where x ≥ 0, else 0; its gradient is 0 everywhere. */
  step: plain("step", (x) => x.greaterEqual(0).cast(x.dtype)),
  /** 1 / (1 + exp(−x)) */
  sigmoid: plain("sigmoid", (x) => withLogits(x.sigmoid(), x, "bernoulli")),
  /** (exp(x) − exp(−x)) / (exp(x) + exp(−x)) */
  tanh: plain("tanh", (x) => x.tanh()),
  /** max(x, 0) */
  relu: plain("relu", (x) => x.relu()),
  /** x where x > 0, else negativeSlope·x; the slope is 0.2 by default. */
  leakyRelu: withOptions<LeakyReluOptions>("leakyRelu", { negativeSlope: finiteNumber }, ({ negativeSlope = 0.2 }) => {
    return (x) => x.leakyRelu({ negativeSlope });
  }),
  /** x where x > 0, else alpha·(exp(x) − 1); alpha is 1 by default. */
  elu: withOptions<EluOptions>("elu", { alpha: finiteNumber }, ({ alpha = 1 }) => {
    return (x) => x.elu({ alpha });
  }),
  /** λ·elu(x, α), with the constants of self-normalising networks (Klambauer et al., 2017) */
  selu: plain("selu", (x) => x.elu({ alpha: seluAlpha }).mul(seluScale)),
  /** log(1 + exp(x)) */
  softplus: plain("softplus", (x) => x.softplus()),
  /** x / (1 + |x|) */
  softsign: plain("softsign", softsign),
  /** x·sigmoid(x) */
  swish: plain("swish", (x) => x.silu()),
  /** x·sigmoid(x), by its other name */
  silu: plain("silu", (x) => x.silu()),
  /** x·Φ(x), with Φ the normal distribution; or its approximation by tanh (Hendrycks & Gimpel, 2016) */
  gelu: withOptions<GeluOptions>("gelu", { approximate: flag }, ({ approximate = false }) => {
    return (x) => x.gelu({ approximate });
  }),
  /** min(max(x, 0), 6) */
  relu6: plain("relu6", (x) => x.relu().minimum(6)),
  /** min(max(x/6 + 1/2, 0), 1) */
  hardSigmoid: plain("hardSigmoid", (x) => x.div(6).add(0.5).maximum(0).minimum(1)),
  /** exp(x) */
  exponential: plain("exponential", (x) => x.exp()),
  /** exp(x) / Σ exp(x), over the last axis */
  softmax: plain("softmax", (x) => withLogits(x.softmax(), x, "categorical")),
  /** log softmax(x), over the last axis */
  logSoftmax: plain("logSoftmax", (x) => x.logSoftmax()),
  /** x·tanh(softplus(x)) */
  mish: plain("mish", mish),
} as const;

/** The names that stand for an activation with its defaults. */
export type ActivationName = keyof typeof activations;
/** What users may give for an activation: its name, its name with options, one of `activations`, or a function of their own. */
export type ActivationChoice = Choice<Activation, ActivationName> | ((x: Tensor) => Tensor);

export const activationRegistry = registryOf<Activation>("activation", activations);

/** The activation a user chose; linear if none. */
export function activationOf(where: string, choice: Choice<Activation> | ((x: Tensor) => Tensor) = "linear"): Activation {
  return typeof choice === "function" ? row(custom, choice) : chosen<Activation>(where, choice, activationRegistry);
}

/** For an option that chooses an activation. */
export const anActivation: Check = (where, _name, value) => activationOf(where, value as ActivationChoice);
