import { GradsmithError } from "../core/errors.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Activation } from "./activations.ts";
import { variableName } from "./blueprint.ts";
import type { Layer, LayerContext, Params } from "./layer.ts";
import type { Scope } from "./scope.ts";

export interface VariableScopeOptions {
  readonly training?: boolean | undefined;
  /** The random key of this call, u32 [2]; needed by layers that draw random numbers in training. */
  readonly key?: Tensor | undefined;
}

export interface Logits {
  readonly logits: Tensor;
  /** What they are the logits of. */
  readonly distribution: NonNullable<Activation["distribution"]>;
}

/** Layers called in this scope find their variables among named tensors; what they write is gathered here. */
export class VariableScope implements Scope {
  readonly #names: ReadonlyMap<Layer, string>;
  readonly #variables: Params;
  readonly #options: VariableScopeOptions;
  readonly #drawn = new Map<Layer, number>();
  readonly #logits = new Map<Tensor, Logits>();
  /** New values of variables that are not trainable, by full name. */
  readonly written: Record<string, Tensor> = {};
  /** Scalars that layers add to the loss. */
  readonly losses: Tensor[] = [];

  constructor(names: ReadonlyMap<Layer, string>, variables: Params, options: VariableScopeOptions = {}) {
    this.#names = names;
    this.#variables = variables;
    this.#options = options;
  }

  call(layer: Layer, x: Tensor): Tensor {
    const [params, context] = [this.#paramsOf(layer, x), this.#contextOf(layer)];
    const distribution = layer.ending?.distribution;
    if (distribution === undefined) return layer.call(params, x, context);
    const logits = layer.beforeEnding(params, x, context);
    const probabilities = layer.ending!.call(logits);
    this.#logits.set(probabilities, { logits, distribution });
    return probabilities;
  }

  /** The logits that probabilities were computed from, if a layer called here did that. */
  logitsOf(probabilities: Tensor): Logits | undefined {
    return this.#logits.get(probabilities);
  }

  #nameOf(layer: Layer): string {
    const name = this.#names.get(layer);
    if (name !== undefined) return name;
    throw new GradsmithError(
      "usage",
      layer.kind,
      "this layer is not part of the model that is being traced.",
      "Create layers once, before the model is built.",
    );
  }

  #paramsOf(layer: Layer, x: Tensor): Params {
    const name = this.#nameOf(layer);
    const entries = Object.keys(layer.params(x.shape)).map((param): [string, Tensor] => {
      const full = variableName(name, param);
      const variable = this.#variables[full];
      if (variable !== undefined) return [param, variable];
      throw new GradsmithError("usage", name, `"${full}" is missing from the weights.`, "Pass all weights the model was given by init().");
    });
    return Object.fromEntries(entries);
  }

  #contextOf(layer: Layer): LayerContext {
    const name = this.#nameOf(layer);
    const place = [...this.#names.keys()].indexOf(layer);
    return {
      training: this.#options.training === true,
      key: () => {
        const { key } = this.#options;
        if (key === undefined) {
          throw new GradsmithError(
            "usage",
            name,
            "draws random numbers in training and needs a key.",
            "Pass { training: true, key: random.key(seed) }.",
          );
        }
        const times = this.#drawn.get(layer) ?? 0;
        this.#drawn.set(layer, times + 1);
        return random.foldIn(key, place + times * this.#names.size);
      },
      write: (param, value) => {
        this.written[variableName(name, param)] = value;
      },
      addLoss: (loss) => {
        this.losses.push(loss);
      },
    };
  }
}
