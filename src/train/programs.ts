import { map } from "../core/tree.ts";
import { inPlace } from "../runtime/loop.ts";
import { isTensor } from "../runtime/trace.ts";
import type { TracedFunction } from "../runtime/traced-function.ts";
import { constantOf } from "../runtime/values.ts";
import { arange, full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Traceable } from "./objective.ts";
import { objective } from "./objective.ts";
import type { Tally } from "./tally.ts";
import { addToTally, emptyTally } from "./tally.ts";
import type { TrainState } from "./train-state.ts";
import type { Progressing, StepInput } from "./training-step.ts";
import { trainingStep } from "./training-step.ts";

/** Where a pass over samples in memory is, and in which order it takes them. */
export interface Pass {
  /** The epoch that is next. i32. */
  readonly epoch: Tensor;
  /** The sample that is next. i32. */
  readonly position: Tensor;
  /** Sample numbers in the order of this epoch; nothing when they are not shuffled, or come batch by batch. */
  readonly order: { readonly samples?: Tensor };
}

/** All that changes while a model is trained on samples in memory. */
export interface TrainingPass {
  readonly progressing: Progressing;
  readonly pass: Pass;
}

/** What changes while a model is evaluated. */
export interface EvaluationPass {
  readonly position: Tensor;
  readonly tally: Tally;
}

/** What changes when an epoch begins. */
export interface EpochState {
  readonly tally: Tally;
  readonly pass: Pass;
}

/** What is evaluated, on what. */
export interface EvaluationInput {
  readonly state: TrainState;
  readonly samples: Batch;
}

/** What an epoch begins with. */
export interface EpochStart {
  readonly key: Tensor;
}

/**
 * The steps of a model that was compiled in some way. Their programs are kept: a second `fit` or `evaluate` of the same shapes traces and compiles
 * nothing.
 */
export type ModelPrograms = ReturnType<typeof modelPrograms>;

export function modelPrograms(model: Traceable, setup: TrainingSetup) {
  const step = <S, Rest extends readonly unknown[]>(name: string, run: (state: S, ...rest: Rest) => S): TracedFunction<[S, ...Rest], S> =>
    inPlace(run, { name, precision: setup.precision });
  // Each batch that is handed out may be another function of the data set, a slice from another place: what computes it is no part of the step.
  const batchStep = <S, Rest extends readonly unknown[]>(
    name: string,
    run: (state: S, ...rest: Rest) => S,
  ): TracedFunction<[S, ...Rest], S> => inPlace(run, { name, precision: setup.precision, takesLazy: false });
  return {
    model,
    setup,

    /** A training step on the next `size` samples of the pass. */
    fit: step("fit", ({ progressing, pass }: TrainingPass, { key, ...samples }: StepInput, size: number): TrainingPass => {
      const places = arange(size).add(pass.position);
      const rows = pass.order.samples === undefined ? places : pass.order.samples.gather(places);
      return {
        progressing: trainingStep(model, setup, progressing, { ...rowsOf(samples, rows), key }),
        pass: { ...pass, position: pass.position.add(size) },
      };
    }),

    /** A training step on a batch that is handed out. */
    fitBatch: batchStep("fit", (progressing: Progressing, batch: StepInput): Progressing => trainingStep(model, setup, progressing, batch)),

    /** An epoch begins: nothing is counted yet, and the order is the epoch's. Only what changes between epochs is in its state. */
    beginEpoch: step(
      "fit begin",
      ({ pass }: EpochState, { key }: EpochStart, count: number): EpochState => ({
        tally: emptyTally(setup),
        pass: {
          epoch: pass.epoch.add(1),
          position: full([], 0, { dtype: "i32" }),
          order: pass.order.samples === undefined ? {} : { samples: random.permutation(count, { key: random.foldIn(key, pass.epoch) }) },
        },
      }),
    ),

    /** Loss and metrics of the next `size` samples. */
    evaluate: step("evaluate", ({ position, tally }: EvaluationPass, { state, samples }: EvaluationInput, size: number): EvaluationPass => {
      const batch = rowsOf(samples, arange(size).add(position));
      const aims = objective(model, setup, state.variables, batch);
      return { position: position.add(size), tally: addToTally(tally, setup, aims, batch) };
    }),

    /** Loss and metrics of a batch that is handed out. */
    evaluateBatch: batchStep(
      "evaluate",
      (tally: Tally, { variables }: TrainState, batch: Batch): Tally =>
        addToTally(tally, setup, objective(model, setup, variables, batch), batch),
    ),

    /** An evaluation begins, from the sample of this number on. */
    beginEvaluation: step(
      "evaluate begin",
      (_: EvaluationPass, from: Tensor): EvaluationPass => ({
        position: from,
        tally: emptyTally(setup),
      }),
    ),
  };
}

/** The samples of these numbers. */
export const rowsOf = (samples: Batch, rows: Tensor): Batch => map(samples, isTensor, (leaf) => leaf.gather(rows)) as Batch;

/** A whole number in memory, i32. */
export const integer = (value: number): Tensor => constantOf(Int32Array.of(value), { dtype: "i32", shape: [] });
