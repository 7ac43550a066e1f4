import type { Target } from "../compiler/target.ts";
import type { Program } from "../ir/program.ts";
import type { Storage } from "./storage.ts";

/** A device. It knows buffers and programs, and no op: new ops cost a backend nothing. */
export interface Backend {
  readonly name: "reference" | "wasm" | "native";
  /** What programs for this device are compiled for. */
  readonly target: Target;
  /** Begins to make a program ready and returns at once. */
  compile(program: Program): Executable;
}

export interface Executable {
  /** Resolves when `run` will not have to wait. Rejects if the program can't be compiled. */
  readonly ready: Promise<void>;
  /** Memory it holds on to from run to run. */
  readonly memoryBytes: number;
  /**
   * Runs the program `repeat` times over the storages for `Program.arguments`. Waits for compilation if `ready` has not resolved.
   * When it returns, results can be read.
   */
  run(storages: readonly Storage[], repeat: number): void;
}
