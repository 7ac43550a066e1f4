import { positiveInteger } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import { flatten, map } from "../core/tree.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import { within } from "../nn/scope.ts";
import type { VariableScopeOptions } from "../nn/variable-scope.ts";
import { VariableScope } from "../nn/variable-scope.ts";
import type { NamedTensors, Optimizer } from "../optim/optimizer.ts";
import { initialSlots } from "../optim/update-tree.ts";
import { computeNow } from "../runtime/read.ts";
import { isTensor } from "../runtime/trace.ts";
import { full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Architecture } from "./architecture.ts";
import type { WeightCopy } from "./callback.ts";
import type { CompileOptions, TrainingSetup } from "./compile-options.ts";
import { trainingSetup } from "./compile-options.ts";
import { evaluateBatches, evaluation } from "./evaluate.ts";
import type { FitOptions } from "./fit.ts";
import { checkedPair, fitModel } from "./fit.ts";
import type { History, Logs } from "./history.ts";
import { Pace } from "./pace.ts";
import type { Predictor } from "./predict.ts";
import { predictor } from "./predict.ts";
import type { BatchSource, Samples } from "./samples.ts";
import { checkFeatures, isBatchSource, samplesOf } from "./samples.ts";
import { saveModel } from "./save-model.ts";
import { summaryTable } from "./summary.ts";
import { TrainState } from "./train-state.ts";
import type { NewWeights } from "./weights.ts";
import { copiedWeights, withWeights } from "./weights.ts";

export interface InitOptions {
  readonly seed?: number | undefined;
  /** Makes room for what it remembers, so that the first step has the shape of all others. */
  readonly optimizer?: Optimizer | undefined;
}

export interface ApplyOptions extends VariableScopeOptions {
  /** Variables that are not trainable, where `params` holds only those that are. */
  readonly state?: NamedTensors | undefined;
  /** Is given the new values of such variables. */
  readonly write?: ((name: string, value: Tensor) => void) | undefined;
}

export interface EvaluateOptions {
  readonly batchSize?: number;
}

/** A network that can be trained: Keras's `compile`, `fit`, `evaluate`, `predict`. It keeps its weights from one to the next. */
export abstract class Model {
  abstract readonly name: string;
  abstract readonly blueprint: Blueprint;
  #setup: TrainingSetup | undefined;
  #state: TrainState | undefined;
  /** The state of the moment, while `fit` runs. */
  #training: (() => TrainState) | undefined;
  /** Whether someone else may hold tensors of the state, which training must leave alone. */
  #isShared = false;
  /** How many are reading it just now. */
  #readers = 0;
  #predict: Predictor | undefined;

  /** The model without its weights, as plain data. */
  abstract architecture(): Architecture;

  /** The model's output for its input, in terms of its layers' `apply`. */
  abstract forward(x: Tensor): Tensor;

  /** The layers, their output shapes and how many numbers they learn, as Keras's table. */
  summary(): string {
    return summaryTable(this.name, this.blueprint);
  }

  /** Says how to train: the optimizer, what to make small, and what else to measure. */
  compile(options: CompileOptions): this {
    this.#setup = trainingSetup(options);
    this.#predict = undefined;
    return this;
  }

  /** New variables for a training loop of one's own. The model keeps no hold of them. */
  init({ seed = 0, optimizer }: InitOptions = {}): TrainState {
    const key = random.key(seed);
    const entries = Object.entries(this.blueprint.variables).map(([name, { shape, initializer, trainable }], i) => {
      const value = initializer.create(shape, random.foldIn(key, i)).cast(this.blueprint.input.dtype);
      return { name, trainable, value };
    });
    const chosen = (trainable: boolean): NamedTensors =>
      Object.fromEntries(entries.filter((entry) => entry.trainable === trainable).map(({ name, value }) => [name, value]));
    const params = chosen(true);
    return new TrainState({
      params,
      state: chosen(false),
      slots: optimizer === undefined ? {} : initialSlots(optimizer, params),
      step: full([], 0, { dtype: "i32" }),
    });
  }

  /**
   * What the model gives for `x` with these variables: a pure function, for loops of one's own and for `grad`.
   *
   * @example valueAndGrad((params) => crossEntropy(y, model.apply(params, x)))(state.params)
   */
  apply(params: NamedTensors, x: Tensor, { state = {}, write, ...options }: ApplyOptions = {}): Tensor {
    checkFeatures(this.name, x, this.blueprint.input.shape);
    const scope = new VariableScope(this.blueprint.names, { ...state, ...params }, options);
    const output = within(scope, () => this.forward(x.cast(this.blueprint.input.dtype)));
    for (const [name, value] of Object.entries(scope.written)) write?.(name, value);
    return output;
  }

