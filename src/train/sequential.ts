import { oneOf, text } from "../core/checks.ts";
import type { SavedForm } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";
import { checkOptions } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import { Layer } from "../nn/layer.ts";
import type { Value } from "../nn/module.ts";
import { Module } from "../nn/module.ts";
import type { Composite, SavedModule } from "../nn/saved-parts.ts";
import { savedParts } from "../nn/saved-parts.ts";
import { isShape } from "../nn/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ModelOptions } from "./model.ts";
import { Model } from "./model.ts";

/** The options of `sequential`. */
export interface SequentialOptions extends Omit<ModelOptions, "inputShape"> {
  /** The shape of one sample, without the batch. By default the first layer's or model's, else the first batch decides. */
  readonly inputShape?: Shape | undefined;
}

/** Modules applied one after the other. */
export class Sequential extends Model implements Composite {
  override readonly kind = "sequential";
  readonly #layers: Module[] = [];
  /** The name each module has in here. */
  readonly #names = new Map<Module, string>();
  readonly #taken = new Set<string>();
  /** How many of each kind have been named. */
  readonly #counts = new Map<string, number>();
  /** Whether its name was given, and not made from its kind. */
  readonly #isNamed: boolean;

  constructor(layers: readonly Module[] = [], options: SequentialOptions = {}) {
    checkOptions<SequentialOptions>("sequential", options, { inputShape, name: text, dtype: oneOf("f32", "f64") });
    if (!Array.isArray(layers))
      throw new GradsmithError("option", "sequential", "needs a list of layers.", "Write sequential([dense(1)], { inputShape: [10] }).");
    const given = options.inputShape ?? shapeOf(layers[0]);
    super({ ...options, ...(given === undefined ? {} : { inputShape: given }), name: options.name ?? "sequential" });
    this.#isNamed = options.name !== undefined;
    layers.forEach((layer, i) => this.#append(layer, `entry ${i}`));
    this.#trace();
  }

  /** The modules in their order. */
  get layers(): readonly Module[] {
    return [...this.#layers];
  }

  /** The name it was given, if any: what a model that contains it calls it. */
  get givenName(): string | undefined {
    return this.#isNamed ? this.name : undefined;
  }

  /**
   * One more at the end, as Keras's `add`. What has been learnt stays.
   *
   * @example const model = sequential(); model.add(dense(64, { activation: "relu", inputShape: [20] })); model.add(dense(10));
   */
  add(layer: Module): this {
    this.refuseWhileTraining("add");
    const isNew = !this.#names.has(layer);
    this.#append(layer, "what was given");
    this.restructured();
    const shape = shapeOf(layer);
    try {
      if (!this.isBuilt && this.#layers.length === 1 && shape !== undefined) this.build(shape);
      else this.#trace();
    } catch (error) {
      this.#takeBack(isNew);
      throw error;
    }
    return this;
  }

  override children(): Readonly<Record<string, Module>> {
    return Object.fromEntries([...this.#names].map(([module, name]) => [name, module]));
  }

  override forward(x: Tensor): Tensor {
    if (this.#layers.length === 0)
      throw new GradsmithError("usage", this.name, "has no layers yet.", "Give sequential([...]) some, or add(...) them.");
    return this.#layers.reduce<Value>((value, layer) => layer.apply(value as never) as Value, x) as Tensor;
  }

  /** How it is saved: the names of the modules in it follow from their own and from their order. */
  [savedParts](save: (module: Module) => SavedModule): SavedForm {
    const { inputShape, dtype } = this.options as SequentialOptions;
    const layers = this.#layers.map((layer) => save(layer));
    const name = this.#isNamed ? { name: this.name } : {};
    return [
      "sequential",
      { ...name, ...(inputShape === undefined ? {} : { inputShape }), ...(dtype === undefined ? {} : { dtype }), layers },
    ];
  }

  #append(layer: unknown, what: string): void {
    if (!(layer instanceof Module))
      throw new GradsmithError("option", "sequential", `${what} is not a layer.`, "Make layers with dense(...), flatten() and their like.");
    this.#layers.push(layer);
    if (!this.#names.has(layer)) this.#names.set(layer, this.#nameFor(layer));
  }

  /** Without the last layer, which doesn't fit the others. */
  #takeBack(isNew: boolean): void {
    const layer = this.#layers.pop()!;
    if (isNew) {
      this.#taken.delete(this.#names.get(layer)!);
      this.#names.delete(layer);
    }
    this.restructured();
  }

  /** Its own name, or its kind, numbered from the second on. */
  #nameFor(layer: Module): string {
    const wanted = layer instanceof Layer ? layer.options.name : isSequential(layer) ? layer.givenName : undefined;
    if (wanted !== undefined) {
      if (this.#taken.has(wanted))
        throw new GradsmithError("option", layer.kind, `two layers of the model are called "${wanted}".`, "Give each its own name.");
      this.#taken.add(wanted);
      return wanted;
    }
    let count = this.#counts.get(layer.kind) ?? 0;
    let name = numbered(layer.kind, count);
    while (this.#taken.has(name)) name = numbered(layer.kind, ++count);
    this.#counts.set(layer.kind, count + 1);
    this.#taken.add(name);
    return name;
  }

  /** Shapes that don't fit are found now where they can be; what integers are meant for must wait for them. */
  #trace(): void {
    if (!this.isBuilt || this.#layers.length === 0) return;
    try {
      void this.blueprint;
    } catch (error) {
      if (!(error instanceof GradsmithError && error.code === "dtype")) throw error;
    }
  }
}

/** The shape of a sample that a layer was told, or that a model was built for. */
function shapeOf(first: unknown): Shape | undefined {
  const shape = first instanceof Layer ? first.options.inputShape : first instanceof Model ? first.inputShape : undefined;
  return isShape(shape) ? shape : undefined;
}

const numbered = (kind: string, count: number): string => (count === 0 ? kind : `${kind}_${count}`);

function inputShape(where: string, name: string, value: unknown): void {
  if (isShape(value)) return;
  throw new GradsmithError("option", where, `${name} must be the shape of one sample.`, "Write { inputShape: [10] }.");
}

// Outside the class, since bundlers rename classes that name themselves.
const isSequential = (layer: Module): layer is Sequential => layer instanceof Sequential;

/**
 * A network whose layers, or models, are applied one after the other: [batch, ...inputShape] to what the last gives. Without an inputShape,
 * here or in the first layer, the first batch decides.
 *
 * @throws GradsmithError "option" for what is no layer, "shape" where layers don't fit each other.
 * @example sequential([dense(20, { activation: "relu" }), dense(1)], { inputShape: [10] })
 */
export const sequential = (layers: readonly Module[] = [], options: SequentialOptions = {}): Sequential => new Sequential(layers, options);
