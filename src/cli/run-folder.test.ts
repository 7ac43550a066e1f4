import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Callback, TrainingControls } from "../train/callback.ts";
import { thinned } from "./epoch-progress.ts";
import { createRunFolder } from "./run-folder.ts";
import { showsUnicode, withoutLines } from "./terminal.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradsmith-runs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const time = new Date(2026, 4, 31, 9, 5, 7);

test("a run's folder is named for the lab and the time; runs of the same second get a number", async () => {
  const parent = join(folder, "new", "runs");
  const paths = [];
  for (let i = 0; i < 3; i++) paths.push((await createRunFolder(parent, "xor", time)).path);
  expect(paths).toEqual(
    ["xor-2026-05-31-09-05-07", "xor-2026-05-31-09-05-07-2", "xor-2026-05-31-09-05-07-3"].map((name) => join(parent, name)),
  );
});

test("runs that start at once have a folder each", async () => {
  const parent = join(folder, "at-once");
  const runs = await Promise.all(Array.from({ length: 20 }, () => createRunFolder(parent, "xor", time)));
  expect(new Set(runs.map(({ path }) => path)).size).toBe(20);
  expect(await readdir(parent)).toHaveLength(20);
});

test("epochs are lines of JSON, numbers that JSON lacks are text", async () => {
  const run = await createRunFolder(folder, "a", time);
  await run.writeConfig({ epochs: 2 });
  await run.addEpoch(1, { loss: 0.5 });
  await run.addEpoch(2, { loss: Number.NaN, val_loss: Number.POSITIVE_INFINITY });
  expect(await readFile(join(run.path, "metrics.jsonl"), "utf8")).toBe(
    '{"epoch":1,"loss":0.5}\n{"epoch":2,"loss":"NaN","val_loss":"Infinity"}\n',
  );
  expect(JSON.parse(await readFile(join(run.path, "config.json"), "utf8"))).toEqual({ epochs: 2 });
  expect((await readdir(run.path)).sort()).toEqual(["config.json", "metrics.jsonl"]);
});

test("a place that can't hold folders is refused at once", async () => {
  const file = join(folder, "plain");
  await writeFile(file, "x");
  await expect(createRunFolder(file, "xor")).rejects.toThrow(
    `[${file}] can't be written to: a file is where a folder of the path should be. Choose another place.`,
  );
});

test("long trainings show every so manieth epoch, and the last", () => {
  const shown: string[] = [];
  const callback: Callback = {
    onEpochBegin: (epoch) => void shown.push(`begin ${epoch}`),
    onSteps: (step) => void shown.push(`step ${step}`),
    onEpochEnd: (epoch) => void shown.push(`end ${epoch}`),
  };
  const thin = thinned(callback, 5, 2);
  const controls = {} as TrainingControls;
  for (let epoch = 0; epoch < 5; epoch++) {
    void thin.onEpochBegin?.(epoch, controls);
    void thin.onSteps?.(epoch * 10, async () => ({}), controls);
    void thin.onEpochEnd?.(epoch, {}, controls);
  }
  expect(shown).toEqual([1, 3, 4].flatMap((epoch) => [`begin ${epoch}`, `step ${epoch * 10}`, `end ${epoch}`]));
});

test("Unicode is shown unless the locale or the console says otherwise", () => {
  expect([{}, { LANG: "C.UTF-8" }, { LANG: "de_DE.utf8" }, { LC_ALL: "", LANG: "" }].map(showsUnicode)).toEqual([true, true, true, true]);
  expect(
    [{ LANG: "C" }, { LANG: "en_US.UTF-8", LC_ALL: "POSIX" }, { TERM: "linux" }, { TERM: "dumb", LANG: "C.UTF-8" }].map(showsUnicode),
  ).toEqual([false, false, false, false]);
});

test("a table without its lines has the same layout", () => {
  expect(withoutLines("┏━┳┓\n┃a┃b│\n├─┼┤\n└─┴┘")).toBe("+-++\n|a|b|\n+-++\n+-++");
});

test("a run that failed before its first epoch leaves no folder", async () => {
  const failed = await createRunFolder(folder, "failed", time);
  await failed.writeConfig({});
  await failed.removeIfEmpty();
  expect(await readdir(folder)).not.toContain("failed-2026-05-31-09-05-07");
  const begun = await createRunFolder(folder, "begun", time);
  await begun.addEpoch(1, { loss: 1 });
  await begun.removeIfEmpty();
  expect(await readdir(folder)).toContain("begun-2026-05-31-09-05-07");
});
