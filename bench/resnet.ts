import type * as Package from "gradsmith";

type Tensor = Package.Tensor;

/** ResNet-20 for images of 32x32x3 (He et al., 2015), with a 1x1 convolution where a block's shape changes. */
export function resnet20({ Module, activation, batchNormalization, conv2d, dense, globalAveragePooling2d, sequential }: typeof Package) {
  const convolution = (filters: number, kernelSize: number, strides = 1) =>
    conv2d(filters, kernelSize, { strides, padding: "same", useBias: false });
  const normalization = () => batchNormalization({ momentum: 0.9, epsilon: 1e-5 });

  /** relu(body(x) + shortcut(x)) */
  class Residual extends Module {
    readonly body: Package.Sequential;
    readonly shortcut: Package.Sequential | undefined;
    constructor(filters: number, strides: number) {
      super();
      this.body = sequential([
        convolution(filters, 3, strides),
        normalization(),
        activation("relu"),
        convolution(filters, 3),
        normalization(),
      ]);
      this.shortcut = strides === 1 ? undefined : sequential([convolution(filters, 1, strides), normalization()]);
    }
    override forward(x: Tensor): Tensor {
      return this.body
        .apply(x)
        .add(this.shortcut?.apply(x) ?? x)
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
