import { flag, positiveInteger, text } from "../../core/checks.ts";
import { disk } from "../../core/disk.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions, described } from "../../core/options.ts";
import type { Callback, TrainingControls } from "../callback.ts";
import type { Logs } from "../history.ts";
import { checkpointName } from "./checkpoint-name.ts";
import type { MonitorOptions } from "./monitored.ts";
import { figureOf, monitorChecks, signOf } from "./monitored.ts";

/** The options of `modelCheckpoint`. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** The folder for the files; it is made where it is missing. */
  readonly directory: string;
  /** Names of files, with `{epoch}` and figures such as `{val_loss}`. Default "epoch={epoch}-val_loss={val_loss}", with what is monitored. */
  readonly filename?: string;
  /** How many of the best are kept; −1 is all, and 0 none. Default 1. */
  readonly saveTopK?: number;
  /** Also keeps the newest, as `last.safetensors`. Default false. */
  readonly saveLast?: boolean;
  /** 2 looks at every second epoch only. Default 1. */
  readonly everyNEpochs?: number;
}

/** A callback that writes checkpoints, and knows where they are. */
export interface ModelCheckpoint extends Callback {
  /** The best file of the training; where nothing is monitored, the newest. */
  readonly bestPath: string | undefined;
  /** Its figure. */
  readonly bestValue: number | undefined;
  /** The file of the newest, with `saveLast`. */
  readonly lastPath: string | undefined;
}

/** A file that was written. */
interface Kept {
  readonly path: string;
  readonly value: number | undefined;
  /** Smaller is better. */
  readonly rank: number;
}

const checks: OptionChecks<ModelCheckpointOptions> = {
  directory: text,
  filename: text,
  ...monitorChecks,
  saveTopK: countOrAll,
  saveLast: flag,
  everyNEpochs: positiveInteger,
};

/**
 * Writes the model to files while it is trained, and keeps the best of them, as Lightning's `ModelCheckpoint`:
 * `epoch=03-val_loss=0.1234.safetensors`, epochs counted from 0. Each file is a model for `loadModel`, and holds all that is needed to go on
 * with the training. An old file is deleted only when the new one is whole; one that another training wrote is never written over, but
 * `last.safetensors` is.
 *
 * Without validation data and unless `monitor` is given, the newest are kept.
 *
 * @throws GradsmithError "option" for an unknown option, a value that makes no sense or a figure that isn't there; "file" where a file can't
 * be written. The model keeps its weights.
 * @example
 * const checkpoint = modelCheckpoint({ directory: "runs/a", monitor: "val_loss", saveTopK: 2, saveLast: true });
 * await model.fit(x, y, { epochs: 20, validationSplit: 0.2, callbacks: [checkpoint] });
 * const best = await loadModel(checkpoint.bestPath!);
 */
export function modelCheckpoint(options: ModelCheckpointOptions): ModelCheckpoint {
  const where = "modelCheckpoint";
  const {
    filename,
    monitor = "val_loss",
    mode = "auto",
    saveTopK = 1,
    saveLast = false,
    everyNEpochs = 1,
  } = checkOptions(where, options, checks, ["directory"]);
  const most = saveTopK === -1 ? Infinity : saveTopK;
  const sign = signOf(monitor, mode);
  let folder = options.directory;
  /** The best first. */
  let kept: readonly Kept[] = [];
  let lastPath: string | undefined;
  let isSaved = true;

  const watched = (logs: Logs): number | undefined =>
    options.monitor === undefined && !(monitor in logs) ? undefined : figureOf(where, monitor, logs);

  const files = () => disk(options.directory, "Call controls.saveCheckpoint in a callback of your own.");

  /** A path that no other file has: of this training only if `overwrites`. */
  const freePath = async (name: string, overwrites: boolean): Promise<string> => {
    const { isTaken } = await files();
    for (let version = 0; ; version++) {
      const path = `${folder}/${name}${version === 0 ? "" : `-v${version}`}.safetensors`;
      if (kept.some((other) => other.path === path) ? overwrites : !(await isTaken(path))) return path;
    }
  };

  const keepBest = async (epoch: number, logs: Logs, controls: TrainingControls): Promise<void> => {
    const value = watched(logs);
    // Not a number is worse than all numbers; without a figure, the newest is best.
    const rank = value === undefined ? -epoch : Number.isNaN(value) ? Infinity : sign * value;
    const worst = kept[kept.length - 1];
    if (most === 0 || (worst !== undefined && kept.length === most && !(rank < worst.rank))) return;
    const path = await freePath(checkpointName(where, filename, value === undefined ? undefined : monitor, epoch, logs), most === 1);
    await controls.saveCheckpoint(path);
    const all = [...kept.filter((other) => other.path !== path), { path, value, rank }].sort((a, b) => a.rank - b.rank);
    kept = all.slice(0, most);
    const { removeFile } = await files();
    for (const old of all.slice(most)) await removeFile(old.path);
  };

  const keepLast = async (controls: TrainingControls): Promise<void> => {
    isSaved = true;
    if (!saveLast) return;
    const path = `${folder}/last.safetensors`;
    await controls.saveCheckpoint(path);
    lastPath = path;
  };

  return {
    get bestPath() {
      return kept[0]?.path;
    },
    get bestValue() {
      return kept[0]?.value;
    },
    get lastPath() {
      return lastPath;
    },
    async onTrainBegin() {
      [kept, lastPath, isSaved] = [[], undefined, true];
      const { writableFolder } = await files();
      folder = await writableFolder(options.directory);
    },
    onEpochBegin() {
      isSaved = false;
    },
    async onEpochEnd(epoch, logs, controls) {
      if ((epoch + 1) % everyNEpochs !== 0) return;
      await keepBest(epoch, logs, controls);
      await keepLast(controls);
    },
    async onTrainEnd(_logs, controls) {
      // An epoch that was broken off, or that was none of every n.
      if (!isSaved) await keepLast(controls);
    },
  };
}

/** How many to keep. */
function countOrAll(where: string, name: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= -1) return;
  throw new GradsmithError("option", where, `${name} must be a whole number of at least 0, or -1 for all, got ${described(value)}.`);
}