  /** Trains on samples and their targets, or on a dataset of `{ x, y }` batches. */
  async fit(x: Samples, y: Samples, options?: FitOptions): Promise<History>;
  async fit(batches: BatchSource, options?: FitOptions): Promise<History>;
  async fit(x: Samples | BatchSource, yOrOptions?: Samples | FitOptions, given?: FitOptions): Promise<History> {
    const setup = this.#compiled("fit");
    const [y, options] = isBatchSource(x)
      ? [undefined, (yOrOptions ?? {}) as FitOptions]
      : [yOrOptions as Samples | undefined, given ?? {}];
    const before = this.#state ?? this.init({ seed: options.seed });
    const state = (this.#isShared || this.#readers > 0 ? ownCopy(before) : before).preparedFor(setup.optimizer);
    const follow = (current: () => TrainState): void => {
      this.#training = current;
    };
    try {
      const { history, restored } = await fitModel({ model: this, setup, state, x, y, options, follow });
      if (restored !== undefined) {
        const best = withWeights("fit", this.#current, restored);
        this.#training = () => best;
      }
      return history;
    } finally {
      // A fit that fails leaves the weights as they are after its last step.
      if (this.#training !== undefined) {
        this.#state = this.#training();
        this.#isShared = false;
      }
      this.#training = undefined;
    }
  }

  /** Loss and metrics on samples and their targets, or on a dataset of batches. */
  async evaluate(x: Samples, y: Samples, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(batches: BatchSource, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(x: Samples | BatchSource, yOrOptions?: Samples | EvaluateOptions, given: EvaluateOptions = {}): Promise<Logs> {
    const setup = this.#compiled("evaluate");
    if (isBatchSource(x)) return evaluateBatches(this, setup, this.#current, x);
    if (yOrOptions === undefined) throw new GradsmithError("data", "evaluate", "y is missing.", "Call evaluate(x, y, options).");
    const batchSize = positiveInteger("evaluate", "batchSize", given.batchSize ?? 32);
    const pair = await checkedPair("evaluate", this, setup, x, yOrOptions as Samples, "x");
    const pass = await evaluation(this, setup, this.#current, { ...pair, batchSize, pace: new Pace() });
    return pass.run();
  }

  /** What the model gives for samples, as one tensor, computed now and in batches. */
  predict(x: Samples, { batchSize = 1024 }: EvaluateOptions = {}): Tensor {
    positiveInteger("predict", "batchSize", batchSize);
    const samples = samplesOf("predict", "x", x);
    checkFeatures("predict", samples, this.blueprint.input.shape);
    this.#predict ??= predictor(this, this.#setup?.precision);
    return this.#predict(this.#current.variables, samples, batchSize);
  }

  /** The model's variables, optimizer memory and step count; made from seed 0 if there are none yet. A copy, while the model is trained. */
  get trainState(): TrainState {
    if (this.#training !== undefined) return computedCopy(this.#training());
    this.#isShared = true;
    return this.#current;
  }
  /** Takes over the outcome of a training loop of one's own. */
  set trainState(state: TrainState) {
    this.#state = state;
    this.#isShared = true;
  }

  get #current(): TrainState {
    if (this.#training !== undefined) return this.#training();
    this.#state ??= this.init();
    return this.#state;
  }

  /** All variables by name. */
  get weights(): NamedTensors {
    return this.trainState.variables;
  }
  /** Copies of all variables by name. */
  async getWeights(): Promise<WeightCopy> {
    return copiedWeights(this.#current);
  }
  /** New values for some variables, by name. */
  setWeights(weights: NewWeights): void {
    this.trainState = withWeights("setWeights", this.#current, weights);
  }

  /** Writes weights and architecture to a safetensors file, for `loadModel`. */
  async save(path: string): Promise<void> {
    const { variables } = this.#current;
    this.#readers++;
    try {
      await saveModel(path, this.architecture(), this.#training === undefined ? variables : computedCopy(variables));
    } finally {
      this.#readers--;
    }
  }

  #compiled(where: string): TrainingSetup {
    if (this.#setup !== undefined) return this.#setup;
    throw new GradsmithError("usage", where, "the model is not compiled.", 'Call model.compile({ optimizer: adam(), loss: "mse" }) first.');
  }
}

/** The same state in memory of its own, so that training in place leaves tensors alone that someone still holds. */
const ownCopy = <T>(state: T): T => map(state, isTensor, (leaf) => leaf.identity()) as T;

function computedCopy<T>(state: T): T {
  const copy = ownCopy(state);
  computeNow(flatten(copy, isTensor).leaves);
  return copy;
}
