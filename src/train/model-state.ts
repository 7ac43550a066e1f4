import { GradsmithError } from "../core/errors.ts";
import { map } from "../core/tree.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import { isTrained } from "../nn/blueprint.ts";
import { initialHyperparameters } from "../optim/hyperparameters.ts";
import type { NamedTensors, Optimizer } from "../optim/optimizer.ts";
import { initialSlots } from "../optim/update-tree.ts";
import { isTensor } from "../runtime/trace.ts";
import { copyOf } from "../runtime/values.ts";
import { full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import { follow, heldValues, hold, isTrainedElsewhere, markShared, reading, takenOver } from "./holdings.ts";
import { TrainState } from "./train-state.ts";

/** What the optimizer remembers, the updates it has done, and what it goes by. */
type OptimizerMemory = Pick<TrainState, "slots" | "step" | "hyperparameters">;

/**
 * What a model has learnt, and who may touch it: values of variables, which belong to its modules, and what the optimizer remembers, which
 * belongs to the model. While a training runs, both are where its loop has them.
 */
export class ModelState {
  readonly #blueprint: () => Blueprint;
  #memory: OptimizerMemory | undefined;
  /** Whether someone else may hold tensors of the memory. */
  #isMemoryShared = false;
  #isBusy = false;
  /** The state of the moment, while steps run. */
  #training: TrainState | undefined;

  constructor(blueprint: () => Blueprint) {
    this.#blueprint = blueprint;
  }

  /** New variables from a seed, with room for an optimizer's memory if there is one. */
  fresh(seed: number, optimizer: Optimizer | undefined): TrainState {
    const { params, state } = divided(this.#blueprint(), this.#firstValues(seed));
    const slots = optimizer === undefined ? {} : initialSlots(optimizer, params);
    const hyperparameters = optimizer === undefined ? {} : initialHyperparameters(optimizer);
    return new TrainState({ params, state, slots, step: full([], 0, { dtype: "i32" }), hyperparameters });
  }

  #firstValues(seed: number): NamedTensors {
    const key = random.key(seed);
    return Object.fromEntries(
      Object.entries(this.#blueprint().variables).map(([path, { shape, dtype, initializer }], i) => [
        path,
        initializer.create(shape, random.foldIn(key, i)).cast(dtype),
      ]),
    );
  }

  /** As it is now. Its tensors are not to be handed out. */
  get current(): TrainState {
    return this.#training ?? this.#between(0);
  }

  /** The same for others to hold: a copy, while it is being trained. */
  get shared(): TrainState {
    if (this.#training !== undefined) return map(this.#training, isTensor, copyOf) as TrainState;
    const state = this.current;
    markShared(this.#blueprint());
    this.#isMemoryShared = true;
    return state;
  }

  /** The state between trainings. Variables that have no value yet get one from the seed. */
  #between(seed: number): TrainState {
    const blueprint = this.#blueprint();
    const paths = Object.keys(blueprint.variables);
    const held = heldValues(blueprint);
    const missing = paths.filter((path) => held[path] === undefined);
    if (missing.length > 0) {
      const fresh = this.#firstValues(seed);
      hold(blueprint, Object.fromEntries(missing.map((path) => [path, fresh[path]!])), { isShared: false });
      return this.#between(seed);
    }
    const memory = this.#memory ?? { slots: {}, step: full([], 0, { dtype: "i32" }) };
    return new TrainState({ ...divided(blueprint, Object.fromEntries(paths.map((path) => [path, held[path]!]))), ...memory });
  }

  /** Takes over values that someone else may hold, too. */
  replace(where: string, state: TrainState): void {
    this.#refuseElsewhere(where);
    this.#keep(state, { isShared: true });
  }

  replaceValues(where: string, values: NamedTensors): void {
    this.#refuseElsewhere(where);
    hold(this.#blueprint(), values, { isShared: true });
  }

  #keep(state: TrainState, sharing: { readonly isShared: boolean }): void {
    hold(this.#blueprint(), state.variables, sharing);
    this.#memory = memoryOf(state);
    this.#isMemoryShared = sharing.isShared;
  }

  /** A new optimizer remembers nothing. */
  forgetOptimizer(): void {
    this.#memory = undefined;
  }

  /**
   * Runs a training. Once `begin` has been told what state its steps go on over, whoever asks meanwhile gets that as it is at the moment; calls
   * that would undo its work are refused. One that fails leaves the weights as they are after its last step.
   */
  async train<T>(run: (begin: (state: TrainState) => void) => Promise<T>): Promise<T> {
    this.#isBusy = true;
    try {
      return await run((state) => {
        this.#training = state;
        follow(this.#blueprint(), state.variables);
      });
    } finally {
      if (this.#training !== undefined) this.#keep(this.#training, { isShared: false });
      this.#training = undefined;
      this.#isBusy = false;
    }
  }

  /** The state to train from. Before its memory is overwritten it has to be claimed. */
  forTraining(optimizer: Optimizer, seed = 0): TrainState {
    this.#refuseElsewhere("fit");
    return this.#between(seed).preparedFor(optimizer);
  }

  /** A state of `forTraining` in memory that training may overwrite from this moment on: copies of what others hold by now. */
  claim(state: TrainState): TrainState {
    this.#refuseElsewhere("fit");
    const blueprint = this.#blueprint();
    const memory = memoryOf(state);
    const own = divided(blueprint, takenOver(blueprint, state.variables));
    return state.with({ ...own, ...(this.#isMemoryShared ? (map(memory, isTensor, copyOf) as OptimizerMemory) : memory) });
  }

  #refuseElsewhere(where: string): void {
    if (isTrainedElsewhere(this.#blueprint())) throw trainedNow(where, "a part of the model is being trained in another model.");
  }

  /** Hands out values that stay as they are until they have been read. */
  async reading<T>(read: (variables: NamedTensors) => Promise<T>): Promise<T> {
    const { variables } = this.current;
    return reading(this.#blueprint(), () =>
      read(this.#training === undefined ? variables : (map(variables, isTensor, copyOf) as NamedTensors)),
    );
  }

  /** For calls that would undo a training's work. */
  refuseWhileTraining(where: string): void {
    if (this.#isBusy) throw trainedNow(where, "the model is being trained, and its work would be lost.");
  }
}

/** Variables that training changes now, and those that it leaves to their modules or alone. */
export function divided({ variables }: Blueprint, values: NamedTensors): Pick<TrainState, "params" | "state"> {
  const chosen = (trained: boolean): NamedTensors =>
    Object.fromEntries(Object.entries(values).filter(([path]) => isTrained(variables[path]!) === trained));
  return { params: chosen(true), state: chosen(false) };
}

const memoryOf = ({ slots, step, hyperparameters }: TrainState): OptimizerMemory => ({ slots, step, hyperparameters });

const trainedNow = (where: string, what: string): GradsmithError =>
  new GradsmithError("usage", where, what, "Wait for the fit that is running, or stop it by its signal.");
