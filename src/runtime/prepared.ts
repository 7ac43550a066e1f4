import type { Executable } from "../backends/backend.ts";
import { Storage } from "../backends/storage.ts";
import type { Compiled, Traced } from "../compiler/compile.ts";
import { chooseBackend } from "./device.ts";
import { replacement } from "./native-tier.ts";
import { onReference } from "./on-reference.ts";
import { deviceSettings } from "./settings.ts";
import { byteLengthOf } from "./values.ts";
import type { BackendChoice } from "./wasm-tier.ts";

/** A traced function made ready on a device. */
export interface Prepared {
  /** Resolves when `run` will not wait for a compiler. Never rejects: a tier that fails is replaced by the next. */
  readonly ready: Promise<void>;
  /** Where it runs, and why there. */
  readonly tier: string;
  readonly reason: string;
  readonly compiled: Compiled | undefined;
  /** Memory it holds on to from run to run. */
  readonly memoryBytes: number;
  /**
   * Runs over the storages of `Traced.inputs`; donated ones are overwritten. Gives the storage of each output, new ones freshly made.
   */
  run(inputs: readonly Storage[], repeat: number): Storage[];
}

/** `expectedRuns` is how often it will run, as far as is known: what decides whether a compiler's time is worth it. */
export function prepare(traced: Traced, expectedRuns: number): Prepared {
  return deviceSettings().device === "reference" ? onReference(traced) : new OnBackend(traced, expectedRuns);
}

interface Made extends BackendChoice {
  readonly executable: Executable;
}

class OnBackend implements Prepared {
  readonly #traced: Traced;
  readonly #work: Generator<undefined, BackendChoice>;
  #made: Made | undefined;
  #failure: unknown;
  readonly ready: Promise<void>;

  constructor(traced: Traced, expectedRuns: number) {
    this.#traced = traced;
    this.#work = chooseBackend(traced, expectedRuns);
    const inTime = this.#workUntil(performance.now() + sliceMs);
    this.ready = (inTime ? Promise.resolve() : inBackground((deadline) => this.#workUntil(deadline))).then(() =>
      this.#finish().executable.ready.catch((cause: unknown) => this.#useNext(cause)),
    );
    // Whoever never waits learns of a failure from `run`.
    this.ready.catch(() => {});
  }

  get tier(): string {
    return this.#finish().backend.name;
  }
  get reason(): string {
    return this.#finish().reason;
  }
  get compiled(): Compiled {
    return this.#finish().compiled;
  }

  get memoryBytes(): number {
    return this.#finish().executable.memoryBytes;
  }

  run(inputs: readonly Storage[], repeat: number): Storage[] {
    const { compiled, executable } = this.#finish();
    const { program, outputs } = compiled;
    const fresh = program.arguments.slice(inputs.length).map(({ buffer }) => {
      const { dtype, length } = program.buffers[buffer]!;
      return new Storage(byteLengthOf({ dtype, shape: [length] }));
    });
    const storages = [...inputs, ...fresh];
    try {
      executable.run(storages, repeat);
    } catch (cause) {
      this.#useNext(cause);
      return this.run(inputs, repeat);
    }
    return outputs.map(({ argument }) => storages[argument]!);
  }

  /** The program made, now if it isn't yet. */
  #finish(): Made {
    this.#workUntil(Number.POSITIVE_INFINITY);
    return this.#made!;
  }

  /** Goes on making the program until a time; whether it's done. */
  #workUntil(deadline: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      while (this.#made === undefined) {
        const { done, value } = this.#work.next();
        if (done === true) this.#make(value);
        else if (performance.now() > deadline) return false;
      }
    } catch (cause) {
      this.#failure = cause;
      throw cause;
    }
    return true;
  }

  #make(choice: BackendChoice): void {
    try {
      this.#made = started(choice);
    } catch (cause) {
      this.#made = started(replacement(this.#traced, choice.backend, cause));
    }
  }

  /** A tier that doesn't work here is replaced, with one line to say so. */
  #useNext(cause: unknown): void {
    this.#made = started(replacement(this.#traced, this.#finish().backend, cause));
  }
}

/** A choice made ready to run. */
const started = (choice: BackendChoice): Made => ({ ...choice, executable: choice.start() });

/** How long the compiler works before others have their turn, in ms. */
const sliceMs = 15;
let queue: Promise<unknown> = Promise.resolve();

/** Does work in slices, one piece of work after the other. */
function inBackground(workUntil: (deadline: number) => boolean): Promise<void> {
  const work = async (): Promise<void> => {
    do await macrotask();
    while (!workUntil(performance.now() + sliceMs));
  };
  const done = queue.then(work);
  queue = done.catch(() => {});
  return done;
}

/** The next turn of the event loop. */
const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
