import { checkOptions } from "../core/options.ts";
import type { TreeNode, TreeParts } from "../core/tree.ts";
import { treeNode } from "../core/tree.ts";
import { tensorsByName } from "../nn/variable-scope.ts";
import { initialHyperparameters } from "../optim/hyperparameters.ts";
import type { NamedTensors, Optimizer } from "../optim/optimizer.ts";
import type { Slots } from "../optim/update-tree.ts";
import { initialSlots, updateTree } from "../optim/update-tree.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface TrainStateParts {
  readonly params: NamedTensors;
  readonly state: NamedTensors;
  readonly slots: Slots;
  readonly step: Tensor;
  /** None by default: the optimizer's own numbers. */
  readonly hyperparameters?: NamedTensors;
}

export interface UpdateOptions {
  /** New values of variables that are not trained, as `applyWith`'s `write` gives them. */
  readonly state?: NamedTensors;
}

/** All that changes while a model is trained. A tree: it goes in and out of compiled functions and loops. */
export class TrainState implements TreeNode {
  /** Trainable weights by name: `dense_1/kernel`. */
  readonly params: NamedTensors;
  /** Variables that layers write themselves, such as moving means. */
  readonly state: NamedTensors;
  /** What the optimizer remembers for each weight; empty until its first update. */
  readonly slots: Slots;
  /** Updates done so far, an i32 scalar. */
  readonly step: Tensor;
  /**
   * What the optimizer goes by and may be set between updates without another program, f32 scalars: `learningRate`, unless a schedule gives
   * it. Empty until the first update.
   */
  readonly hyperparameters: NamedTensors;

  constructor({ params, state, slots, step, hyperparameters = {} }: TrainStateParts) {
    this.params = params;
    this.state = state;
    this.slots = slots;
    this.step = step;
    this.hyperparameters = hyperparameters;
  }

  /** All variables a model's layers need, trainable and not. */
  get variables(): NamedTensors {
    return { ...this.params, ...this.state };
  }

  /**
   * The state after one step of the optimizer against these gradients; `state` replaces what layers have written. The learning rate is that of
   * `hyperparameters`, where the optimizer's number is put if there is none.
   *
   * @example const next = state.update(adam(), grads);
   */
  update(optimizer: Optimizer, grads: NamedTensors, options: UpdateOptions = {}): TrainState {
    checkOptions<UpdateOptions>("update", options, { state: tensorsByName });
    const { state = {} } = options;
    const updated = updateTree(optimizer, this.preparedFor(optimizer), grads);
    return new TrainState({ ...updated, state: { ...this.state, ...state } });
  }

  /** The state with slots and hyperparameters for this optimizer: its own where they fit, else new ones. */
  preparedFor(optimizer: Optimizer): TrainState {
    const names = Object.keys(this.params);
    const isOwn = (slots: NamedTensors): boolean => sameKeys(slots, optimizer.slots);
    const fits = (name: string): boolean => name in this.slots && isOwn(this.slots[name]!);
    const first = initialHyperparameters(optimizer);
    const hyperparameters = sameKeys(first, this.hyperparameters) && Object.values(this.slots).every(isOwn) ? this.hyperparameters : first;
    if (names.every(fits) && sameKeys(this.params, this.slots) && hyperparameters === this.hyperparameters) return this;
    const fresh = initialSlots(optimizer, this.params);
    const slots = Object.fromEntries(names.map((name) => [name, fits(name) ? this.slots[name]! : fresh[name]!]));
    return this.with({ slots, hyperparameters });
  }

  /** The state with other parts in place of some. */
  with(parts: Partial<TrainStateParts>): TrainState {
    return new TrainState({ ...this.parts, ...parts });
  }

  /** The state with other values for some variables, by path. */
  withValues(values: NamedTensors): TrainState {
    const replaced = (old: NamedTensors): NamedTensors =>
      Object.fromEntries(Object.entries(old).map(([path, value]) => [path, values[path] ?? value]));
    return this.with({ params: replaced(this.params), state: replaced(this.state) });
  }

  /** All its parts, for building another. */
  get parts(): Required<TrainStateParts> {
    const { params, state, slots, step, hyperparameters } = this;
    return { params, state, slots, step, hyperparameters };
  }

  [treeNode](): TreeParts {
    return { children: { ...this.parts }, rebuild: (children) => new TrainState(children as unknown as TrainStateParts) };
  }
}

const sameKeys = (a: object, b: object): boolean => Object.keys(a).sort().join() === Object.keys(b).sort().join();
