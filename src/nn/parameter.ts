import type { Choice } from "../core/described.ts";
import type { Check, OptionChecks } from "../core/options.ts";
import type { Constraint, ConstraintName } from "./constraints.ts";
import { constraintOf } from "./constraints.ts";
import type { Initializer, InitializerName } from "./initializers.ts";
import { initializerOf } from "./initializers.ts";
import type { ParamSpec } from "./layer.ts";
import type { Regularizer, RegularizerName } from "./regularizers.ts";
import { regularizerOf } from "./regularizers.ts";

/** What a layer's options say of each of its variables: for `kernel` kernelInitializer, kernelRegularizer and kernelConstraint. */
export type ParameterOptions<Name extends string> = {
  readonly [K in `${Name}Initializer`]?: Choice<Initializer, InitializerName>;
} & {
  readonly [K in `${Name}Regularizer`]?: Choice<Regularizer, RegularizerName>;
} & {
  readonly [K in `${Name}Constraint`]?: Choice<Constraint, ConstraintName>;
};

/** A variable but for its shape, which depends on what the layer is given. */
export type Parameter = Omit<ParamSpec, "shape">;

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
  const initializer: Check = (where, _name, value) => initializerOf(where, value as Choice<Initializer>);
  const regularizer: Check = (where, _name, value) => regularizerOf(where, value as Choice<Regularizer>);
  const constraint: Check = (where, _name, value) => constraintOf(where, value as Choice<Constraint>);
  const entries = names.flatMap((name): [string, Check][] => [
    [`${name}Initializer`, initializer],
    [`${name}Regularizer`, regularizer],
    [`${name}Constraint`, constraint],
  ]);
  return Object.fromEntries(entries) as unknown as OptionChecks<ParameterOptions<Name>>;
}
