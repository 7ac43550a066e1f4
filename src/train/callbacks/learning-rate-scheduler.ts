import { callable } from "../../core/checks.ts";
import type { Callback } from "../callback.ts";

/**
 * Sets the learning rate before each epoch to what a function gives for the number of the epoch, from 0, and the rate of before, as Keras's
 * `LearningRateScheduler`. For a rate that changes with every step, give the optimizer one of `schedules`.
 *
 * @throws GradsmithError "option" unless it is a function, and while training, unless it gives a number of at least 0; "usage" if the optimizer
 * has a schedule.
 * @example learningRateScheduler((epoch, learningRate) => (epoch < 10 ? learningRate : learningRate * 0.9))
 */
export function learningRateScheduler(schedule: (epoch: number, learningRate: number) => number): Callback {
  callable("learningRateScheduler", "the schedule", schedule);
  return {
    async onEpochBegin(epoch, controls) {
      controls.setLearningRate(schedule(epoch, await controls.learningRate()));
    },
  };
}
