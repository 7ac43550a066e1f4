import { GradsmithError } from "../core/errors.ts";
import { Layer } from "../nn/layer.ts";
import { modernized } from "../nn/legacy.ts";
import type { CompositeBuilders } from "../nn/saved-module.ts";
import { loadModule } from "../nn/saved-module.ts";
import type { SavedModule } from "../nn/saved-parts.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Architecture, FlatArchitecture } from "./architecture.ts";
import { architectureKey, readArchitecture } from "./architecture.ts";
import { Model } from "./model.ts";
import type { ModelFile } from "./read-model-file.ts";
import { checkTensors, readTensors } from "./read-model-file.ts";
import type { SequentialOptions } from "./sequential.ts";
import { sequential } from "./sequential.ts";

/** A model of one input and one output, which is what a file holds if nothing else is said: `loadModel<Shop>(path)` says it. */
export type TensorModel = Model & { forward(x: Tensor): Tensor };

/**
 * A model from a file that `model.save` wrote, with its weights. To train on or to evaluate it, compile it again. Classes and functions of
 * your own that are in it must have been registered.
 *
 * @param from a path, a URL, in a page "indexeddb://name", the file's bytes, a Blob or what `fetch` answers.
 * @throws GradsmithError "file" where the file is missing, damaged or not a model, "network" where a URL doesn't answer.
 * @example const model = await loadModel("run/model.safetensors");
 */
export async function loadModel<M extends Model = TensorModel>(from: ModelFile): Promise<M> {
  const { tensors, metadata, where } = await readTensors(from);
  const architecture = readArchitecture(where, metadata[architectureKey]);
  const loaded = fromFile(where, () => {
    const model = "format" in architecture ? built(where, architecture) : flat(architecture);
    checkTensors(where, tensors, model.blueprint);
    model.setWeights(tensors);
    return model;
  });
  return loaded as M;
}

function built(where: string, { model: form, input }: Architecture): Model {
  const module = loadModule(where, form, composites);
  if (!(module instanceof Model))
    throw new GradsmithError("file", where, `holds a ${module.kind}, which is a part of a model and not one.`);
  return module.build(input);
}

const composites: CompositeBuilders = {
  sequential(options, load) {
    const { layers, ...rest } = options as SequentialOptions & { readonly layers?: readonly SavedModule[] };
    const model = sequential([], rest);
    if (!Array.isArray(layers)) throw new GradsmithError("file", "sequential", "lacks its list of layers.");
    for (const layer of layers) model.add(load(layer));
    return model;
  },
};

/** A model of a file of before, whose layers may have options under their names of then. */
function flat({ name, inputShape, dtype, layers }: FlatArchitecture): Model {
  const modules = layers.map(({ layer }) => loadModule("loadModel", modernized(layer), {}));
  return sequential(
    modules.filter((module) => module instanceof Layer),
    { name, inputShape, dtype },
  );
}

/** A file may describe a model that can't be; the error is then the file's, with the reason from whoever found it. */
function fromFile<T>(where: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof GradsmithError) || error.code === "file") throw error;
    throw new GradsmithError("file", where, `holds a model that can't be built: ${error.message}`);
  }
}
