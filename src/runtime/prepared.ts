import type { Backend, Executable } from "../backends/backend.ts";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { Storage } from "../backends/storage.ts";
import type { Compiled, Traced } from "../compiler/compile.ts";
import { compile } from "../compiler/compile.ts";
import { GradsmithError } from "../core/errors.ts";
import { chooseBackend, fallBack } from "./device.ts";
import { deviceSettings } from "./settings.ts";
import { byteLengthOf, decode, storageFrom } from "./values.ts";

/** A traced function made ready on a device. */
export interface Prepared {
  /** Resolves when `run` will not wait for a compiler. Never rejects: a tier that fails is replaced by the next. */
  readonly ready: Promise<void>;
  /** Where it runs, and why there. */
  readonly tier: string;
  readonly reason: string;
  readonly compiled: Compiled | undefined;
  /**
   * Runs over the storages of `Traced.inputs`; donated ones are overwritten. Gives the storage of each output, new ones freshly made.
   */
  run(inputs: readonly Storage[], repeat: number): Storage[];
}

/** `expectedRuns` is how often it will run, as far as is known: what decides whether a compiler's time is worth it. */
export function prepare(traced: Traced, expectedRuns: number): Prepared {
  return deviceSettings().device === "reference" ? new OnReference(traced) : new OnBackend(traced, expectedRuns);
}

class OnBackend implements Prepared {
  readonly #traced: Traced;
  #backend: Backend;
  #compiled: Compiled;
  #executable: Executable;
  #reason: string;
  readonly ready: Promise<void>;

  constructor(traced: Traced, expectedRuns: number) {
    this.#traced = traced;
    const choice = chooseBackend(traced, expectedRuns);
    this.#backend = choice.backend;
    this.#reason = choice.reason;
    this.#compiled = choice.compiled;
    this.#executable = choice.backend.compile(choice.compiled.program);
    this.ready = this.#executable.ready.catch((cause: unknown) => this.#useNext(cause));
  }

  get tier(): string {
    return this.#backend.name;
  }
  get reason(): string {
    return this.#reason;
  }
  get compiled(): Compiled {
    return this.#compiled;
  }

  run(inputs: readonly Storage[], repeat: number): Storage[] {
    const { program, outputs } = this.#compiled;
    const fresh = program.arguments.slice(inputs.length).map(({ buffer }) => {
      const { dtype, length } = program.buffers[buffer]!;
      return new Storage(byteLengthOf({ dtype, shape: [length] }));
    });
    const storages = [...inputs, ...fresh];
    try {
      this.#executable.run(storages, repeat);
    } catch (cause) {
      this.#useNext(cause);
      return this.run(inputs, repeat);
    }
    return outputs.map(({ argument }) => storages[argument]!);
  }

  /** A tier that doesn't work here is replaced, with one line to say so. */
  #useNext(cause: unknown): void {
    if (!(cause instanceof GradsmithError && cause.code === "device")) throw cause;
    if (this.#backend.name === "wasm") throw cause;
    const { backend, reason } = fallBack(cause);
    this.#backend = backend;
    this.#reason = reason;
    this.#compiled = compile(this.#traced, backend.limits);
    this.#executable = backend.compile(this.#compiled.program);
  }
}

/** Interprets the graph itself. */
class OnReference implements Prepared {
  readonly ready = Promise.resolve();
  readonly tier = "reference";
  readonly reason = "asked for";
  readonly compiled = undefined;
  readonly #traced: Traced;
  constructor(traced: Traced) {
    this.#traced = traced;
  }

  run(inputs: readonly Storage[], repeat: number): Storage[] {
    const { inputs: nodes, outputs, donations } = this.#traced;
    let results: Storage[] = [];
    for (let i = 0; i < repeat; i++) {
      const places = new Map(nodes.map((node, place) => [node, place]));
      const values = evaluateGraph(outputs, (node) => decode(inputs[places.get(node)!]!.peek(), node.type.dtype));
      results = outputs.map((node, output) => {
        const computed = storageFrom(values[output]!, node.type);
        const donated = donations?.get(output);
        if (donated === undefined) return computed;
        inputs[donated]!.bytes.set(computed.peek());
        return inputs[donated]!;
      });
    }
    return results;
  }
}
