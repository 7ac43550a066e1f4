import { callable, flag, oneOf, record, refuse } from "../core/checks.ts";
import type { DType } from "../core/dtype.ts";
import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Check, OptionChecks } from "../core/options.ts";
import { map } from "../core/tree.ts";
import { isTensor } from "../runtime/trace.ts";
import { withImplicitKeys } from "../tensor/functions/implicit-keys.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CallContext, Module, Params } from "./module.ts";
import { joined, pathIn, pathsOf } from "./module-tree.ts";
import type { Scope } from "./scope.ts";
import { within } from "./scope.ts";
import { shapesOf } from "./shapes.ts";

export interface CallOptions {
  /** Whether dropout drops and batch normalisation looks at the batch; false by default. */
  readonly training?: boolean | undefined;
  /** The random key of this call, u32 [2]; needed by modules that draw random numbers. */
  readonly key?: Tensor | undefined;
  /** What integers become where a layer wants floats; f32 by default. */
  readonly dtype?: DType | undefined;
}

/** What `applyWith` may be told about a call. */
export interface ApplyOptions extends CallOptions {
  /** Variables that are not trainable, where `params` holds only those that are. */
  readonly state?: Readonly<Record<string, Tensor>> | undefined;
  /** Is given the new values of such variables. */
  readonly write?: ((path: string, value: Tensor) => void) | undefined;
}

const aTensor: Check = (where, name, value) => (isTensor(value) ? value : refuse(where, `tensor as ${name}`, value, "Write tensor(...)."));
/** For an option that is a record of tensors. */
export const tensorsByName: Check = (where, name, value) => {
  for (const given of Object.values(record(where, name, value))) aTensor(where, name, given);
};

export const applyChecks: OptionChecks<ApplyOptions> = {
  training: flag,
  key: aTensor,
  dtype: oneOf("f32", "f64"),
  state: tensorsByName,
  write: callable,
};

/** Modules called in this scope find their variables among tensors named by path; what they write is gathered here. */
export class VariableScope implements Scope {
  readonly #root: Module;
  readonly #paths: ReadonlyMap<Module, string>;
  readonly #variables: Params;
  readonly #options: CallOptions;
  /** The place of each module but the root in the tree: no two draw the same random numbers. */
  readonly #places: ReadonlyMap<Module, number>;
  readonly #drawn = new Map<Module, number>();
  readonly #watched: ReadonlySet<Module>;
  /** How errors name the module that is being called. */
  #caller = "";
  /** What the watched modules gave, call by call. */
  readonly outputs = new Map<Module, unknown[]>();
  /** New values of variables that are not trainable, by path. */
  readonly written: Record<string, Tensor> = {};
  /** Scalars that modules add to the loss. */
  readonly losses: Tensor[] = [];

  constructor(root: Module, variables: Params, options: CallOptions = {}, watched: readonly Module[] = []) {
    this.#root = root;
    this.#paths = pathsOf(root);
    this.#places = new Map([...this.#paths.keys()].map((module, i) => [module, i - 1]));
    this.#variables = variables;
    this.#options = options;
    this.#watched = new Set(watched);
  }

  /** What the root gives. The keyless random draws of all modules are counted together. */
  run(x: unknown): unknown {
    const source = (): Tensor | GradsmithError => {
      const { key } = this.#options;
      return key === undefined ? noImplicitKey(this.#caller) : random.foldIn(key, implicitDraws);
    };
    return within(this, () => withImplicitKeys(source, () => this.call(this.#root, x)));
  }

  call(module: Module, x: unknown): unknown {
    const path = pathIn(this.#paths, module);
    const given = received(module, x, this.#options.dtype);
    const params = this.#paramsOf(module, path, given);
    const caller = this.#caller;
    this.#caller = named(module, path);
    const output = module.call(params, given as never, this.#contextOf(module, path));
    this.#caller = caller;
    if (this.#watched.has(module)) this.outputs.set(module, [...(this.outputs.get(module) ?? []), output]);
    return output;
  }

  #paramsOf(module: Module, path: string, x: unknown): Params {
    const entries = Object.keys(module.params(shapesOf(x))).map((name): [string, Tensor] => {
      const full = joined(path, name);
      const variable = this.#variables[full];
      if (variable !== undefined) return [name, variable];
      throw new GradsmithError(
        "usage",
        module.kind,
        `"${full}" is missing from the weights.`,
        "Pass all weights the model was given by init().",
      );
    });
    return Object.fromEntries(entries);
  }

  #contextOf(module: Module, path: string): CallContext {
    return {
      training: this.#options.training === true,
      key: () => {
        const { key } = this.#options;
        if (key === undefined) {
          throw new GradsmithError(
            "usage",
            named(module, path),
            "draws random numbers in training and needs a key.",
            "Pass { training: true, key: random.key(seed) }.",
          );
        }
        const times = this.#drawn.get(module) ?? 0;
        this.#drawn.set(module, times + 1);
        const others = this.#places.size - 1;
        return random.foldIn(key, module === this.#root ? times : this.#places.get(module)! + times * others);
      },
      write: (name, value) => {
        this.written[joined(path, name)] = value;
      },
      addLoss: (loss) => {
        this.losses.push(loss);
      },
    };
  }
}

/** What is folded into a call's key for keyless draws: no number that `context.key()` counts to. */
const implicitDraws = -1;

const noImplicitKey = (where: string): GradsmithError =>
  new GradsmithError(
    "usage",
    where,
    "draws random numbers without a key, and there is none outside of training.",
    "Give the draw a key or a seed, leave it out where context.training is false, or use applyWith(params, x, { key }).",
  );

const named = (module: Module, path: string): string => (path === "" ? module.kind : path);

/** What a module is given for a value: some want floats. */
export const received = (module: Module, x: unknown, dtype: DType = "f32"): unknown =>
  module.autocast ? map(x, isTensor, (leaf) => (isFloat(leaf.dtype) ? leaf : leaf.cast(dtype))) : x;
