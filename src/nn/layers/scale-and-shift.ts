import { flag } from "../../core/checks.ts";
import type { OptionChecks } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import type { ConstraintChoice } from "../constraints.ts";
import type { InitializerChoice } from "../initializers.ts";
import type { ParamSpecs } from "../module.ts";
import type { Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import type { RegularizerChoice } from "../regularizers.ts";

/** What is learned after a normalisation. */
export interface ScaleAndShiftOptions {
  /** Whether beta is learned and added; true by default. */
  readonly center?: boolean | undefined;
  /** Whether gamma is learned and multiplied with; true by default. */
  readonly scale?: boolean | undefined;
  /** The first values of beta; `zeros` by default. */
  readonly betaInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for beta's size; nothing by default. */
  readonly betaRegularizer?: RegularizerChoice | undefined;
  /** What beta is brought to after each update; nothing by default. */
  readonly betaConstraint?: ConstraintChoice | undefined;
  /** The first values of gamma; `ones` by default. */
  readonly gammaInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for gamma's size; nothing by default. */
  readonly gammaRegularizer?: RegularizerChoice | undefined;
  /** What gamma is brought to after each update; nothing by default. */
  readonly gammaConstraint?: ConstraintChoice | undefined;
}

export const scaleAndShiftChecks: OptionChecks<ScaleAndShiftOptions> = {
  ...parameterChecks("beta", "gamma"),
  center: flag,
  scale: flag,
};

/** The variables of such options: `gamma` and `beta`, unless they are left out. */
export class ScaleAndShift {
  readonly #gamma: Parameter | undefined;
  readonly #beta: Parameter | undefined;

  constructor(where: string, options: ScaleAndShiftOptions) {
    const { center = true, scale = true } = options;
    this.#gamma = scale ? parameter(where, "gamma", options, "ones") : undefined;
    this.#beta = center ? parameter(where, "beta", options, "zeros") : undefined;
  }

  params(shape: Shape): ParamSpecs {
    return {
      ...(this.#gamma && { gamma: { ...this.#gamma, shape } }),
      ...(this.#beta && { beta: { ...this.#beta, shape } }),
    };
  }
}
