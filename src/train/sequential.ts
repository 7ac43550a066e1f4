import { GradsmithError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { showShape } from "../core/shape.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import { draw } from "../nn/blueprint.ts";
import { savedForm } from "../nn/described.ts";
import { Layer } from "../nn/layer.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Architecture } from "./architecture.ts";
import { Model } from "./model.ts";

export interface SequentialOptions {
  /** The shape of one sample. */
  readonly inputShape: Shape;
  readonly name?: string;
  readonly dtype?: "f32" | "f64";
}

/** Shapes are traced with a batch of this many samples, which stands for any number. */
const anyBatch = 2;

export class Sequential extends Model {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly inputShape: Shape;
  readonly blueprint: Blueprint;

  constructor(layers: readonly Layer[], { inputShape, name = "sequential", dtype = "f32" }: SequentialOptions) {
    super();
    checkParts(layers, inputShape);
    this.name = name;
    this.layers = [...layers];
    this.inputShape = [...inputShape];
    this.blueprint = draw((x) => this.forward(x), { dtype, shape: [anyBatch, ...inputShape] });
  }

  architecture(): Architecture {
    const { entries, input } = this.blueprint;
    const layers = this.layers.map((layer) => ({ name: this.blueprint.names.get(layer)!, layer: savedForm(layer) }));
    if (entries.length < layers.length)
      throw new GradsmithError("usage", "save", "a model that uses one layer twice can't be saved.", "Save its weights with getWeights().");
    return { kind: "sequential", name: this.name, inputShape: this.inputShape, dtype: input.dtype === "f64" ? "f64" : "f32", layers };
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.apply(value), x);
  }
}

/**
 * A network whose layers are applied one after the other.
 *
 * @example sequential([dense(20, { activation: "relu" }), dense(1)], { inputShape: [10] })
 */
export const sequential = (layers: readonly Layer[], options: SequentialOptions): Sequential => new Sequential(layers, options);

function checkParts(layers: readonly Layer[], inputShape: Shape | undefined): void {
  if (!Array.isArray(layers) || layers.length === 0)
    throw new GradsmithError("option", "sequential", "needs at least one layer.", "Write sequential([dense(1)], { inputShape: [10] }).");
  const wrong = layers.findIndex((layer) => !(layer instanceof Layer));
  if (wrong >= 0)
    throw new GradsmithError(
      "option",
      "sequential",
      `entry ${wrong} is not a layer.`,
      "Make layers with dense(...), flatten() and their like.",
    );
  if (!Array.isArray(inputShape))
    throw new GradsmithError(
      "option",
      "sequential",
      "the inputShape is missing.",
      "Give the shape of one sample: sequential(layers, { inputShape: [10] }).",
    );
  if (inputShape.every((size) => Number.isInteger(size) && size > 0)) return;
  throw new GradsmithError("option", "sequential", `${showShape(inputShape)} is no shape of a sample.`, "Give positive whole numbers.");
}
