import { setFlagsFromString } from "node:v8";

/** Node 20 has relaxed SIMD behind a flag of its engine, which can be set before a module is compiled. */
export function askForRelaxedSimd(): boolean {
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  return true;
}
