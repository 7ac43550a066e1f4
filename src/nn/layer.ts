import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Activation } from "./activations.ts";
import type { Described } from "./described.ts";
import type { Initializer } from "./initializers.ts";
import type { Regularizer } from "./regularizers.ts";
import { currentScope } from "./scope.ts";

/** A variable a layer needs. What is not trainable is state: the layer itself writes its new values. */
export interface ParamSpec {
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly trainable: boolean;
  readonly regularizer?: Regularizer | undefined;
}
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

/** A layer's variables, under the names of its specs. */
export type Params = Readonly<Record<string, Tensor>>;

/** What a layer is told about the call, and where it leaves what is not its output. */
export interface LayerContext {
  readonly training: boolean;
  /** The key of this layer's random numbers in this call. */
  key(): Tensor;
  /** The new value of a variable that is not trainable. */
  write(name: string, value: Tensor): void;
  /** A scalar to be added to the loss. */
  addLoss(loss: Tensor): void;
}

/**
 * A description: which variables it needs for an input shape, and what it computes from them. It holds no numbers, so a model can be printed,
 * counted, saved and compared without a device. The first axis of every shape is the batch.
 */
export abstract class Layer implements Described {
  abstract readonly kind: string;
  /** Everything needed to build this layer again: the saved form is `[kind, options]`. */
  abstract readonly options: LayerOptions;
  /** The activation that `call` ends with, if it ends with one: `call = ending ∘ beforeEnding`. */
  readonly ending: Activation | undefined = undefined;

  params(_input: Shape): ParamSpecs {
    return {};
  }

  abstract call(params: Params, x: Tensor, context: LayerContext): Tensor;

  /** `call` without its ending. */
  beforeEnding(params: Params, x: Tensor, context: LayerContext): Tensor {
    return this.call(params, x, context);
  }

  /** The layer's output inside a model, a module or a layer that is being traced: its variables are looked up there. */
  apply(x: Tensor): Tensor {
    return currentScope(this.kind).call(this, x);
  }
}

export interface LayerOptions {
  /** The layer's name in its model; by default its kind, numbered. */
  readonly name?: string | undefined;
}
