import type { Builder, Described, Registry } from "../core/described.ts";
import { isDescribed } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";
import { activationRegistry } from "../nn/activations.ts";
import { constraintRegistry } from "../nn/constraints.ts";
import { initializerRegistry } from "../nn/initializers.ts";
import { lossRegistry } from "../nn/losses/registry.ts";
import { metricRegistry } from "../nn/metrics/registry.ts";
import { Module } from "../nn/module.ts";
import { regularizerRegistry } from "../nn/regularizers.ts";
import type { ModuleClass } from "../nn/saved-module.ts";
import { registerModule } from "../nn/saved-module.ts";
import { optimizerRegistry } from "../optim/optimizers.ts";

/** A factory of something described, or a loss function, whose `with` is one. */
type Factory = Builder<Described> | { with(): Described };

/** What each sort of thing can do, and no other. */
const sorts: readonly (readonly [member: string, Registry<never>])[] = [
  ["perSample", lossRegistry as Registry<never>],
  ["update", metricRegistry as Registry<never>],
  ["step", optimizerRegistry as Registry<never>],
  ["create", initializerRegistry as Registry<never>],
  ["penalty", regularizerRegistry as Registry<never>],
  ["apply", constraintRegistry as Registry<never>],
  ["call", activationRegistry as Registry<never>],
];

/**
 * Makes something of yours known by name, so that files that mention it load again: a class of layers or modules, or the factory of a loss, a
 * metric, an optimizer, an initializer, a regularizer, a constraint or an activation, which must work without arguments. Call it once in each
 * process, before saving and before loading.
 *
 * @throws GradsmithError "usage" for what is none of these, or has the name of something that exists.
 * @example register(Scale); register(pinball);
 */
export function register(thing: ModuleClass | Factory): void {
  if (isModuleClass(thing)) {
    registerModule(thing);
    return;
  }
  const builder: Builder<Described> | undefined =
    "with" in thing && typeof thing.with === "function"
      ? (thing.with as Builder<Described>)
      : typeof thing === "function"
        ? (thing as Builder<Described>)
        : undefined;
  const made: unknown = builder && attempted(builder);
  if (builder === undefined || !isDescribed(made)) throw unfit("needs a class of modules, or a factory that works without arguments.");
  const registry = sorts.find(([member]) => member in made)?.[1];
  if (registry === undefined)
    throw unfit(`"${made.kind}" is no loss, metric, optimizer, initializer, regularizer, constraint or activation.`);
  if (Object.hasOwn(registry.builders, made.kind))
    throw unfit(`there is ${/^[aeiou]/.test(registry.what) ? "an" : "a"} ${registry.what} called "${made.kind}" already.`);
  registry.registered.set(made.kind, builder as Builder<never>);
}

const isModuleClass = (thing: unknown): thing is ModuleClass => typeof thing === "function" && thing.prototype instanceof Module;

function attempted(builder: Builder<Described>): unknown {
  try {
    return builder();
  } catch {
    return undefined;
  }
}

const unfit = (what: string): GradsmithError =>
  new GradsmithError("usage", "register", what, "Write register(MyLayer) for a class, register(myLoss) for what makes a loss.");
