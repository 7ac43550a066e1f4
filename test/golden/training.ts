import { valueAndGrad } from "../../src/autodiff/grad.ts";
import type { Traced } from "../../src/compiler/compile.ts";
import type { DType } from "../../src/core/dtype.ts";
import type { Shape } from "../../src/core/shape.ts";
import { flatten } from "../../src/core/tree.ts";
import { topological } from "../../src/ir/graph.ts";
import type { NamedTensors, Optimizer } from "../../src/optim/optimizer.ts";
import { initialSlots, updateTree } from "../../src/optim/update-tree.ts";
import { isTensor } from "../../src/runtime/trace.ts";
import { inputNode } from "../../src/tensor/ops/source.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

/** A network to be trained, its samples among what `loss` closes over. */
export interface Training {
  readonly name: string;
  /** What its kernels are looked at for. */
  readonly shows: string;
  readonly params: Readonly<Record<string, Shape>>;
  readonly optimizer: Optimizer;
  readonly loss: (params: NamedTensors) => Tensor;
}

let slots = 0;
export const slot = (shape: Shape, dtype: DType = "f32"): Tensor => new Tensor(inputNode(slots++, { dtype, shape }));

/** A step of mini-batch training as `fit` compiles it: donated weights and optimizer memory in, the same and the loss out. */
export function stepOf({ name, params: shapes, optimizer, loss }: Training): Traced {
  const params = Object.fromEntries(Object.entries(shapes).map(([param, shape]) => [param, slot(shape)]));
  const hyperparameters = { learningRate: slot([]) };
  const state = { params, slots: slotsFor(optimizer, params), step: slot([], "i32"), hyperparameters };
  const { value, grads } = valueAndGrad(loss)(params);
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
