import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { appendLine, fileError, writableFolder, writeFileBytes } from "../io/files.ts";

/** The files of one run. */
export interface RunFolder {
  readonly path: string;
  readonly modelPath: string;
  writeConfig(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** Adds the figures of an epoch, counted from 1, as a line of `metrics.jsonl`. */
  addEpoch(epoch: number, figures: Readonly<Record<string, number>>): Promise<void>;
  /** Takes the folder away again, if no epoch was added. */
  removeIfEmpty(): Promise<void>;
}

/** Makes `<parent>/<name>-<time>`, which no other run has, and finds out now whether it can be written to. */
export async function createRunFolder(parent: string, name: string, time = new Date()): Promise<RunFolder> {
  const path = await newFolder(join(await writableFolder(parent), `${name}-${stamp(time)}`));
  let epochs = 0;
  return {
    path,
    modelPath: join(path, "model.safetensors"),
    writeConfig: (config) => writeFileBytes(join(path, "config.json"), `${JSON.stringify(config, null, 2)}\n`),
    addEpoch(epoch, figures) {
      epochs++;
      return appendLine(join(path, "metrics.jsonl"), JSON.stringify({ epoch, ...named(figures) }));
    },
    removeIfEmpty: () => (epochs === 0 ? rm(path, { recursive: true, force: true }) : Promise.resolve()),
  };
}

/** JSON has no NaN and no infinities; they are written as text, not lost as null. */
const named = (figures: Readonly<Record<string, number>>): Record<string, number | string> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]));

/** Runs of one second get a number. Whoever makes the folder has it: of several that start at once, one. */
async function newFolder(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? path : `${path}-${number}`;
    try {
      await mkdir(numbered);
      return numbered;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw fileError(numbered, "can't be made", error);
    }
  }
}

/** Local time, in order when sorted as text: `2026-05-31-14-02-09`. */
function stamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return [time.getFullYear(), time.getMonth() + 1, time.getDate(), time.getHours(), time.getMinutes(), time.getSeconds()]
    .map(two)
    .join("-");
}
