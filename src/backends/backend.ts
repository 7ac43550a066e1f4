import type { Traced } from "../compiler/compile.ts";
import type { Program } from "../ir/program.ts";
import type { DeviceSettings } from "./settings.ts";

/** Memory of a device. Only its backend knows what is behind it, and nobody frees it: it goes when nothing mentions it any more. */
export interface Memory {
  readonly byteLength: number;
}

/**
 * A device: a queue of work in the order it is given, over memory that only the device can touch. Every call returns at once, whether or not the
 * work is done by then; `read` alone waits. Backends know no op: new ops cost them nothing.
 */
export interface Backend {
  /** What `setDevice` calls it. */
  readonly name: string;
  /** Memory with anything in it. */
  allocate(byteLength: number): Memory;
  /** Memory with these bytes, which belong to the device from now on: where it can compute with them in place, nothing is copied. */
  adopt(bytes: Uint8Array): Memory;
  /** Bytes of the memory's length, which may come later: what is queued after them waits. They are not to be changed. */
  write(memory: Memory, bytes: Uint8Array | Promise<Uint8Array>): void;
  /** Memory of its own with what is in the other once all work queued so far is done. */
  copy(memory: Memory): Memory;
  /** Begins to make a traced function ready to run. */
  load(traced: Traced, options: LoadOptions): Executable;
  /**
   * Runs a loaded function `times` times: over the memories of `Traced.inputs`, then one for each output that takes over no input's, in order.
   * Those of donated inputs are updated from one time to the next.
   */
  enqueue(executable: Executable, memories: readonly Memory[], times: number): void;
  /** What is in the memory once all work queued so far is done; bytes that belong to the caller. Rejects if that work failed. */
  read(memory: Memory): Promise<Uint8Array>;
  /** What is in the memory, where that is at hand without waiting for anything: for showing it. Bytes that belong to the caller. */
  peek?(memory: Memory): Uint8Array | undefined;
  /** What programs run on here, for people. */
  describe(settings: DeviceSettings): DeviceDescription;
}

/** How a traced function is made ready. */
export interface LoadOptions {
  /** How often it will run, as far as is known: what decides whether a compiler's time is worth it. */
  readonly expectedRuns: number;
  readonly settings: DeviceSettings;
  /** Whether it is run so seldom that much memory is not to be held from run to run. */
  readonly isSeldom?: boolean | undefined;
}

/** A traced function on a device. */
export interface Executable {
  /** Resolves when runs will not wait for a compiler. Rejects if there is no way to run it here. */
  readonly ready: Promise<void>;
  /** About how many operations a run takes. Waits, blocking, where that isn't known yet. */
  readonly operations: number;
  /** About how many of them take some ten milliseconds where it runs: so much work is worth a call. */
  readonly operationsPerCall: number;
  /** What became of it. Waits, blocking, where that isn't known yet. */
  explain(): Explanation;
  /** Nobody waits for it any more: what is still being compiled doesn't keep the process alive. */
  abandon(): void;
}

/** Where a program runs, and why. */
export interface Explanation {
  /** How the device runs it: "native", "wasm", "reference". */
  readonly tier: string;
  readonly reason: string;
  /** Its kernels and its memory, where it was compiled. */
  readonly program: Program | undefined;
}

/** What a device is. */
export interface DeviceDescription {
  /** What `setDevice` calls it: "cpu", "reference". */
  readonly device: string;
  /** How it computes: "native", "wasm", "reference". */
  readonly tier: string;
  /** How many a large kernel may use. */
  readonly threads: number;
  /** Sentences for people: what is used, and why. */
  readonly lines: readonly string[];
}
