import { valueAndGrad } from "../../src/autodiff/grad.ts";
import type { Traced } from "../../src/compiler/compile.ts";
import type { DType } from "../../src/core/dtype.ts";
import type { Shape } from "../../src/core/shape.ts";
import { flatten } from "../../src/core/tree.ts";
import { topological } from "../../src/ir/graph.ts";
import { binaryCrossentropy } from "../../src/nn/losses/binary-crossentropy.ts";
import { mse } from "../../src/nn/losses/mse.ts";
import { sparseCategoricalCrossentropy } from "../../src/nn/losses/sparse-categorical-crossentropy.ts";
import { adam } from "../../src/optim/adam.ts";
import type { NamedTensors, Optimizer } from "../../src/optim/optimizer.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { initialSlots, updateTree } from "../../src/optim/update-tree.ts";
import { isTensor } from "../../src/runtime/trace.ts";
import { inputNode } from "../../src/tensor/ops/source.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

let slots = 0;
const slot = (shape: Shape, dtype: DType = "f32"): Tensor => new Tensor(inputNode(slots++, { dtype, shape }));

interface Training {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly optimizer: Optimizer;
  readonly batch: { readonly x: Tensor; readonly y: Tensor };
  readonly loss: (y: Tensor, output: Tensor) => Tensor;
}

/** A step of mini-batch training as `fit` compiles it: donated weights and optimizer memory in, the same and the loss out. */
function step({ name, sizes, optimizer, batch, loss }: Training): Traced {
  const params: NamedTensors = Object.fromEntries(
    sizes.slice(1).flatMap((units, i) => [
      [`${i}/kernel`, slot([sizes[i]!, units])],
      [`${i}/bias`, slot([units])],
    ]),
  );
  const state = { params, slots: slotsFor(optimizer, params), step: slot([], "i32") };
  const { value, grads } = valueAndGrad((p: NamedTensors) => {
    const output = sizes.slice(1).reduce((h, _, i) => {
      const y = h.matmul(p[`${i}/kernel`]!).add(p[`${i}/bias`]!);
      return i === sizes.length - 2 ? y : y.relu();
    }, batch.x);
    return loss(batch.y, output);
  })(params);
  const next = updateTree(optimizer, state, grads);
  const before = flatten(state, isTensor).leaves.map((leaf) => leaf.node);
  const outputs = [...flatten(next, isTensor).leaves, value].map((leaf) => leaf.node);
  const given = topological(outputs).filter((node) => node.op.kind === "source" && node.op.from === "input" && !before.includes(node));
  return { name, inputs: [...before, ...given], outputs, donations: new Map(before.map((_, i) => [i, i])) };
}

/** Memory like the weights', where the optimizer's own begins as zeros. */
const slotsFor = (optimizer: Optimizer, params: NamedTensors): ReturnType<typeof initialSlots> =>
  Object.fromEntries(
    Object.entries(initialSlots(optimizer, params)).map(([name, own]) => [
      name,
      Object.fromEntries(Object.entries(own).map(([key, { shape, dtype }]) => [key, slot(shape, dtype)])),
    ]),
  );

/** Three small networks' training steps. */
export const trainings = (): Traced[] => {
  const rows = slot([32], "i32");
  return [
    step({
      name: "regression",
      sizes: [10, 20, 30, 1],
      optimizer: sgd({ learningRate: 0.01 }),
      batch: { x: slot([32, 10]), y: slot([32, 1]) },
      loss: (y, output) => mse(y, output),
    }),
    step({
      name: "classification",
      sizes: [10, 16, 1],
      optimizer: adam({ learningRate: 1e-3 }),
      batch: { x: slot([32, 10]), y: slot([32, 1]) },
      loss: (y, output) => binaryCrossentropy(y, output, { fromLogits: true }),
    }),
    step({
      name: "images",
      sizes: [64, 16, 10],
      optimizer: adam({ learningRate: 1e-3 }),
      batch: { x: slot([600, 64], "u8").gather(rows).cast("f32").div(255), y: slot([600], "u8").gather(rows) },
      loss: (y, output) => sparseCategoricalCrossentropy(y, output, { fromLogits: true }),
    }),
  ];
};
