import type { DType, TypedArray } from "../core/dtype.ts";
import type { Kernel } from "./kernel.ts";

/** One piece of memory a program uses. */
export interface ProgramBuffer {
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
  /**
   * `argument`: handed over at each run, by its place in `Program.arguments`. `temporary`: in the arena at `offset` bytes.
   * `constant`: in the arena too, filled with `data` once. `view`: a piece of another buffer from element `start` on, which moves by `step`
   * elements with every turn of the `Repeat` that lists it.
   */
  readonly place:
    | { readonly kind: "argument" }
    | { readonly kind: "temporary"; readonly offset: number }
    | { readonly kind: "constant"; readonly offset: number; readonly data: TypedArray }
    | { readonly kind: "view"; readonly of: number; readonly start: number; readonly step: number };
}

export interface Call {
  /** Index into `Program.kernels`; identical kernels are listed once. */
  readonly kernel: number;
  /** Program buffers for the kernel's buffers, in order, leaving out scratch. */
  readonly buffers: readonly number[];
}

/** Calls made `repeat` times in a row, with some buffers moving on from turn to turn. */
export interface Repeat {
  readonly repeat: number;
  /** The views that move with this loop; each comes after those it is a view of. */
  readonly views: readonly number[];
  readonly calls: readonly (Call | Repeat)[];
}

export const isRepeat = (step: Call | Repeat): step is Repeat => "repeat" in step;

/** Every call once, in order, with how often it is made. */
export function eachCall(calls: readonly (Call | Repeat)[], times = 1): { readonly call: Call; readonly times: number }[] {
  return calls.flatMap((step) => (isRepeat(step) ? eachCall(step.calls, times * step.repeat) : [{ call: step, times }]));
}

/** The buffer that isn't a view, in which a buffer lies. */
export function homeOf(buffers: readonly ProgramBuffer[], buffer: number): number {
  const { place } = buffers[buffer]!;
  return place.kind === "view" ? homeOf(buffers, place.of) : buffer;
}

/** Kernels in the order they run, and the memory they run in. What a backend is given. */
export interface Program {
  readonly name: string;
  readonly buffers: readonly ProgramBuffer[];
  readonly kernels: readonly Kernel[];
  readonly calls: readonly (Call | Repeat)[];
  /**
   * Program buffers handed over at each run, in order. `access` says what the program does with it: an `update` argument is donated state,
   * read and overwritten in place, so that `repeat` runs in a row carry it from one to the next.
   */
  readonly arguments: readonly { readonly buffer: number; readonly access: "read" | "write" | "update" }[];
  /** Arena size; offsets are multiples of 64 and every buffer is followed by at least 64 bytes of slack. */
  readonly arenaBytes: number;
}
