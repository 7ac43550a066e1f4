import { choose } from "../../core/checks.ts";
import type { SavedForm } from "../described.ts";
import type { Layer } from "../layer.ts";
import { Activation } from "./activation.ts";
import { BatchNormalization } from "./batch-normalization.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { Flatten } from "./flatten.ts";
import { Reshape } from "./reshape.ts";

/** How each kind of layer is built again from its saved options. */
const layers = {
  activation: (options: never) => new Activation(options),
  batchNormalization: (options: never) => new BatchNormalization(options),
  dense: (options: never) => new Dense(options),
  dropout: (options: never) => new Dropout(options),
  flatten: (options: never) => new Flatten(options),
  reshape: (options: never) => new Reshape(options),
} satisfies Record<string, (options: never) => Layer>;

/** The layer a saved form describes. Only for forms of trusted shape: the layer's own checks do the rest. */
export function layerFrom(where: string, saved: SavedForm): Layer {
  const [kind, options] = typeof saved === "string" ? [saved, {}] : saved;
  return choose<(options: never) => Layer>(where, "layer", kind, layers)(options as never);
}
