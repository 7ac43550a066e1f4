import { disk } from "../core/disk.ts";
import { GradsmithError } from "../core/errors.ts";
import { map } from "../core/tree.ts";
import { downloadBlob, keepBlob } from "../io/page-storage.ts";
import { safetensorsHeader, safetensorsPart } from "../io/safetensors.ts";
import { saveModule } from "../nn/saved-module.ts";
import type { Types } from "../nn/shapes.ts";
import { isType } from "../nn/shapes.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Architecture } from "./architecture.ts";
import { architectureKey } from "./architecture.ts";
import type { Traceable } from "./objective.ts";
import type { SaveOptions, WeightStorage } from "./weight-storage.ts";
import { storageOf, stored } from "./weight-storage.ts";

type Metadata = Readonly<Record<string, string>>;

/** A safetensors file, part by part, so that one tensor is copied at a time. */
export async function* tensorFile(
  weights: NamedTensors,
  metadata: Metadata = {},
  storage: WeightStorage = "f32",
): AsyncGenerator<Uint8Array> {
  const { tensors, metadata: more } = stored(weights, storage);
  const { header, names } = safetensorsHeader(tensors, { ...metadata, ...more });
  yield header;
  for (const name of names) {
    const { dtype, shape, data } = tensors[name]!;
    yield safetensorsPart(name, { dtype, shape, data: await data() });
  }
}

const kept = "indexeddb://";
const downloaded = "downloads://";

/** Writes a file, as a whole or not at all: to a path, to what the browser keeps for a page, or as a download. */
export async function writeParts(target: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const name = [kept, downloaded].map((place) => (target.startsWith(place) ? target.slice(place.length) : undefined));
  if (name.every((each) => each === undefined))
    return (await disk(target, 'Save to "indexeddb://name" or "downloads://name.safetensors", or take toBytes().')).writeFileBytes(
      target,
      parts,
    );
  if (name.includes("")) throw new GradsmithError("option", "save", `"${target}" lacks a name.`, `Write "${target}model".`);
  const blob = new Blob((await partsOf(parts)) as Uint8Array<ArrayBuffer>[], { type: "application/octet-stream" });
  if (name[0] !== undefined) await keepBlob(name[0], blob);
  else downloadBlob(name[1]!, blob);
}

async function partsOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

/** A file's bytes. */
export async function wholeFile(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all = await partsOf(parts);
  const bytes = new Uint8Array(all.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of all) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

/** Variables, part by part. */
export const weightsFile = (weights: NamedTensors, options: SaveOptions): AsyncGenerator<Uint8Array> =>
  tensorFile(weights, {}, storageOf("saveWeights", options));

/** A model, part by part: its variables, and its architecture in the metadata. */
export const modelFile = (where: string, model: Traceable, weights: NamedTensors, options: SaveOptions): AsyncGenerator<Uint8Array> =>
  tensorFile(weights, modelMetadata(model), storageOf(where, options));

/** What a file says of a model besides its variables. */
export function modelMetadata(model: Traceable): Metadata {
  const sample = map(model.blueprint.input, isType, ({ dtype, shape }) => ({ dtype, shape: shape.slice(1) })) as Types;
  const architecture: Architecture = { format: 2, model: saveModule(model), input: sample };
  return { [architectureKey]: JSON.stringify(architecture) };
}
