import { flag, listOf, positiveInteger, text } from "../../core/checks.ts";
import type { OptionChecks } from "../../core/options.ts";
import type { LayerOptions } from "../layer.ts";

/** The checks of what every layer can be told. */
export const layerChecks: OptionChecks<LayerOptions> = { name: text, inputShape: listOf(positiveInteger), trainable: flag };
