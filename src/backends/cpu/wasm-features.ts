import { askForRelaxedSimd } from "./relaxed-simd.ts";
import { wasmEngine } from "./wasm-engine.ts";

export interface WasmFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** What this machine's WebAssembly can do. */
export function wasmFeatures(): WasmFeatures {
  return { simd: validates(simdModule), relaxedSimd: validates(relaxedModule) || (askForRelaxedSimd() && validates(relaxedModule)) };
}

const validates = (bytes: readonly number[]): boolean => wasmEngine()?.validate(Uint8Array.from(bytes)) ?? false;

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** `(func (param v128) (result v128) local.get 0 f32x4.abs)` */
const simdModule = [
  ...header,
  0x01,
  0x06,
  0x01,
  0x60,
  0x01,
  0x7b,
  0x01,
  0x7b,
  0x03,
  0x02,
  0x01,
  0x00,
  0x0a,
  0x09,
  0x01,
  0x07,
  0x00,
  0x20,
  0x00,
  0xfd,
  0xe0,
  0x01,
  0x0b,
];
/** `(func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 f32x4.relaxed_madd)` */
const relaxedModule = [
  ...header,
  0x01,
  0x08,
  0x01,
  0x60,
  0x03,
  0x7b,
  0x7b,
  0x7b,
  0x01,
  0x7b,
  0x03,
  0x02,
  0x01,
  0x00,
  0x0a,
  0x0d,
  0x01,
  0x0b,
  0x00,
  0x20,
  0x00,
  0x20,
  0x01,
  0x20,
  0x02,
  0xfd,
  0x85,
  0x02,
  0x0b,
];
