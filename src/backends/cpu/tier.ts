import type { Target } from "../../compiler/target.ts";
import type { Program } from "../../ir/program.ts";
import type { Storage } from "./storage.ts";

/** A way of the cpu to run programs, over memory of type `M`. */
export interface Tier<M = Storage> {
  readonly name: "wasm" | "native";
  /** What programs for it are compiled for. */
  readonly target: Target;
  /** Of a common machine: a slow one needs several times as long for them. */
  readonly operationsPerCall: number;
  /** Equal where programs made by one tier run on another of its name. */
  readonly identity: string;
  /** Begins to make a program ready and returns at once. */
  compile(program: Program): TierExecutable<M>;
  /** The same in two steps: what takes long, with pauses, and what begins to make it ready. */
  printing(program: Program): Generator<undefined, () => TierExecutable<M>>;
}

/** A program made ready. */
export interface TierExecutable<M = Storage> {
  /** Resolves when `run` will not have to wait. Rejects if the program can't be compiled. */
  readonly ready: Promise<void>;
  /** Whether that is so. */
  readonly isReady: boolean;
  /** Sees to it that it is, here and now, blocking; false where that is not allowed. Throws if the program can't be compiled. */
  finish(): boolean;
  /** Memory it holds on to from run to run. */
  readonly memoryBytes: number;
  /**
   * Runs the program `repeat` times over the memories for `Program.arguments`. Waits for compilation if `ready` has not resolved.
   * When it returns, results can be read.
   */
  run(memories: readonly M[], repeat: number): void;
  /** Lets go of the memory that it holds from run to run, until the next run. */
  unload(): void;
  /** Nobody waits for it any more. */
  abandon(): void;
}
