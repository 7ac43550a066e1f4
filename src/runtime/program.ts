import type { Backend, Executable, Memory } from "../backends/backend.ts";
import type { Traced } from "../compiler/compile.ts";
import { byteLengthOf } from "../core/encoding.ts";
import { counted } from "./counters.ts";
import { currentBackend, deviceSettings } from "./settings.ts";

export interface ProgramOptions {
  /** How often it will run, as far as is known: what decides whether a compiler's time is worth it. */
  readonly expectedRuns: number;
  /** Whether it is run so seldom that much memory is not to be held from run to run. */
  readonly isSeldom?: boolean;
}

/** Programs that are being made. */
const loading = new Set<Program>();

/** A traced function on the device that was in use when it was traced. */
export class Program {
  readonly backend: Backend;
  readonly executable: Executable;
  readonly traced: Traced;
  readonly #number: number;
  /** Bytes of the results that take over no input's memory. */
  readonly #fresh: readonly number[];
  /** Where in what is queued each output is. */
  readonly #places: readonly number[];

  constructor(traced: Traced, options: ProgramOptions) {
    const { outputs, donations } = traced;
    this.traced = traced;
    this.backend = currentBackend();
    this.executable = this.backend.load(traced, { ...options, settings: deviceSettings() });
    this.#fresh = outputs.filter((_, i) => donations?.has(i) !== true).map(({ type }) => byteLengthOf(type));
    let next = traced.inputs.length;
    this.#places = outputs.map((_, i) => donations?.get(i) ?? next++);
    this.#number = counted.programs++;
    loading.add(this);
    const done = (): void => void loading.delete(this);
    this.executable.ready.then(done, done);
  }

  /** Programs begun after so many others don't keep the process alive any more while they are being made. */
  static abandonSince(number: number): void {
    for (const program of loading) if (program.#number >= number) program.executable.abandon();
  }

  /**
   * Queues runs over the memories of `Traced.inputs`, a list that is the program's from now on; donated ones are overwritten. Gives the memory of
   * each output at once, new ones freshly made.
   */
  run(memories: Memory[], times: number): Memory[] {
    for (const byteLength of this.#fresh) memories.push(this.backend.allocate(byteLength));
    this.backend.enqueue(this.executable, memories, times);
    return this.#places.map((place) => memories[place]!);
  }
}
