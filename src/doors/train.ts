/** Training: models that fit, and minimisers of functions. */
import "../runtime/install.ts";

export type { MinimizeOptions, Minimum } from "../train/minimize.ts";
export { minimize } from "../train/minimize.ts";
