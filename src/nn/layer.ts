import type { Described } from "../core/described.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CallContext, Params } from "./module.ts";
import { Module } from "./module.ts";

/** The options that every layer has. */
export interface LayerOptions {
  /** The layer's name in the model it is listed in; by default its kind, numbered. */
  readonly name?: string | undefined;
  /** Of the first layer of a `sequential`: the shape of one sample, without the batch. By default what `sequential` or the first batch says. */
  readonly inputShape?: Shape | undefined;
  /** Whether training changes its weights; true by default. */
  readonly trainable?: boolean | undefined;
}

/**
 * A module that computes something by itself: `params` says which variables it needs for the shape of its input [batch, ...], `call` what it
 * computes with them. The options given to it are what it is saved as, so they should be plain data.
 *
 * @example
 * class Scale extends Layer {
 *   override params(input: Shape) { return { factor: { shape: [input.at(-1)!], initializer: "ones" } }; }
 *   call({ factor }: Params, x: Tensor) { return x.mul(factor!); }
 * }
 */
export abstract class Layer<Options extends LayerOptions = LayerOptions, In = Tensor, Out = Tensor> extends Module implements Described {
  override readonly options: Options;

  constructor(options: Options = {} as Options) {
    super(options);
    this.options = options;
    if (options.trainable !== undefined) this.trainable = options.trainable;
  }

  abstract override call(params: Params, x: In, context: CallContext): Out;

  override forward(x: In): Out {
    return this.apply(x as Parameters<this["forward"]>[0]) as Out;
  }
}
