import type * as Package from "gradsmith";

type Tensor = Package.Tensor;
type Params = Package.NamedTensors;

/** A workload's network as functions of named tensors: what every peer trains, without any trainer around it. */
export interface Network {
  init(): Params;
  predict(params: Params, x: Tensor): Tensor;
  loss(y: Tensor, output: Tensor): Tensor;
  readonly optimizer: Package.Optimizer;
}

/** The package comes as an argument, so that its import can be timed. */
export function networks({
  adam,
  binaryCrossentropy,
  conv2d,
  crossEntropy,
  lstm,
  dense,
  flatten,
  maxPooling2d,
  mse,
  random,
  sequential,
  sgd,
  zeros,
}: typeof Package): Readonly<Record<string, Network>> {
  const classifier = perceptron([784, 512, 512, 10], { loss: crossEntropy, optimizer: adam({ learningRate: 1e-3 }) });
  return {
    W1: perceptron([10, 20, 30, 1], { loss: mse, optimizer: sgd({ learningRate: 0.01 }) }),
    W2: perceptron([10, 100, 100, 1], {
      loss: (y, output) => binaryCrossentropy(y, output, { fromLogits: true }),
      optimizer: adam({ learningRate: 1e-3 }),
    }),
    W3a: classifier,
    W3b: classifier,
    W5: recurrent(),
    // Made when asked for: the others' start is timed.
    get W4() {
      return convolutional();
    },
  };

  function convolutional(): Network {
    const relu = { activation: "relu" } as const;
    const model = sequential(
      [
        conv2d(32, { kernelSize: 3, ...relu }),
        maxPooling2d(),
        conv2d(64, { kernelSize: 3, ...relu }),
        maxPooling2d(),
        flatten(),
        dense(128, relu),
        dense(10),
      ],
      { inputShape: [28, 28, 1] },
    );
    return {
      init: () => model.init({ seed: 4 }).params,
      predict: (params, x) => model.apply(params, x),
      loss: crossEntropy,
      optimizer: adam({ learningRate: 1e-3 }),
    };
  }

  function recurrent(): Network {
    const [features, units, classes] = [32, 128, 10] as const;
    const layer = lstm(units);
    const weights = (rows: number, columns: number, seed: number) => {
      const limit = Math.sqrt(6 / (rows + columns));
      return random.uniform([rows, columns], { seed, low: -limit, high: limit });
    };
    return {
      init: () => ({
        kernel: weights(features, 4 * units, 1),
        recurrentKernel: weights(units, 4 * units, 2),
        bias: zeros([4 * units]),
        "dense/kernel": weights(units, classes, 3),
        "dense/bias": zeros([classes]),
      }),
      predict: (params, x) => layer.call(params, x).matmul(params["dense/kernel"]!).add(params["dense/bias"]!),
      loss: crossEntropy,
      optimizer: adam({ learningRate: 1e-3 }),
    };
  }

  function perceptron(sizes: readonly number[], { loss, optimizer }: Pick<Network, "loss" | "optimizer">): Network {
    const last = sizes.length - 2;
    const init = () =>
      Object.fromEntries(
        sizes.slice(1).flatMap((units, i) => {
          const limit = Math.sqrt(6 / (sizes[i]! + units));
          return [
            [`${i}/kernel`, random.uniform([sizes[i]!, units], { seed: i, low: -limit, high: limit })],
            [`${i}/bias`, zeros([units])],
          ];
        }),
      ) as Params;
    const predict = (params: Params, x: Tensor) =>
      sizes.slice(1).reduce((h, _, i) => {
        const y = h.matmul(params[`${i}/kernel`]!).add(params[`${i}/bias`]!);
        return i === last ? y : y.relu();
      }, x);
    return { init, predict, loss, optimizer };
  }
}
