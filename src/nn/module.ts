import type { Choice } from "../core/described.ts";
import type { DType } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { checkOptions } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Constraint } from "./constraints.ts";
import type { Initializer } from "./initializers.ts";
import { pathsOf, treeText } from "./module-tree.ts";
import type { Regularizer } from "./regularizers.ts";
import { currentScope } from "./scope.ts";
import type { ApplyOptions } from "./variable-scope.ts";
import { applyChecks, VariableScope } from "./variable-scope.ts";

/** What modules take and give: a tensor, or a tree of them. */
export type Value = Tensor | readonly Value[] | { readonly [name: string]: Value };

/** Shapes in the structure of a value: of one tensor, or of a tree of them. The first axis of each is the batch. */
export type Shapes = Shape | readonly Shapes[] | { readonly [name: string]: Shapes };

/** A variable of a module. What is not trainable is state: the module itself writes its new values. */
export interface ParamSpec {
  /** How long each axis of the weight is. */
  readonly shape: Shape;
  /** The model's own by default: f32 or f64. */
  readonly dtype?: DType | undefined;
  /** Its first values; Glorot's uniform ones by default. */
  readonly initializer?: Choice<Initializer> | undefined;
  /** Whether gradients change it; true by default. */
  readonly trainable?: boolean | undefined;
  /** What is added to the loss for its values. */
  readonly regularizer?: Choice<Regularizer> | undefined;
  /** What its values are brought to after each update. */
  readonly constraint?: Choice<Constraint> | undefined;
}
/** A module's own variables, by name. */
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

/** A module's own variables, under the names of its specs. */
export type Params = Readonly<Record<string, Tensor>>;

/** What a module is told about a call, and where it leaves what is not its output. */
export interface CallContext {
  /** Whether the model is being trained: dropout drops then. */
  readonly training: boolean;
  /** The key of this module's random numbers in this call, u32 [2]. */
  key(): Tensor;
  /** The new value of a variable that is not trainable. */
  write(name: string, value: Tensor): void;
  /** A scalar to be added to the loss. */
  addLoss(loss: Tensor): void;
}

/**
 * A part of a network, or all of it: it has modules inside, variables of its own, and maps a tensor, or a tree of them (arrays and records),
 * to another. Layers, models in models and classes of your own are modules alike. A module is a description and holds no numbers; where it
 * stands in the tree names its variables: `encoder/dense_1/kernel`.
 *
 * The modules inside are those in public fields, also in arrays and records. One that is met twice has one set of weights.
 *
 * @example
 * class Residual extends Module {
 *   readonly inner = dense(16, { activation: "relu" });
 *   readonly outer = dense(16);
 *   forward(x: Tensor) { return this.outer.apply(this.inner.apply(x)).add(x); }
 * }
 */
export abstract class Module {
  /** What it is, in summaries and files: by default the name of its class, with a small first letter. */
  readonly kind: string;
  /** What it was made with, as far as it must be known to make it again. */
  readonly options: object;
  /** Whether integers and bools are cast to the model's floats before they come here. By default inputs keep their dtype. */
  readonly autocast: boolean = false;
  #trainable = true;

  constructor(options: object = {}) {
    this.kind = new.target.name.charAt(0).toLowerCase() + new.target.name.slice(1);
    this.options = options;
  }

  /** Whether training changes its variables, and all of those inside. Setting it sets it for every module inside, as in Keras. */
  get trainable(): boolean {
    return this.#trainable;
  }
  set trainable(trainable: boolean) {
    if (typeof trainable !== "boolean")
      throw new GradsmithError("option", this.kind, `trainable must be true or false, got ${String(trainable)}.`);
    for (const module of pathsOf(this).keys()) module.#trainable = trainable;
  }

  /** The modules inside by the names that paths are made of. By default those in public fields; what is in an array `blocks` is `blocks/0`. */
  children(): Readonly<Record<string, Module>> {
    const found: Record<string, Module> = {};
    const look = (value: unknown, name: string): void => {
      if (value instanceof Module) found[name] = value;
      else if (Array.isArray(value)) value.forEach((item, i) => look(item, `${name}/${i}`));
      else if (isPlainObject(value)) for (const [key, item] of Object.entries(value)) look(item, `${name}/${key}`);
    };
    for (const [name, value] of Object.entries(this)) if (name !== "options") look(value, name);
    return found;
  }

  /** The variables of its own for an input of these shapes, by name. */
  params(_input: Shapes): ParamSpecs {
    return {};
  }

  /** What it computes, in terms of the modules inside: `this.outer.apply(this.inner.apply(x))`. */
  abstract forward(x: never): unknown;

  /** What it computes, given the variables of its own: `forward`, unless it has some. */
  call(_params: Params, x: never, _context: CallContext): unknown {
    if (typeof this.forward === "function") return this.forward(x);
    throw new GradsmithError("usage", this.kind, "computes nothing yet.", "Write its forward(x), in terms of the modules inside.");
  }

  /**
   * Its output inside another module's `forward`, or wherever a model is being traced: its variables are looked up there.
   *
   * @throws GradsmithError "usage" where no model is being traced, or the one that is has no field that leads here.
   */
  apply(x: Parameters<this["forward"]>[0], ...others: readonly never[]): ReturnType<this["forward"]> {
    if (others.length > 0) {
      throw new GradsmithError(
        "usage",
        this.kind,
        "apply(x) takes one value, inside a trace.",
        "The pure function is applyWith(params, x, options).",
      );
    }
    return currentScope(this.kind).call(this, x) as ReturnType<this["forward"]>;
  }

  /**
   * What it gives for `x` with these variables, by path: a pure function, for loops of one's own and for `grad`.
   *
   * @example valueAndGrad((params) => crossEntropy(y, model.applyWith(params, x)))(state.params)
   */
  applyWith(
    params: Readonly<Record<string, Tensor>>,
    x: Parameters<this["forward"]>[0],
    options: ApplyOptions = {},
  ): ReturnType<this["forward"]> {
    checkOptions<ApplyOptions>("applyWith", options, applyChecks);
    const scope = new VariableScope(this, { ...options.state, ...params }, options);
    const output = scope.run(x) as ReturnType<this["forward"]>;
    for (const [path, value] of Object.entries(scope.written)) options.write?.(path, value);
    return output;
  }

  /** The tree of modules inside, one a line. */
  toString(): string {
    return treeText(this);
  }
  /** What `console.log` shows in Node: the same. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return treeText(this);
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
