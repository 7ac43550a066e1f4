import type { DType, TypedArray } from "../core/dtype.ts";
import type { Kernel } from "./kernel.ts";

/** One piece of memory a program uses. */
export interface ProgramBuffer {
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
  /**
   * `argument`: handed over at each run, by its place in `Program.arguments`. `temporary`: in the arena at `offset` bytes.
   * `constant`: in the arena too, filled with `data` once.
   */
  readonly place:
    | { readonly kind: "argument" }
    | { readonly kind: "temporary"; readonly offset: number }
    | { readonly kind: "constant"; readonly offset: number; readonly data: TypedArray };
}

export interface Call {
  /** Index into `Program.kernels`; identical kernels are listed once. */
  readonly kernel: number;
  /** Program buffers for the kernel's buffers, in order, leaving out scratch. */
  readonly buffers: readonly number[];
}

/** Kernels in the order they run, and the memory they run in. What a backend is given. */
export interface Program {
  readonly name: string;
  readonly buffers: readonly ProgramBuffer[];
  readonly kernels: readonly Kernel[];
  readonly calls: readonly Call[];
  /**
   * Program buffers handed over at each run, in order. `access` says what the program does with it: an `update` argument is donated state,
   * read and overwritten in place, so that `repeat` runs in a row carry it from one to the next.
   */
  readonly arguments: readonly { readonly buffer: number; readonly access: "read" | "write" | "update" }[];
  /** Arena size; offsets are multiples of 64 and every buffer is followed by at least 64 bytes of slack. */
  readonly arenaBytes: number;
}
