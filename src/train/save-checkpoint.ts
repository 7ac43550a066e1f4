import { GradsmithError } from "../core/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Checkpoint, TrainingRecord } from "./checkpoint.ts";
import { checkpointTensors, trainingKey } from "./checkpoint.ts";
import type { Traceable } from "./objective.ts";
import { modelMetadata, tensorFile, writeParts } from "./save-model.ts";

/**
 * Writes a training to a file, as a whole or not at all: a model as `model.save` writes it, and beside it all that `readCheckpoint` needs for
 * the training to go on. Nothing is copied, so the state must stay as it is until the file is written.
 *
 * @param first the step that the checkpoint is of; the state's of this moment by default.
 * @throws GradsmithError "usage" if training goes on meanwhile, or if the model can't be saved; "file" where the file can't be written.
 */
export async function saveCheckpoint(path: string, model: Traceable, checkpoint: Checkpoint, first?: number): Promise<void> {
  const { step } = checkpoint.state;
  const began = first ?? step.item();
  const record: TrainingRecord = { format: 1, place: checkpoint.place };
  const metadata = { ...modelMetadata(model), [trainingKey]: JSON.stringify(record) };
  await writeParts(path, ofStep(await began, step, tensorFile(checkpointTensors(checkpoint), metadata)));
}

/** The parts, or an error if there are steps after the first one before all are read: they would be of different moments. */
async function* ofStep(first: number, step: Tensor, parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hasMoved = (): Promise<boolean> =>
    step.item().then(
      (now) => now !== first,
      () => true,
    );
  try {
    yield* parts;
  } catch (error) {
    throw (await hasMoved()) ? movedOn() : error;
  }
  if (await hasMoved()) throw movedOn();
}

const movedOn = (): GradsmithError =>
  new GradsmithError(
    "usage",
    "saveCheckpoint",
    "training went on while the checkpoint was being written.",
    "Wait for it: await controls.saveCheckpoint(path).",
  );
