/** Training: modules and models that fit, evaluate and predict; callbacks; minimisers of functions. */
import "../runtime/install.ts";

export type { BatchSource, GivenBatch } from "../train/batches.ts";
export type { Callback, TrainingControls } from "../train/callback.ts";
export type { EarlyStoppingOptions } from "../train/callbacks/early-stopping.ts";
export { earlyStopping } from "../train/callbacks/early-stopping.ts";
export { lambdaCallback } from "../train/callbacks/lambda-callback.ts";
export { csvLogger, jsonLinesLogger } from "../train/callbacks/loggers.ts";
export type { ClassWeight } from "../train/checked-batch.ts";
export type { CompileOptions as ModelCompileOptions, MetricChoices } from "../train/compile-options.ts";
export type { FitOptions } from "../train/fit.ts";
export type { Figures, History, Logs } from "../train/history.ts";
export { loadModel } from "../train/load-model.ts";
export type { MinimizeOptions, Minimum } from "../train/minimize.ts";
export { minimize } from "../train/minimize.ts";
export type { EvaluateOptions, InitOptions, ModelOptions, PredictOptions } from "../train/model.ts";
export { Model } from "../train/model.ts";
export type { PerOutput } from "../train/outputs.ts";
export type { ModelFile } from "../train/read-model-file.ts";
export { register } from "../train/register.ts";
export type { Samples as TrainingSamples, SampleTree } from "../train/samples.ts";
export type { SequentialOptions } from "../train/sequential.ts";
export { Sequential, sequential } from "../train/sequential.ts";
export type { SummaryOptions } from "../train/summary.ts";
export { TrainState } from "../train/train-state.ts";
export type { NewWeights } from "../train/weights.ts";
