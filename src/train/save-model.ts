import { map } from "../core/tree.ts";
import { saveModule } from "../nn/saved-module.ts";
import type { Types } from "../nn/shapes.ts";
import { isType } from "../nn/shapes.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Architecture } from "./architecture.ts";
import { architectureKey } from "./architecture.ts";
import type { Traceable } from "./objective.ts";

type Metadata = Readonly<Record<string, string>>;

/** A safetensors file, part by part, so that one tensor is copied at a time. */
export async function* tensorFile(tensors: NamedTensors, metadata: Metadata = {}): AsyncGenerator<Uint8Array> {
  const { safetensorsHeader, safetensorsPart } = await import("../io/safetensors.ts");
  const { header, names } = safetensorsHeader(tensors, metadata);
  yield header;
  for (const name of names) {
    const { dtype, shape } = tensors[name]!;
    yield safetensorsPart(name, { dtype, shape, data: await tensors[name]!.read() });
  }
}

/** Writes a file, as a whole or not at all. */
export async function writeParts(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  // Files need Node, models don't.
  const { writeFileBytes } = await import("../io/files.ts");
  await writeFileBytes(path, parts);
}

/** Writes variables to a file. */
export const saveTensors = (path: string, weights: NamedTensors): Promise<void> => writeParts(path, tensorFile(weights));

/** Writes a model to a file: its variables, and its architecture in the metadata. */
export const saveModel = (path: string, model: Traceable, weights: NamedTensors): Promise<void> =>
  writeParts(path, tensorFile(weights, modelMetadata(model)));

/** What a file says of a model besides its variables. */
export function modelMetadata(model: Traceable): Metadata {
  const sample = map(model.blueprint.input, isType, ({ dtype, shape }) => ({ dtype, shape: shape.slice(1) })) as Types;
  const architecture: Architecture = { format: 2, model: saveModule(model), input: sample };
  return { [architectureKey]: JSON.stringify(architecture) };
}
