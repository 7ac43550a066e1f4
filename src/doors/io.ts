/** Files of weights, and the models that a page keeps. */
export { removeSavedModel, savedModels } from "../io/page-storage.ts";
export type { FileTensor, Safetensors } from "../io/safetensors.ts";
export { decodeSafetensors, encodeSafetensors } from "../io/safetensors.ts";
