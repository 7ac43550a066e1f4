import { BoundedMap } from "../core/bounded-map.ts";
import { positiveInteger, wholeNumber } from "../core/checks.ts";
import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { checkOptions, described } from "../core/options.ts";
import { flatten, map } from "../core/tree.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import { draw } from "../nn/blueprint.ts";
import type { Shapes, Value } from "../nn/module.ts";
import { Module } from "../nn/module.ts";
import { factsOf } from "../nn/module-facts.ts";
import type { Types } from "../nn/shapes.ts";
import { isType } from "../nn/shapes.ts";
import type { ApplyOptions } from "../nn/variable-scope.ts";
import type { NamedTensors, Optimizer } from "../optim/optimizer.ts";
import { optimizerOf } from "../optim/optimizers.ts";
import { isTensor } from "../runtime/trace.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { BatchSource } from "./batches.ts";
import { isBatchSource, refuseForBatches, withFirst } from "./batches.ts";
import type { WeightCopy } from "./callback.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { CompiledChoices, CompileOptions, MetricChoices, MetricKeys } from "./compile-options.ts";
import { compiledChoices } from "./compile-options.ts";
import { evaluateBatches, evaluation } from "./evaluate.ts";
import { fitModel } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";
import { checkEvaluateOptions, checkFitOptions } from "./fit-options.ts";
import type { Figures, History } from "./history.ts";
import { moduleAt } from "./inner-outputs.ts";
import { inputTypes, typesOfSamples } from "./input-types.ts";
import { ModelState } from "./model-state.ts";
import { entering } from "./objective.ts";
import type { Predictor } from "./predict.ts";
import { predictor } from "./predict.ts";
import type { ModelPrograms } from "./programs.ts";
import { modelPrograms } from "./programs.ts";
import type { ModelFile } from "./read-model-file.ts";
import type { SampleTree } from "./samples.ts";
import { checkFeatures, treeOf } from "./samples.ts";
import type { SummaryOptions } from "./summary.ts";
import { summaryTable } from "./summary.ts";
import type { TrainState } from "./train-state.ts";
import type { SaveOptions } from "./weight-storage.ts";
import type { NewWeights } from "./weights.ts";
import { copiedWeights, newValues } from "./weights.ts";

/** The options of every model. */
export interface ModelOptions {
  /** The shape of one sample, without the batch; or of one of each input. By default the first batch decides. */
  readonly inputShape?: Shapes | undefined;
  /** By default the name of its class, with a small first letter. */
  readonly name?: string | undefined;
  /** The floats it computes in; f32 by default. */
  readonly dtype?: "f32" | "f64" | undefined;
}

/** The options of `init`. */
export interface InitOptions {
  /** Decides the first weights; 0 by default. */
  readonly seed?: number | undefined;
  /** Makes room for what it remembers, so that the first step has the shape of all others. */
  readonly optimizer?: Optimizer | undefined;
}

/** The options of `evaluate`. */
export interface EvaluateOptions {
  /** How many samples at a time; 32 by default. */
  readonly batchSize?: number;
  /** How much each sample counts in the loss: a number a sample, or by output. */
  readonly sampleWeight?: SampleTree;
  /** How much samples of each class count in the loss, by class number; not together with `sampleWeight`. */
  readonly classWeight?: ClassWeight;
}

/** The options of `predict`. */
export interface PredictOptions {
  /** How many samples at a time; 1024 by default. */
  readonly batchSize?: number;
  /** Parts of the model whose outputs are wanted instead of its own, by name or path: nothing but what they need is computed. */
  readonly outputs?: string | readonly string[];
}

