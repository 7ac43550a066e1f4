/** Training: models that fit, evaluate and predict; callbacks; minimisers of functions. */
import "../runtime/install.ts";

export type { Callback, TrainingControls } from "../train/callback.ts";
export type { EarlyStoppingOptions } from "../train/callbacks/early-stopping.ts";
export { earlyStopping } from "../train/callbacks/early-stopping.ts";
export { lambdaCallback } from "../train/callbacks/lambda-callback.ts";
export { csvLogger, jsonLinesLogger } from "../train/callbacks/loggers.ts";
export type { CompileOptions as ModelCompileOptions } from "../train/compile-options.ts";
export type { FitOptions } from "../train/fit.ts";
export type { History, Logs } from "../train/history.ts";
export { loadModel } from "../train/load-model.ts";
export type { MinimizeOptions, Minimum } from "../train/minimize.ts";
export { minimize } from "../train/minimize.ts";
export type { ApplyOptions, EvaluateOptions, InitOptions } from "../train/model.ts";
export { Model } from "../train/model.ts";
export type { BatchSource, Samples as TrainingSamples } from "../train/samples.ts";
export type { SequentialOptions } from "../train/sequential.ts";
export { Sequential, sequential } from "../train/sequential.ts";
export { TrainState } from "../train/train-state.ts";
export type { NewWeights } from "../train/weights.ts";
