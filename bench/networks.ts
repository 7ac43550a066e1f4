import type * as Package from "gradsmith";
import { resnet20 } from "./resnet.ts";

type Tensor = Package.Tensor;
type Params = Package.NamedTensors;

/** What a network carries from step to step: what it learns, and what it writes itself (moving statistics). */
export interface Variables {
  readonly params: Params;
  readonly state: Params;
}

/** A workload's network as functions of named tensors: what every peer trains, without any trainer around it. */
export interface Network {
  init(): Variables;
  /** The output as in training, if there is someone to take the new values of its state. */
  predict(variables: Variables, x: Tensor, write?: (name: string, value: Tensor) => void): Tensor;
  loss(y: Tensor, output: Tensor): Tensor;
  readonly optimizer: Package.Optimizer;
}

/** The package comes as an argument, so that its import can be timed. */
export function networks(gradsmith: typeof Package): Readonly<Record<string, Network>> {
  const { adam, binaryCrossentropy, conv2d, crossEntropy, lstm, dense, flatten, maxPooling2d, mse, random, sequential, sgd, zeros } =
    gradsmith;
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
    get R20() {
      return ofModel(resnet20(gradsmith), sgd({ learningRate: 0.01, momentum: 0.9 }), 20);
    },
  };

  function convolutional(): Network {
    const relu = { activation: "relu" } as const;
    const model = sequential(
      [conv2d(32, 3, relu), maxPooling2d(), conv2d(64, 3, relu), maxPooling2d(), flatten(), dense(128, relu), dense(10)],
      { inputShape: [28, 28, 1] },
    );
    return ofModel(model, adam({ learningRate: 1e-3 }), 4);
  }

  function ofModel(model: Package.Sequential, optimizer: Package.Optimizer, seed: number): Network {
    return {
      init() {
        const { params, state } = model.init({ seed });
        return { params, state };
      },
      predict: ({ params, state }, x, write) =>
        model.applyWith(params, x, { state, ...(write === undefined ? {} : { training: true, write }) }),
      loss: crossEntropy,
      optimizer,
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
      init: () =>
        stateless({
          kernel: weights(features, 4 * units, 1),
          recurrentKernel: weights(units, 4 * units, 2),
          bias: zeros([4 * units]),
          "dense/kernel": weights(units, classes, 3),
          "dense/bias": zeros([classes]),
        }),
      predict: ({ params }, x) => layer.call(params, x).matmul(params["dense/kernel"]!).add(params["dense/bias"]!),
      loss: crossEntropy,
      optimizer: adam({ learningRate: 1e-3 }),
    };
  }

  function perceptron(sizes: readonly number[], { loss, optimizer }: Pick<Network, "loss" | "optimizer">): Network {
    const last = sizes.length - 2;
    const init = () =>
      stateless(
        Object.fromEntries(
          sizes.slice(1).flatMap((units, i) => {
            const limit = Math.sqrt(6 / (sizes[i]! + units));
            return [
              [`${i}/kernel`, random.uniform([sizes[i]!, units], { seed: i, low: -limit, high: limit })],
              [`${i}/bias`, zeros([units])],
            ];
          }),
        ) as Params,
      );
    const predict = ({ params }: Variables, x: Tensor) =>
      sizes.slice(1).reduce((h, _, i) => {
        const y = h.matmul(params[`${i}/kernel`]!).add(params[`${i}/bias`]!);
        return i === last ? y : y.relu();
      }, x);
    return { init, predict, loss, optimizer };
  }
}

const stateless = (params: Params): Variables => ({ params, state: {} });