/** Names or paths of parts. */
function outputNames(where: string, name: string, value: unknown): void {
  if (typeof value === "string" || (Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === "string"))) return;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be the name of a part, or several, got ${described(value)}.`,
    'Write { outputs: "dense" }.',
  );
}

// Files are read and written by modules that pages load when they are used: they know every layer.
const resumedFrom = async (from: ModelFile, model: Model): Promise<Checkpoint> =>
  (await import("./model-files.ts")).readCheckpoint(from, model);

/** For so many choices of `outputs` a model keeps its programs of `predict`. */
const mostPredictors = 16;

/** Where the keys of a compiled model's metrics are kept, for the type checker only. */
declare const metricKeys: unique symbol;
/** A model of which is known what `compile` told it to measure. */
export interface Measuring<Keys extends string> {
  readonly [metricKeys]: Keys;
}
type KeysOf<M> = M extends Measuring<infer Keys> ? Keys : string;

/**
 * A module that can be trained: Keras's `compile`, `fit`, `evaluate`, `predict`. Its weights belong to the modules in it, so that a part that
 * is in two models has one set of them; what the optimizer remembers belongs to the model.
 *
 * @example
 * class Net extends Model {
 *   readonly hidden = dense(16, { activation: "relu" });
 *   readonly last = dense(1);
 *   forward(x: Tensor) { return this.last.apply(this.hidden.apply(x)); }
 * }
 * const net = new Net().compile({ optimizer: "adam", loss: "mse" });
 * await net.fit(x, y, { epochs: 5 });
 */
export abstract class Model extends Module {
  /** What summaries and errors call it. */
  readonly name: string;
  /** The floats it computes in. */
  readonly dtype: "f32" | "f64";
  #inputs: Types | undefined;
  #blueprint: Blueprint | undefined;
  #choices: CompiledChoices | undefined;
  readonly #state = new ModelState(() => this.blueprint);
  /** Of the modules as they were by these facts. */
  #programs: { readonly facts: string; readonly programs: ModelPrograms } | undefined;
  #predictors: { readonly facts: string; readonly byOutputs: BoundedMap<string, Predictor> } | undefined;

  constructor(options: ModelOptions = {}) {
    super(options);
    const { name = this.kind, inputShape, dtype = "f32" } = options;
    this.name = name;
    this.dtype = dtype;
    if (inputShape !== undefined) this.#inputs = inputTypes(name, inputShape, dtype);
  }

  /** What tracing the model on its input told: output shapes, and its variables by path. */
  get blueprint(): Blueprint {
    if (this.#blueprint !== undefined) return this.#blueprint;
    if (this.#inputs === undefined) {
      throw new GradsmithError(
        "usage",
        this.name,
        "isn't built yet: nothing has said what shape its input has.",
        "Give an inputShape, call build([10]), or fit it first.",
      );
    }
    this.#blueprint = draw(this, this.#inputs, this.dtype);
    return this.#blueprint;
  }

  /** Whether it is known what shape the input has. */
  get isBuilt(): boolean {
    return this.#inputs !== undefined;
  }

  /** The shape of one sample, or of one of each input; undefined until that is known. */
  get inputShape(): Shapes | undefined {
    return this.#inputs && (map(this.#inputs, isType, ({ shape }) => shape.slice(1)) as Shapes);
  }

  /**
   * Says what shape one sample has, without the batch, where no `inputShape` did: then the model can be summed up before it is trained.
   *
   * @param inputShape [28, 28]; or { dtype: "i32", shape: [12] } where it isn't floats; or such by the names of inputs.
   * @example net.build([28, 28]); net.build({ title: { dtype: "i32", shape: [12] }, price: [1] });
   */
  build(inputShape: Shapes | Types): this {
    this.refuseWhileTraining("build");
    this.#inputs = inputTypes(this.name, inputShape, this.dtype);
    this.restructured();
    void this.blueprint;
    return this;
  }

  /** For those that change what is inside, before they do. */
  protected refuseWhileTraining(where: string): void {
    this.#state.refuseWhileTraining(where);
  }

  /** For those that change what is inside: what was traced is no longer true. */
  protected restructured(): void {
    this.#blueprint = undefined;
    this.#predictors = undefined;
    this.#programs = undefined;
  }

  /** The blueprint, which the first samples decide where nothing else has. */
  #builtFor(x: Value): Blueprint {
    const isFirst = this.#inputs === undefined;
    this.#inputs ??= typesOfSamples(x, this.dtype);
    try {
      return this.blueprint;
    } catch (error) {
      // What could not be traced on floats may be meant for integers, as an embedding is.
      const given = flatten(x, isTensor).leaves;
      if (!(error instanceof GradsmithError) || given.every(({ dtype }) => isFloat(dtype)) || isFirst) {
        // What the model can't take says nothing of what it can.
        if (isFirst) this.#inputs = undefined;
        throw error;
      }
      let place = 0;
      const types = map(this.#inputs, isType, (type) => {
        const dtype = given[place++]?.dtype ?? type.dtype;
        return isFloat(dtype) ? type : { ...type, dtype };
      }) as Types;
      this.#blueprint = draw(this, types, this.dtype);
      this.#inputs = types;
      return this.#blueprint;
    }
  }

  /**
   * Keras's table: the parts of the model, their output shapes, and how many numbers they learn, those inside them included. What is not
   * built yet has question marks.
   *
   * @example console.log(model.summary({ expandNested: true }));
   */
  summary(options: SummaryOptions = {}): string {
    return summaryTable(this, options);
  }

  /**
   * Says how to train: the optimizer, what to make small, and what else to measure. A new optimizer starts fresh: it remembers nothing and
   * counts steps from 0. The model that is returned knows the names of its metrics, so that `history.metrics.accuracy` is `number[]`.
   *
   * @throws GradsmithError "option" for unknown options, names or losses that don't fit the outputs.
   * @example model.compile({ optimizer: adam(), loss: "binaryCrossentropy", metrics: ["accuracy"] });
   */
  compile<const Metrics extends MetricChoices = []>(options: CompileOptions<Metrics>): this & Measuring<MetricKeys<Metrics>> {
    this.#state.refuseWhileTraining("compile");
    this.#choices = compiledChoices(options);
    if (this.#blueprint !== undefined) this.#choices.outputsOf(this.#blueprint.output);
    this.#state.forgetOptimizer();
    this.#predictors = undefined;
    this.#programs = undefined;
    return this as this & Measuring<MetricKeys<Metrics>>;
  }

  /** New variables for a training loop of one's own, from a seed. The model keeps no hold of them. */
  init(options: InitOptions = {}): TrainState {
    checkOptions<InitOptions>("init", options, {
      seed: wholeNumber,
      optimizer: (where, _name, value) => optimizerOf(where, value as Optimizer),
    });
    const { seed = 0, optimizer } = options;
    return this.#state.fresh(seed, optimizer);
  }

  /**
   * What the model gives for `x` with these variables: a pure function, for loops of one's own and for `grad`. Floats are cast to the model's.
   *
   * @example valueAndGrad((params) => crossEntropy(y, model.applyWith(params, x)))(state.params)
   */
  override applyWith(params: NamedTensors, x: Parameters<this["forward"]>[0], options: ApplyOptions = {}): ReturnType<this["forward"]> {
    const value = x as Value;
    checkFeatures(this.name, value, this.#builtFor(value).input);
    const inside = entering(value, this.dtype) as Parameters<this["forward"]>[0];
    return super.applyWith(params, inside, { dtype: this.dtype, ...options });
  }

  /**
   * Trains on samples and their targets, or on batches `{ x, y, weight }` or `[x, y, weight]` that a dataset, a loader or a generator hands
   * out once per epoch.
   *
   * @throws GradsmithError "usage" before `compile`, or while the model is being trained; "shape" and "data" for samples that don't fit.
   * @example const history = await model.fit(x, y, { batchSize: 32, epochs: 5, validationSplit: 0.2 });
   */
  async fit(x: SampleTree, y: SampleTree, options?: FitOptions): Promise<History<KeysOf<this>>>;
  async fit(batches: BatchSource, options?: FitOptions): Promise<History<KeysOf<this>>>;
  async fit(x: SampleTree | BatchSource, yOrOptions?: SampleTree | FitOptions, given?: FitOptions): Promise<History<KeysOf<this>>> {
    const choices = this.#compiled("fit");
    this.#state.refuseWhileTraining("fit");
    const [y, options] = isBatchSource(x)
      ? [undefined, (yOrOptions ?? {}) as FitOptions]
      : [yOrOptions as SampleTree | undefined, given ?? {}];
    checkFitOptions(options);
    return this.#state.train(async (begin) => {
      const source = isBatchSource(x) ? await this.#builtByFirst("fit", x) : x;
      if (!isBatchSource(source)) this.#build("fit", source);
      const resumed = options.resumeFrom === undefined ? undefined : await resumedFrom(options.resumeFrom, this);
      if (resumed !== undefined) this.#resume(resumed.state, choices.optimizer);
      const programs = this.#programsFor(choices);
      const state = this.#state.forTraining(choices.optimizer, options.seed);
      const claim = (prepared: TrainState): TrainState => this.#state.claim(prepared);
      const request = { programs, name: this.name, state, claim, resumed, x: source, y, options, follow: begin };
      const { history, restored } = await fitModel(request);
      if (restored !== undefined) {
        const { current } = this.#state;
        begin(current.withValues(newValues("fit", current.variables, restored)));
      }
      return history as unknown as History<KeysOf<this>>;
    });
  }

  /**
   * The loss and the metrics on samples and their targets, or on batches.
   *
   * @example const { loss, accuracy } = await model.evaluate(xTest, yTest, { batchSize: 256 });
   */
  async evaluate(x: SampleTree, y: SampleTree, options?: EvaluateOptions): Promise<Figures<KeysOf<this>>>;
  async evaluate(batches: BatchSource, options?: EvaluateOptions): Promise<Figures<KeysOf<this>>>;
  async evaluate(
    x: SampleTree | BatchSource,
    yOrOptions?: SampleTree | EvaluateOptions,
    given: EvaluateOptions = {},
  ): Promise<Figures<KeysOf<this>>> {
    const choices = this.#compiled("evaluate");
    if (isBatchSource(x)) {
      const options = checkEvaluateOptions((yOrOptions ?? {}) as EvaluateOptions);
      refuseForBatches("evaluate", { batchSize: options.batchSize, sampleWeight: options.sampleWeight });
      const source = await this.#builtByFirst("evaluate", x);
      return evaluateBatches(this.#programsFor(choices), this.#state.current, source, options) as Promise<Figures<KeysOf<this>>>;
    }
    checkEvaluateOptions(given);
    if (yOrOptions === undefined) throw new GradsmithError("data", "evaluate", "y is missing.", "Call evaluate(x, y, options).");
    this.#build("evaluate", x);
    const programs = this.#programsFor(choices);
    const { batchSize = 32, sampleWeight, classWeight } = given;
    const samples = await checkedBatch("evaluate", this, programs.setup, { x, y: yOrOptions as SampleTree, sampleWeight, classWeight });
    const pass = await evaluation(programs, this.#state.current, { samples, batchSize });
    return pass.run() as Promise<Figures<KeysOf<this>>>;
  }

  /**
   * What the model gives for samples, computed now and in batches; or, with `outputs`, what parts of it give: a tensor for one name, a record
   * by name for several. Nothing but what they need is computed.
   *
   * @example const features = model.predict(x, { outputs: "encoder/dense_1" });
   */
  predict(x: SampleTree, options: PredictOptions & { readonly outputs: readonly string[] }): Readonly<Record<string, Tensor>>;
  predict(x: SampleTree, options?: PredictOptions & { readonly outputs?: string }): ReturnType<this["forward"]>;
  predict(x: SampleTree, options: PredictOptions = {}): unknown {
    checkOptions<PredictOptions>("predict", options, { batchSize: positiveInteger, outputs: outputNames });
    const { batchSize = 1024, outputs } = options;
    const samples = treeOf("predict", "x", x, this.#inputs);
    checkFeatures("predict", samples, this.#builtFor(samples).input);
    const names = outputs === undefined ? [] : typeof outputs === "string" ? [outputs] : outputs;
    const watched = names.map((name) => moduleAt("predict", this, name));
    const key = names.join("\n");
    const facts = factsOf(this);
    if (this.#predictors?.facts !== facts) this.#predictors = { facts, byOutputs: new BoundedMap(mostPredictors) };
    const { byOutputs } = this.#predictors;
    const predict = byOutputs.get(key) ?? predictor(this, watched, this.#choices?.precision);
    byOutputs.set(key, predict);
    const found = predict(this.#state.current.variables, samples, batchSize);
    if (outputs === undefined) return found;
    const parts = Object.values(found as Readonly<Record<string, Value>>);
    return typeof outputs === "string" ? parts[0] : Object.fromEntries(names.map((name, i) => [name, parts[i]]));
  }

  /**
   * A part of the model by its path, or by the last of it where that is unique.
   *
   * @example model.layer("encoder").trainable = false;
   */
  layer(path: string): Module {
    return moduleAt(this.name, this, path);
  }

  /** The model's variables, optimizer memory and step count; made from seed 0 if there are none yet. A copy, while the model is trained. */
  get trainState(): TrainState {
    return this.#state.shared;
  }
  /** Takes over the outcome of a training loop of one's own. */
  set trainState(state: TrainState) {
    this.#state.refuseWhileTraining("trainState");
    this.#state.replace("trainState", state);
  }

  /** All variables by path. */
  get weights(): NamedTensors {
    return this.trainState.variables;
  }
  /** Copies of all variables by path. */
  async getWeights(): Promise<WeightCopy> {
    return copiedWeights(this.#state.current);
  }
  /**
   * New values for some variables, by path; a typed array takes the variable's shape.
   *
   * @throws GradsmithError "option" for a path the model doesn't have, "shape" for a value that doesn't fit.
   */
  setWeights(weights: NewWeights): void {
    this.#state.refuseWhileTraining("setWeights");
    this.#state.replaceValues("setWeights", newValues("setWeights", this.#state.current.variables, weights));
  }

  /**
   * Writes weights and architecture to a safetensors file, for `loadModel`, as a whole or not at all.
   *
   * @param target a path; in a page "indexeddb://name", which the browser keeps for the page's origin, or "downloads://name.safetensors".
   * @throws GradsmithError "file" where it can't be written, or something in the model can't be saved.
   * @example await model.save("run/model.safetensors", { weights: "f16" });
   */
  async save(target: string, options: SaveOptions = {}): Promise<void> {
    await this.#state.reading(async (variables) => {
      const { modelFile, writeParts } = await import("./model-files.ts");
      await writeParts(target, modelFile("save", this, variables, options));
    });
  }

  /** Writes the weights to a safetensors file, for `loadWeights` of a model that is built alike; `target` and options as for `save`. */
  async saveWeights(target: string, options: SaveOptions = {}): Promise<void> {
    await this.#state.reading(async (variables) => {
      const { weightsFile, writeParts } = await import("./model-files.ts");
      await writeParts(target, weightsFile(variables, options));
    });
  }

  /**
   * The bytes of the file that `save` writes, to send or keep anywhere; `loadModel` takes them.
   *
   * @example await fetch("/models/mine", { method: "PUT", body: await model.toBytes({ weights: "int8" }) });
   */
  async toBytes(options: SaveOptions = {}): Promise<Uint8Array> {
    return this.#state.reading(async (variables) => {
      const { modelFile, wholeFile } = await import("./model-files.ts");
      return wholeFile(modelFile("toBytes", this, variables, options));
    });
  }

  /**
   * Takes the weights of a file that `saveWeights` or `save` wrote.
   *
   * @throws GradsmithError "file" where it is missing or damaged, or where names or shapes aren't this model's.
   */
  async loadWeights(from: ModelFile): Promise<void> {
    const { checkTensors, readTensors } = await import("./model-files.ts");
    const { tensors, where } = await readTensors(from);
    checkTensors(where, tensors, this.blueprint);
    this.setWeights(tensors);
  }

  #resume(state: TrainState, optimizer: Optimizer): void {
    if (state.preparedFor(optimizer) !== state)
      throw new GradsmithError(
        "file",
        "fit",
        "the training in resumeFrom had another optimizer.",
        "Compile the model as it was when the file was written.",
      );
    this.#state.replace("fit", state);
  }

  #compiled(where: string): CompiledChoices {
    if (this.#choices !== undefined) return this.#choices;
    throw new GradsmithError("usage", where, "the model is not compiled.", 'Call model.compile({ optimizer: adam(), loss: "mse" }) first.');
  }

  /** The programs of the model as it is compiled and as its modules are now. */
  #programsFor({ optimizer, precision, outputsOf }: CompiledChoices): ModelPrograms {
    const { blueprint } = this;
    const facts = factsOf(this);
    if (this.#programs?.facts !== facts) {
      const setup = { optimizer, precision, outputs: outputsOf(blueprint.output) };
      this.#programs = { facts, programs: modelPrograms(this, setup) };
    }
    return this.#programs.programs;
  }

  #build(where: string, x: SampleTree): void {
    this.#builtFor(treeOf(where, "x", x, this.#inputs));
  }

  /** The same batches, the first of which has built the model if nothing else has. */
  async #builtByFirst(where: string, batches: BatchSource): Promise<BatchSource> {
    if (this.isBuilt) return batches;
    const { first, source } = await withFirst(where, batches);
    this.#build(where, first.x);
    return source;
  }
}
