import { encodeModule } from "../../targets/wasm/encode.ts";
import type { ValueType } from "../../targets/wasm/function.ts";
import { FunctionBuilder } from "../../targets/wasm/function.ts";
import type { Opcode } from "../../targets/wasm/opcodes.ts";
import { wasmEngine } from "./wasm-engine.ts";

export interface WasmFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

let ask = (): boolean => false;

/** Says how to ask an engine for relaxed SIMD that it has behind a flag: gives whether there is something to ask. */
export function askForRelaxedSimdBy(asking: () => boolean): void {
  ask = asking;
}

/** What this machine's WebAssembly can do. */
export function wasmFeatures(): WasmFeatures {
  const hasRelaxed = (): boolean => validates("f32x4.relaxed_madd", 3);
  return { simd: validates("f32x4.abs", 1), relaxedSimd: hasRelaxed() || (ask() && hasRelaxed()) };
}

const validates = (op: Opcode, operands: number): boolean => wasmEngine()?.validate(moduleWith(op, operands)) ?? false;

/** A function that applies one vector instruction to its parameters. */
function moduleWith(op: Opcode, operands: number): Uint8Array {
  const vectors = new Array<ValueType>(operands).fill("v128");
  const code = new FunctionBuilder("f", vectors, ["v128"]);
  for (let i = 0; i < operands; i++) code.emit("local.get", i);
  code.emit(op);
  return encodeModule({ memoryPages: 1, functions: [code.finish()], exports: [{ name: "f", index: 0 }] });
}
