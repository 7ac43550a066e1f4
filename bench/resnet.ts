import type * as Package from "gradsmith";

type Tensor = Package.Tensor;

/** ResNet-20 for images of 32x32x3 (He et al., 2015), with a 1x1 convolution where a block's shape changes. */
export function resnet20({ Layer, activation, batchNormalization, conv2d, dense, globalAveragePooling2d, sequential }: typeof Package) {
  const convolution = (filters: number, kernelSize: number, strides = 1) =>
    conv2d(filters, { kernelSize, strides, padding: "same", useBias: false });
  const normalization = () => batchNormalization({ momentum: 0.9, epsilon: 1e-5 });

  /** Layers in a row, each with its variables under a name of its own. */
  class Chain {
    readonly #parts: readonly (readonly [string, Package.Layer])[];
    constructor(parts: Readonly<Record<string, Package.Layer>>) {
      this.#parts = Object.entries(parts);
    }
    specs(filters: number, input: Package.Shape): Record<string, Package.ParamSpec> {
      const specs: Record<string, Package.ParamSpec> = {};
      let shape = input;
      for (const [name, layer] of this.#parts) {
        for (const [param, spec] of Object.entries(layer.params(shape))) specs[`${name}/${param}`] = spec;
        // Only channels matter to what these layers need.
        shape = [...input.slice(0, -1), filters];
      }
      return specs;
    }
    call(params: Package.Params, x: Tensor, context: Package.LayerContext): Tensor {
      return this.#parts.reduce((value, [name, layer]) => {
        const own = Object.fromEntries(Object.keys(layer.params(value.shape)).map((param) => [param, params[`${name}/${param}`]!]));
        return layer.call(own, value, { ...context, write: (param, written) => context.write(`${name}/${param}`, written) });
      }, x);
    }
  }

  /** relu(body(x) + shortcut(x)) */
  class Residual extends Layer {
    readonly kind = "residual";
    readonly options = {};
    readonly #filters: number;
    readonly #body: Chain;
    readonly #shortcut: Chain;
    constructor(filters: number, strides: number) {
      super();
      this.#filters = filters;
      this.#body = new Chain({
        conv: convolution(filters, 3, strides),
        normalization: normalization(),
        relu: activation("relu"),
        conv_1: convolution(filters, 3),
        normalization_1: normalization(),
      });
      this.#shortcut = new Chain(
        strides === 1 ? {} : { shortcut: convolution(filters, 1, strides), shortcutNormalization: normalization() },
      );
    }
    override params(input: Package.Shape) {
      return { ...this.#body.specs(this.#filters, input), ...this.#shortcut.specs(this.#filters, input) };
    }
    call(params: Package.Params, x: Tensor, context: Package.LayerContext): Tensor {
      return this.#body
        .call(params, x, context)
        .add(this.#shortcut.call(params, x, context))
        .relu();
    }
  }

  const blocks = [
    [16, 1],
    [32, 2],
    [64, 2],
  ] as const;
  return sequential(
    [
      convolution(16, 3),
      normalization(),
      activation("relu"),
      ...blocks.flatMap(([filters, strides]) => [strides, 1, 1].map((each) => new Residual(filters, each))),
      globalAveragePooling2d(),
      dense(10),
    ],
    { inputShape: [32, 32, 3] },
  );
}
