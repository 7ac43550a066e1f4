/** Files of weights. */
export type { FileTensor, Safetensors } from "../io/safetensors.ts";
export { decodeSafetensors, encodeSafetensors } from "../io/safetensors.ts";
