import type { ErrorCode } from "../../core/errors.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import type { Callee } from "../cpu/wasm-executable.ts";

/** What a worker is asked, in order. Memories and programs go by numbers that whoever asks has given them. */
export type Request =
  | { readonly kind: "allocate"; readonly memory: number; readonly byteLength: number }
  | { readonly kind: "fill"; readonly memory: number; readonly bytes: Uint8Array }
  | { readonly kind: "copy"; readonly from: number; readonly to: number }
  /** There is nothing in these, and why. */
  | { readonly kind: "lose"; readonly memories: readonly number[]; readonly fault: Fault }
  | {
      readonly kind: "load";
      readonly program: number;
      readonly callee: Callee;
      readonly code: WasmCode;
      readonly shared?: SharedCode | undefined;
    }
  | { readonly kind: "run"; readonly program: number; readonly memories: readonly number[]; readonly times: number }
  | { readonly kind: "unload"; readonly program: number }
  | { readonly kind: "read"; readonly memory: number; readonly ticket: number }
  | { readonly kind: "forget"; readonly memories: readonly number[]; readonly programs: readonly number[] };

/** A program printed for several threads. */
export interface SharedCode {
  readonly code: WasmCode;
  readonly threads: number;
}

/** What a `read` is answered with. */
export type Answer = { readonly ticket: number } & ({ readonly bytes: Uint8Array } | { readonly fault: Fault });

/** An error as it crosses over. */
export interface Fault {
  /** None where the error isn't one of ours. */
  readonly code: ErrorCode | undefined;
  readonly where: string;
  readonly message: string;
}

export function faultOf(cause: unknown): Fault {
  if (cause instanceof GradsmithError) return { code: cause.code, where: cause.where, message: cause.message };
  return { code: undefined, where: "worker", message: cause instanceof Error ? cause.message : String(cause) };
}

export function errorOf({ code, where, message }: Fault): Error {
  if (code === undefined) return new Error(message);
  const error = new GradsmithError(code, where, "");
  error.message = message;
  return error;
}
