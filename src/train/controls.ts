import { nonNegativeNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { full } from "../tensor/create.ts";
import type { TrainingControls } from "./callback.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Traceable } from "./objective.ts";
import type { TrainState } from "./train-state.ts";
import { copiedWeights } from "./weights.ts";

/** A training as its controls reach it. */
export interface TrainingReach {
  /** What it has come to. */
  state(): TrainState;
  /** The same with all that is needed to go on from here. */
  checkpoint(): Checkpoint;
  /** Sets a hyperparameter of the state from the next step on. */
  setHyperparameter(name: string, value: number): void;
}

/** What callbacks see, set and keep of the state that is being trained. */
export const stateControls = (
  model: Traceable,
  optimizer: Optimizer,
  reach: TrainingReach,
): Pick<TrainingControls, "copyWeights" | "saveCheckpoint" | "learningRate" | "setLearningRate"> => ({
  async saveCheckpoint(path) {
    const checkpoint = reach.checkpoint();
    const first = checkpoint.state.step.item();
    const { saveCheckpoint } = await import("./model-files.ts");
    await saveCheckpoint(path, model, checkpoint, await first);
  },
  copyWeights: () => copiedWeights(reach.state()),
  async learningRate() {
    const { hyperparameters, step } = reach.state();
    const { learningRate } = optimizer;
    if (typeof learningRate === "number") return hyperparameters["learningRate"]!.item();
    return learningRate(full([], await step.item())).item();
  },
  setLearningRate(value) {
    if (typeof optimizer.learningRate === "function")
      throw new GradsmithError(
        "usage",
        "setLearningRate",
        "the optimizer has a schedule, which decides the rate of every step.",
        "Give the optimizer a number, and leave the rate to the callback.",
      );
    reach.setHyperparameter("learningRate", nonNegativeNumber("setLearningRate", "the learning rate", value));
  },
});
