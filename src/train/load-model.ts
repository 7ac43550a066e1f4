import { GradsmithError } from "../core/errors.ts";
import { decodeSafetensors } from "../io/safetensors.ts";
import { layerFrom } from "../nn/layers/registry.ts";
import { tensor } from "../tensor/create.ts";
import { architectureKey, readArchitecture } from "./architecture.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

/**
 * A model from a file that `model.save` wrote, with its weights. To train on or to evaluate it, compile it again.
 *
 * @example const model = await loadModel("run/model.safetensors");
 * @throws GradsmithError "file" where the file is missing, damaged or not a model.
 */
export async function loadModel(path: string): Promise<Sequential> {
  // Files need Node, models don't.
  const { readFileBytes } = await import("../io/files.ts");
  return modelFromBytes(await readFileBytes(path), path);
}

/** A model from the bytes of such a file; `where` names it in errors. */
export function modelFromBytes(bytes: Uint8Array, where: string): Sequential {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const { name, inputShape, dtype, layers } = readArchitecture(where, metadata[architectureKey]);
  const model = built(where, () =>
    sequential(
      layers.map((entry) => layerFrom("loadModel", entry.layer)),
      { name, inputShape, dtype },
    ),
  );
  const missing = Object.keys(model.blueprint.variables).find((variable) => tensors[variable] === undefined);
  if (missing !== undefined) throw new GradsmithError("file", where, `the weight "${missing}" is missing.`, "Save the model again.");
  const weights = Object.entries(tensors).map(([variable, { shape, data, dtype: stored }]) => [
    variable,
    tensor(data, { shape, dtype: stored, transfer: true }),
  ]);
  built(where, () => model.setWeights(Object.fromEntries(weights)));
  return model;
}

/** A file may describe a model that can't be; the error is then the file's, with the reason from whoever found it. */
function built<T>(where: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof GradsmithError)) throw error;
    throw new GradsmithError("file", where, `holds a model that can't be built: ${error.message}`);
  }
}
