import type { OptionChecks } from "../core/options.ts";
import type { Constraint, ConstraintChoice } from "./constraints.ts";
import { aConstraint, constraintOf } from "./constraints.ts";
import type { Initializer, InitializerChoice, InitializerName } from "./initializers.ts";
import { anInitializer, initializerOf } from "./initializers.ts";
import type { Regularizer, RegularizerChoice } from "./regularizers.ts";
import { aRegularizer, regularizerOf } from "./regularizers.ts";

/** What a layer's options say of each of its variables: for `kernel` kernelInitializer, kernelRegularizer and kernelConstraint. */
export type ParameterOptions<Name extends string> = {
  readonly [K in `${Name}Initializer`]?: InitializerChoice | undefined;
} & {
  readonly [K in `${Name}Regularizer`]?: RegularizerChoice | undefined;
} & {
  readonly [K in `${Name}Constraint`]?: ConstraintChoice | undefined;
};

/** `ParameterOptions<"kernel">`, with what editors show. */
export interface KernelOptions {
  /** The first values of the kernel; `glorotUniform` by default. */
  readonly kernelInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for the kernel's size; nothing by default. */
  readonly kernelRegularizer?: RegularizerChoice | undefined;
  /** What the kernel is brought to after each update; nothing by default. */
  readonly kernelConstraint?: ConstraintChoice | undefined;
}

/** `ParameterOptions<"bias">`, with what editors show. */
export interface BiasOptions {
  /** Whether a bias is added; true by default. */
  readonly useBias?: boolean | undefined;
  /** The first values of the bias; `zeros` by default. */
  readonly biasInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for the bias's size; nothing by default. */
  readonly biasRegularizer?: RegularizerChoice | undefined;
  /** What the bias is brought to after each update; nothing by default. */
  readonly biasConstraint?: ConstraintChoice | undefined;
}

/** A variable but for its shape, which depends on what the layer is given. */
export interface Parameter {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | undefined;
  readonly constraint: Constraint | undefined;
}

/** The template of all variables that options can name: what a variable starts from and is held to, checked. */
export function parameter<Name extends string>(
  where: string,
  name: Name,
  options: ParameterOptions<Name>,
  initializer: InitializerName,
): Parameter {
  const given = options as Readonly<Record<string, never>>;
  return {
    initializer: initializerOf(where, given[`${name}Initializer`] ?? initializer),
    regularizer: regularizerOf(where, given[`${name}Regularizer`]),
    constraint: constraintOf(where, given[`${name}Constraint`]),
  };
}

/** The checks of such options. */
export function parameterChecks<Name extends string>(...names: readonly Name[]): OptionChecks<ParameterOptions<Name>> {
  const entries = names.flatMap((name) => [
    [`${name}Initializer`, anInitializer],
    [`${name}Regularizer`, aRegularizer],
    [`${name}Constraint`, aConstraint],
  ]);
  return Object.fromEntries(entries) as OptionChecks<ParameterOptions<Name>>;
}
