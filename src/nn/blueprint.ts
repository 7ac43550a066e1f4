import type { DType } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape, TensorType } from "../core/shape.ts";
import { input } from "../tensor/create.ts";
import { holdGraphs } from "../tensor/execution.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Layer, LayerContext, ParamSpec, ParamSpecs } from "./layer.ts";
import type { Scope } from "./scope.ts";
import { within } from "./scope.ts";

/** What tracing a model once with shapes only tells about it. */
export interface Blueprint {
  readonly input: TensorType;
  readonly output: TensorType;
  /** The layers in the order they were first called. */
  readonly entries: readonly BlueprintEntry[];
  readonly names: ReadonlyMap<Layer, string>;
  /** All variables, by their full name: `dense_1/kernel`. */
  readonly variables: Readonly<Record<string, ParamSpec>>;
}

export interface BlueprintEntry {
  readonly name: string;
  readonly layer: Layer;
  readonly specs: ParamSpecs;
  readonly outputShape: Shape;
}

/** Traces `forward` on an input of this type: which layers it calls, what they need, and what comes out. */
export function draw(forward: (x: Tensor) => Tensor, type: TensorType): Blueprint {
  const scope = new DrawingScope();
  const output = holdGraphs(() => within(scope, () => forward(input(0, type))));
  const variables = scope.entries.flatMap(({ name, specs }) =>
    Object.entries(specs).map(([param, spec]) => [variableName(name, param), spec]),
  );
  return {
    input: type,
    output: { dtype: output.dtype, shape: output.shape },
    entries: scope.entries,
    names: scope.names,
    variables: Object.fromEntries(variables) as Record<string, ParamSpec>,
  };
}

export const variableName = (layer: string, param: string): string => `${layer}/${param}`;

class DrawingScope implements Scope {
  readonly entries: BlueprintEntry[] = [];
  readonly names = new Map<Layer, string>();
  readonly #used = new Set<string>();

  call(layer: Layer, x: Tensor): Tensor {
    const known = this.names.get(layer);
    const name = known ?? this.#nameFor(layer);
    this.names.set(layer, name);
    const specs = layer.params(x.shape);
    const params = Object.fromEntries(
      Object.entries(specs).map(([param, { shape }]) => [param, input(0, { dtype: parameterDtype(x), shape })]),
    );
    const output = layer.call(params, x, silentContext);
    if (known === undefined) this.entries.push({ name, layer, specs, outputShape: output.shape });
    return output;
  }

  #nameFor(layer: Layer): string {
    const wanted = layer.options.name;
    if (wanted !== undefined && this.#used.has(wanted)) {
      throw new GradsmithError("option", layer.kind, `two layers of the model are called "${wanted}".`, "Give each its own name.");
    }
    let name = wanted ?? layer.kind;
    for (let i = 1; this.#used.has(name); i++) name = `${layer.kind}_${i}`;
    this.#used.add(name);
    return name;
  }
}

const parameterDtype = (x: Tensor): DType => (x.dtype === "f64" ? "f64" : "f32");

const silentContext: LayerContext = {
  training: false,
  key: () => input(0, { dtype: "u32", shape: [2] }),
  write() {},
  addLoss() {},
};
