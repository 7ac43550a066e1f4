import type { Shape } from "../../src/core/shape.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { lstm } from "../../src/nn/layers/lstm.ts";
import { binaryCrossentropy } from "../../src/nn/losses/binary-crossentropy.ts";
import { mse } from "../../src/nn/losses/mse.ts";
import { sparseCategoricalCrossentropy } from "../../src/nn/losses/sparse-categorical-crossentropy.ts";
import { adam } from "../../src/optim/adam.ts";
import type { NamedTensors } from "../../src/optim/optimizer.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { sameConvolution } from "../same-convolution.ts";
import type { Training } from "./training.ts";
import { slot } from "./training.ts";

type Shapes = Readonly<Record<string, Shape>>;

/** Weights of dense layers with relu between them. */
const denseShapes = (sizes: readonly number[]): Shapes =>
  Object.fromEntries(
    sizes.slice(1).flatMap((units, i) => [
      [`${i}/kernel`, [sizes[i]!, units]],
      [`${i}/bias`, [units]],
    ]),
  );
const perceptron = (params: NamedTensors, x: Tensor): Tensor => {
  const last = Object.keys(params).length / 2 - 1;
  return Array.from({ length: last + 1 }).reduce<Tensor>((h, _, i) => {
    const y = h.matmul(params[`${i}/kernel`]!).add(params[`${i}/bias`]!);
    return i === last ? y : y.relu();
  }, x);
};
const crossEntropy = (y: Tensor, output: Tensor): Tensor => sparseCategoricalCrossentropy(y, output, { fromLogits: true });

function regression(): Training {
  const [x, y] = [slot([32, 10]), slot([32, 1])];
  return {
    name: "regression",
    shows: "bias, relu, its mask and SGD's update inside contractions",
    params: denseShapes([10, 20, 30, 1]),
    optimizer: sgd({ learningRate: 0.01 }),
    loss: (params) => mse(y, perceptron(params, x)),
  };
}

function classification(): Training {
  const [x, y] = [slot([32, 10]), slot([32, 1])];
  return {
    name: "classification",
    shows: "Adam's update inside the contraction of a gradient, a loss from logits in one kernel with its gradient",
    params: denseShapes([10, 16, 1]),
    optimizer: adam({ learningRate: 1e-3 }),
    loss: (params) => binaryCrossentropy(y, perceptron(params, x), { fromLogits: true }),
  };
}

function images(): Training {
  const rows = slot([32], "i32");
  const [x, y] = [slot([600, 64], "u8").gather(rows).cast("f32").div(255), slot([600], "u8").gather(rows)];
  return {
    name: "images",
    shows: "bytes cast and scaled while a batch is gathered, softmax and cross-entropy with their gradient in one kernel",
    params: denseShapes([64, 16, 10]),
    optimizer: adam({ learningRate: 1e-3 }),
    loss: (params) => crossEntropy(y, perceptron(params, x)),
  };
}

function recurrence(): Training {
  const [x, y] = [slot([4, 6, 3]), slot([4], "u8")];
  const layer = lstm(8);
  return {
    name: "recurrence",
    shows: "an LSTM: the inputs of all steps projected at once, a loop that carries h and c, one back, weights' gradients after it",
    params: { kernel: [3, 32], recurrentKernel: [8, 32], bias: [32], "dense/kernel": [8, 5] },
    optimizer: sgd({ learningRate: 0.01 }),
    loss: (params) => crossEntropy(y, layer.call(params, x).matmul(params["dense/kernel"]!)),
  };
}

function residual(): Training {
  const [x, y] = [slot([4, 8, 8, 16]), slot([4, 8, 8, 16])];
  const layer = batchNormalization();
  const context = { training: true, write: () => {}, addLoss: () => {}, key: () => slot([2], "u32") };
  return {
    name: "residual",
    shows: "a block of ResNet: in tiles of Winograd where they pay, statistics in one pass, the shortcut and relu beside the norm",
    params: { kernel: [3, 3, 16, 16], gamma: [16], beta: [16] },
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    loss: ({ kernel, gamma, beta }) => {
      const still = { movingMean: slot([16]), movingVariance: slot([16]) };
      const normal = layer.call({ gamma: gamma!, beta: beta!, ...still }, sameConvolution(x, kernel!), context);
      return mse(y, normal.add(x).relu());
    },
  };
}

function attention(): Training {
  const [tokens, next] = [slot([2, 3], "u8"), slot([2, 3], "u8")];
  return {
    name: "attention",
    shows: "rows of an embedding gathered and their gradient scattered, products in batches, a mask and softmax",
    params: { embedding: [8, 8], query: [8, 8], key: [8, 8] },
    optimizer: sgd({ learningRate: 0.01 }),
    loss: ({ embedding, query, key }) => {
      const h = embedding!.gather(tokens);
      const scores = h.matmul(query!).matmul(h.matmul(key!).swapAxes(1, 2)).div(Math.sqrt(8));
      const isPast = scores.positions({ axis: 2 }).lessEqual(scores.positions({ axis: 1 }));
      const mixed = isPast.where(scores, -1e9).softmax().matmul(h);
      return crossEntropy(next, mixed.add(h).matmul(embedding!.transpose()));
    },
  };
}

/** Six small networks: of each kind that the benchmark trains, and attention. */
export const trainings = (): Training[] => [regression(), classification(), images(), recurrence(), residual(), attention()];
