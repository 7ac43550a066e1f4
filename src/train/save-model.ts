import type { FileTensor } from "../io/safetensors.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Architecture } from "./architecture.ts";
import { architectureKey } from "./architecture.ts";

/** The bytes of a safetensors file with a model's variables, and its architecture in the metadata. */
export async function modelBytes(architecture: Architecture, weights: NamedTensors): Promise<Uint8Array> {
  const { encodeSafetensors } = await import("../io/safetensors.ts");
  const entries = Object.entries(weights).map(
    async ([name, value]): Promise<[string, FileTensor]> => [name, { dtype: value.dtype, shape: value.shape, data: await value.read() }],
  );
  return encodeSafetensors(Object.fromEntries(await Promise.all(entries)), { [architectureKey]: JSON.stringify(architecture) });
}

/** Writes a model to a file, as a whole or not at all. */
export async function saveModel(path: string, architecture: Architecture, weights: NamedTensors): Promise<void> {
  // Files need Node, models don't.
  const { writeFileBytes } = await import("../io/files.ts");
  await writeFileBytes(path, await modelBytes(architecture, weights));
}
