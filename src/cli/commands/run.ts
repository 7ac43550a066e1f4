import { join, relative } from "node:path";
import { version } from "../../core/version.ts";
import { describeDevice, deviceSettings, setDevice } from "../../runtime/settings.ts";
import type { Callback } from "../../train/callback.ts";
import { shortNumber } from "../../viz/short-number.ts";
import { choiceOption, numberOption, textOption } from "../arguments.ts";
import type { Command, GivenArguments } from "../command.ts";
import { epochProgress } from "../epoch-progress.ts";
import { catchInterruption, interruptedExitCode } from "../interruption.ts";
import type { Lab, LabResult, LabSettings } from "../lab.ts";
import { labCatalogue, labNamed } from "../labs/catalogue.ts";
import { createRunFolder, type RunFolder } from "../run-folder.ts";
import { type Terminal, withoutLines } from "../terminal.ts";

export const run: Command = {
  name: "run",
  summary: "train one of the lectures' programs",
  positionals: [
    {
      name: "lab",
      isOptional: true,
      description: `one of ${labCatalogue.map(({ name }) => name).join(", ")}; default ${labCatalogue[0].name}`,
    },
  ],
  options: {
    epochs: { value: "N", description: "how often all samples are seen; default: as in the lecture" },
    "batch-size": { value: "N", description: "samples a step; default: as in the lecture" },
    seed: { value: "N", description: "the same seed gives the same run; default 1" },
    out: { value: "DIR", description: "where the run's folder is made; default runs" },
    data: { value: "DIR", description: "a folder with the four image files, for mnist and fashion-mnist" },
    device: { value: "NAME", description: "cpu or reference; default cpu" },
    precision: { value: "NAME", description: "of products: f32 or bf16; default f32" },
    tier: { value: "NAME", description: "of the cpu: wasm, native or auto; default auto" },
    threads: { value: "N", description: "default: one a core, and one on the wasm tier" },
    ascii: { description: "draw with plain characters only" },
  },
  examples: [
    ["gradsmith run", "lecture 3's classification"],
    ["gradsmith run fashion-mnist --epochs 3", "pictures of clothes, three epochs"],
    ["gradsmith run regression --seed 7 --out /tmp/runs", "another seed, another place"],
    ["gradsmith run xor --tier wasm", "without the C compiler"],
  ],
  notes: "Writes metrics.jsonl, config.json and model.safetensors. Ctrl-C finishes the step, saves, and exits with 130.",

  async run(given, terminal) {
    const lab = labNamed(given.positionals[0] ?? labCatalogue[0].name);
    const settings = settingsOf(lab, given);
    chooseDevice(given);
    const config = configOf(lab, settings);
    const folder = await createRunFolder(textOption(given, "out") ?? "runs", lab.name);
    await folder.writeConfig(config);
    return train(lab, settings, folder, given.options["ascii"] === true ? { ...terminal, ascii: true } : terminal);
  },
};

async function train(lab: Lab, settings: LabSettings, folder: RunFolder, terminal: Terminal): Promise<number> {
  for (const line of describeDevice().lines) terminal.print(line);
  terminal.print(`${lab.title}\n`);
  const interruption = catchInterruption(terminal);
  try {
    const result = await lab.run(settings, {
      print: (text) => terminal.print(`${terminal.ascii ? withoutLines(text) : text}\n`),
      chart: { width: terminal.width, ascii: terminal.ascii },
      training: { signal: interruption.signal, callbacks: [epochRecorder(folder), epochProgress(settings.epochs, terminal)], verbose: 0 },
    });
    await result.model.save(folder.modelPath);
    return report(result, folder, terminal);
  } catch (error) {
    await folder.removeIfEmpty();
    throw error;
  } finally {
    interruption.release();
  }
}

function report({ stopped, test }: LabResult, folder: RunFolder, terminal: Terminal): number {
  const figures = Object.entries(test).map(([name, value]) => `${name === "auc" ? "ROC AUC" : name} ${shortNumber(value)}`);
  if (figures.length > 0) terminal.print(`test ${figures.join(", ")}`);
  const shown = relative(process.cwd(), folder.path);
  terminal.print(
    `${stopped === "aborted" ? "stopped by Ctrl-C; saved" : "saved"} in ${shown.startsWith("..") ? folder.path : join(shown, "/")}`,
  );
  return stopped === "aborted" ? interruptedExitCode : 0;
}

/** A line of `metrics.jsonl` an epoch, as it ends. */
const epochRecorder = (folder: RunFolder): Callback => ({ onEpochEnd: (epoch, logs) => folder.addEpoch(epoch + 1, logs) });

function settingsOf(lab: Lab, given: GivenArguments): LabSettings {
  const directory = textOption(given, "data");
  return {
    epochs: numberOption(given, "epochs", "positive") ?? lab.defaults.epochs,
    batchSize: numberOption(given, "batch-size", "positive") ?? lab.defaults.batchSize,
    seed: numberOption(given, "seed", "whole") ?? 1,
    precision: choiceOption(given, "precision", ["f32", "bf16"]) ?? "f32",
    ...(directory === undefined ? {} : { directory }),
  };
}

function chooseDevice(given: GivenArguments): void {
  const device = choiceOption(given, "device", ["cpu", "reference"]);
  const tier = choiceOption(given, "tier", ["auto", "wasm", "native"]);
  const threads = numberOption(given, "threads", "positive");
  setDevice({
    ...(device === undefined ? {} : { device }),
    ...(tier === undefined ? {} : { tier }),
    ...(threads === undefined ? {} : { threads }),
  });
}

const configOf = (lab: Lab, settings: LabSettings): Record<string, unknown> => ({
  lab: lab.name,
  ...settings,
  ...deviceSettings(),
  version: version,
  node: process.versions.node,
  started: new Date().toISOString(),
});
