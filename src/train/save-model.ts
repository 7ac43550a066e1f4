import { map } from "../core/tree.ts";
import { saveModule } from "../nn/saved-module.ts";
import type { Types } from "../nn/shapes.ts";
import { isType } from "../nn/shapes.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Architecture } from "./architecture.ts";
import { architectureKey } from "./architecture.ts";
import type { Model } from "./model.ts";

/** A safetensors file, part by part, so that one variable is copied at a time. */
async function* tensorFile(weights: NamedTensors, metadata: Readonly<Record<string, string>>): AsyncGenerator<Uint8Array> {
  const { safetensorsHeader, safetensorsPart } = await import("../io/safetensors.ts");
  const { header, names } = safetensorsHeader(weights, metadata);
  yield header;
  for (const name of names) {
    const { dtype, shape } = weights[name]!;
    yield safetensorsPart(name, { dtype, shape, data: await weights[name]!.read() });
  }
}

/** Writes variables to a file, as a whole or not at all. */
export async function saveTensors(path: string, weights: NamedTensors, metadata: Readonly<Record<string, string>> = {}): Promise<void> {
  // Files need Node, models don't.
  const { writeFileBytes } = await import("../io/files.ts");
  await writeFileBytes(path, tensorFile(weights, metadata));
}

/** Writes a model to a file: its variables, and its architecture in the metadata. */
export async function saveModel(path: string, model: Model, weights: NamedTensors): Promise<void> {
  const sample = map(model.blueprint.input, isType, ({ dtype, shape }) => ({ dtype, shape: shape.slice(1) })) as Types;
  const architecture: Architecture = { format: 2, model: saveModule(model), input: sample };
  await saveTensors(path, weights, { [architectureKey]: JSON.stringify(architecture) });
}
