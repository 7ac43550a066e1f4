/** Optimizers, learning-rate schedules, clipping. */
export type { AdadeltaOptions } from "../optim/adadelta.ts";
export { adadelta } from "../optim/adadelta.ts";
export type { AdagradOptions } from "../optim/adagrad.ts";
export { adagrad } from "../optim/adagrad.ts";
export type { AdamOptions } from "../optim/adam.ts";
export { adam } from "../optim/adam.ts";
export type { AdamWOptions } from "../optim/adam-w.ts";
export { adamW } from "../optim/adam-w.ts";
export type { AdamaxOptions } from "../optim/adamax.ts";
export { adamax } from "../optim/adamax.ts";
export { clipByGlobalNorm, clipByNorm, clipByValue } from "../optim/clip.ts";
export { initialHyperparameters } from "../optim/hyperparameters.ts";
export type { NamedTensors, Optimizer, Schedule } from "../optim/optimizer.ts";
export type { OptimizerName } from "../optim/optimizers.ts";
export { optimizers } from "../optim/optimizers.ts";
export type { RmspropOptions } from "../optim/rmsprop.ts";
export { rmsprop } from "../optim/rmsprop.ts";
export type { CosineDecayOptions, DecayOptions, PolynomialDecayOptions, StepDecayOptions } from "../optim/schedules.ts";
export {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstant,
  piecewiseConstantDecay,
  polynomialDecay,
  schedules,
  stepDecay,
} from "../optim/schedules.ts";
export type { SgdOptions } from "../optim/sgd.ts";
export { sgd } from "../optim/sgd.ts";
export type { Slots, Update } from "../optim/update-tree.ts";
export { initialSlots, updateTree } from "../optim/update-tree.ts";
