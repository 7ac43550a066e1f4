import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "../../index.ts";
import type { Command } from "../command.ts";

export const summary: Command = {
  name: "summary",
  summary: "show the layer table of a saved model",
  positionals: [{ name: "model", description: "the path of a model.safetensors, or of a run's folder" }],
  options: {},
  examples: [
    ["gradsmith summary model.safetensors", "a file"],
    ["gradsmith summary runs/classification-2026-05-31-14-02-09", "the model of a run"],
  ],

  async run({ positionals: [path] }, terminal) {
    const model = await loadModel(modelPath(path!));
    terminal.print(model.summary());
    return 0;
  },
};

const modelPath = (path: string): string => (existsSync(join(path, "model.safetensors")) ? join(path, "model.safetensors") : path);
