import type { Program } from "../../ir/program.ts";
import type { Sharing, WasmCode } from "../../targets/wasm/print.ts";
import { isWorthSharing, sharedAmong } from "../../targets/wasm/print-threaded.ts";
import { hasThreads } from "./wasm-threads.ts";

/** A program printed for several threads; undefined where none of its kernels is worth it, or threads may not share memory here. */
export const sharedCode = (
  program: Program,
  { threads, patience }: { readonly threads: number; readonly patience: number | undefined },
  print: (sharing: Sharing) => WasmCode,
): WasmCode | undefined => (hasThreads() && isWorthSharing(program) ? print(sharedAmong(threads, patience)) : undefined);
