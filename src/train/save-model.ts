import type { NamedTensors } from "../optim/optimizer.ts";
import type { Architecture } from "./architecture.ts";
import { architectureKey } from "./architecture.ts";

/** A safetensors file with a model's variables, and its architecture in the metadata: part by part, so that one variable is copied at a time. */
async function* modelFile(architecture: Architecture, weights: NamedTensors): AsyncGenerator<Uint8Array> {
  const { safetensorsHeader, safetensorsPart } = await import("../io/safetensors.ts");
  const { header, names } = safetensorsHeader(weights, { [architectureKey]: JSON.stringify(architecture) });
  yield header;
  for (const name of names) {
    const { dtype, shape } = weights[name]!;
    yield safetensorsPart(name, { dtype, shape, data: await weights[name]!.read() });
  }
}

/** Writes a model to a file, as a whole or not at all. */
export async function saveModel(path: string, architecture: Architecture, weights: NamedTensors): Promise<void> {
  // Files need Node, models don't.
  const { writeFileBytes } = await import("../io/files.ts");
  await writeFileBytes(path, modelFile(architecture, weights));
}
