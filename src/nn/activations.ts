import type { Tensor } from "../tensor/tensor.ts";
import type { Choice, Described } from "./described.ts";
import { chosen, custom } from "./described.ts";

export interface Activation extends Described {
  call(x: Tensor): Tensor;
  /** The distribution whose probabilities it computes from logits: then a loss may work on the logits, which is more exact. */
  readonly distribution?: "bernoulli" | "categorical";
}

/** What users may give for an activation: also a function of their own. */
export type ActivationChoice = Choice<Activation> | ((x: Tensor) => Tensor);

const row = (kind: string, call: (x: Tensor) => Tensor, options: object = {}): Activation => ({ kind, options, call });

// λ and α of self-normalising networks (Klambauer et al., 2017): the fixed point of mean 0 and variance 1.
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** All activations by name, as functions from their options. Formulas and defaults are Keras's. */
export const activations = {
  /** x */
  linear: () => row("linear", (x) => x),
  /** 1 where x ≥ 0, else 0; its gradient is 0 everywhere. */
  step: () => row("step", (x) => x.greaterEqual(0).cast(x.dtype)),
  /** 1 / (1 + exp(−x)) */
  sigmoid: (): Activation => ({ ...row("sigmoid", (x) => x.sigmoid()), distribution: "bernoulli" }),
  tanh: () => row("tanh", (x) => x.tanh()),
  /** max(x, 0) */
  relu: () => row("relu", (x) => x.relu()),
  /** x where x > 0, else slope·x */
  leakyRelu: ({ slope = 0.2 }: { readonly slope?: number } = {}) => row("leakyRelu", (x) => x.leakyRelu({ slope }), { slope }),
  /** x where x > 0, else alpha·(exp(x) − 1) */
  elu: ({ alpha = 1 }: { readonly alpha?: number } = {}) => row("elu", (x) => x.elu({ alpha }), { alpha }),
  /** scale·elu(x, alpha), with the constants of self-normalising networks */
  selu: () => row("selu", (x) => x.elu({ alpha: seluAlpha }).mul(seluScale)),
  /** log(1 + exp(x)) */
  softplus: () => row("softplus", (x) => x.softplus()),
  /** x / (1 + |x|) */
  softsign: () => row("softsign", (x) => x.div(x.abs().add(1))),
  /** x·sigmoid(x) */
  swish: () => row("swish", (x) => x.silu()),
  /** x·sigmoid(x), by its other name */
  silu: () => row("silu", (x) => x.silu()),
  /** x·Φ(x), with Φ the normal distribution; or its approximation by tanh (Hendrycks & Gimpel, 2016) */
  gelu: ({ approximate = false }: { readonly approximate?: boolean } = {}) => row("gelu", (x) => x.gelu({ approximate }), { approximate }),
  /** min(max(x, 0), 6) */
  relu6: () => row("relu6", (x) => x.relu().minimum(6)),
  /** min(max(x/6 + 1/2, 0), 1) */
  hardSigmoid: () => row("hardSigmoid", (x) => x.div(6).add(0.5).maximum(0).minimum(1)),
  /** exp(x) */
  exponential: () => row("exponential", (x) => x.exp()),
  /** exp(x) / Σ exp(x), over the last axis */
  softmax: (): Activation => ({ ...row("softmax", (x) => x.softmax()), distribution: "categorical" }),
  /** log softmax(x), over the last axis */
  logSoftmax: () => row("logSoftmax", (x) => x.logSoftmax()),
  /** x·tanh(softplus(x)) */
  mish: () => row("mish", (x) => x.mul(x.softplus().tanh())),
} as const;

/** The activation a user chose; linear if none. */
export function activationOf(where: string, choice: ActivationChoice = "linear"): Activation {
  return typeof choice === "function" ? row(custom, choice) : chosen<Activation>(where, "activation", choice, activations);
}
