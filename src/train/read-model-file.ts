import { disk } from "../core/disk.ts";
import { GradsmithError } from "../core/errors.ts";
import { quotedName } from "../core/printable.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { keptBlob } from "../io/page-storage.ts";
import type { ByteSource } from "../io/safetensors.ts";
import { decodeSafetensors, readSafetensors } from "../io/safetensors.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { constantOf } from "../runtime/values.ts";
import { tensor } from "../tensor/create.ts";
import { trainingKey, trainingPrefix } from "./checkpoint.ts";
import { checkScales, restored } from "./weight-storage.ts";

/** Where a model's file is: a path, a URL, in a page "indexeddb://name", or its bytes, also as a Blob or what `fetch` answers. */
export type ModelFile = string | URL | Uint8Array | Blob | Response;

interface FileContents {
  readonly tensors: NamedTensors;
  /** Those of a checkpoint that belong to the training and not to the model, without what all their names begin with. */
  readonly training: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
  /** How errors name it. */
  readonly where: string;
}

/** The tensors and the metadata of a safetensors file. */
export async function readTensors(from: ModelFile): Promise<FileContents> {
  if (isOnDisk(from)) {
    const { filePathOf, withFile } = await disk(String(from), "Give a URL, the file's bytes or a Blob.");
    const path = typeof from === "string" ? from : filePathOf(from);
    return withFile(path, (file) => tensorsIn(file, path));
  }
  const { bytes, where } = await bytesOf(from);
  return tensorsIn(bytes, where);
}

export async function tensorsIn(source: Uint8Array | ByteSource, where: string): Promise<FileContents> {
  const { tensors, metadata } = source instanceof Uint8Array ? decodeSafetensors(source, where) : await readSafetensors(source, where);
  checkScales(where, tensors, metadata);
  const ofTraining = (name: string): boolean => metadata[trainingKey] !== undefined && name.startsWith(trainingPrefix);
  const all = Object.entries(tensors).map(([name, { shape, data, dtype }]) => {
    // Two-byte floats come as their bits.
    const isHalf = dtype === "f16" || dtype === "bf16";
    return [name, isHalf ? constantOf(data, { shape, dtype }) : tensor(data, { shape, dtype, transfer: true })] as const;
  });
  return {
    tensors: restored(where, Object.fromEntries(all.filter(([name]) => !ofTraining(name))), metadata),
    training: Object.fromEntries(
      all.filter(([name]) => ofTraining(name)).map(([name, value]) => [name.slice(trainingPrefix.length), value]),
    ),
    metadata,
    where,
  };
}

const remote = /^https?:\/\//i;
const kept = "indexeddb://";

const isOnDisk = (from: ModelFile): from is string | URL =>
  typeof from === "string" ? !from.startsWith(kept) && !remote.test(from) : from instanceof URL && from.protocol === "file:";

/** A Blob may lie on a disk too. */
const inBlob = (blob: Blob): ByteSource => ({
  byteLength: blob.size,
  async read(target, position) {
    target.set(new Uint8Array(await blob.slice(position, position + target.byteLength).arrayBuffer()));
  },
});

async function bytesOf(from: ModelFile): Promise<{ bytes: Uint8Array | ByteSource; where: string }> {
  if (from instanceof Uint8Array) return { bytes: from, where: "the model's bytes" };
  if (typeof Blob !== "undefined" && from instanceof Blob) return { bytes: inBlob(from), where: "the model's bytes" };
  if (typeof Response !== "undefined" && from instanceof Response) {
    const where = from.url || "the model's bytes";
    return { bytes: await bodyOf(from, where), where };
  }
  if (typeof from === "string" && from.startsWith(kept)) {
    return { bytes: inBlob(await keptBlob(from.slice(kept.length))), where: from };
  }
  const url = from instanceof URL ? from : typeof from === "string" && URL.canParse(from) ? new URL(from) : undefined;
  if (url === undefined)
    throw new GradsmithError("option", "loadModel", "needs a path, a URL, bytes or a Blob.", 'Write loadModel("model.safetensors").');
  const response = await fetch(url).catch((cause: unknown) => {
    const page = (globalThis as { readonly location?: { readonly origin: string } }).location;
    const isElsewhere = page !== undefined && page.origin !== url.origin;
    const fix = isElsewhere ? "Its server may not let pages of another origin read it (CORS)." : "Check the address and the network.";
    throw new GradsmithError("network", url.href, `can't be reached: ${reasonOf(cause)}.`, fix);
  });
  return { bytes: await bodyOf(response, url.href), where: url.href };
}

/** Node's fetch says what failed in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message.replace(/\.$/, "");
  return error.cause instanceof Error ? `${message} (${error.cause.message})` : message;
}

async function bodyOf(response: Response, where: string): Promise<Uint8Array> {
  if (!response.ok) throw new GradsmithError("network", where, `answers with ${response.status} ${response.statusText}.`);
  if (response.bodyUsed)
    throw new GradsmithError(
      "option",
      where,
      "has been read already.",
      "Give the answer of fetch() before anything reads it, or its bytes.",
    );
  return new Uint8Array(await response.arrayBuffer());
}

/** Weights from a file must be those of the model, no fewer and no others. */
export function checkTensors(where: string, tensors: NamedTensors, { variables }: Blueprint): void {
  const missing = Object.keys(variables).find((path) => !Object.hasOwn(tensors, path));
  if (missing !== undefined)
    throw new GradsmithError("file", where, `the weight ${quotedName(missing)} is missing.`, "Save the model again.");
  for (const [path, value] of Object.entries(tensors)) {
    const variable = Object.hasOwn(variables, path) ? variables[path] : undefined;
    if (variable === undefined)
      throw new GradsmithError(
        "file",
        where,
        `holds ${quotedName(path)}, which the model doesn't have.`,
        "Load it into the model it was saved from.",
      );
    if (!sameShape(variable.shape, value.shape))
      throw new GradsmithError(
        "file",
        where,
        `${quotedName(path)} has shape ${showShape(value.shape)}, but the model's has ${showShape(variable.shape)}.`,
        "Load it into the model it was saved from.",
      );
  }
}
