import type { Compiled, Traced } from "../../compiler/compile.ts";
import type { Explanation, Memory } from "../backend.ts";
import { macrotask } from "../event-loop.ts";
import type { InOrderExecutable } from "../in-order-backend.ts";
import type { Awaited, Loading, TierChoice } from "./loading.ts";
import type { Storage } from "./storage.ts";
import type { TierExecutable } from "./tier.ts";

/** What a program is made by, and by what if that fails; what its memory can do. */
export interface Making<M> {
  readonly loading: Loading<TierChoice<M>>;
  /** What runs in place of a tier that doesn't work here; throws where nothing does. */
  replacement(failed: TierChoice<M>, cause: unknown): TierChoice<M>;
  /** What is in one memory, into another. */
  copyInto(from: M, to: M): void;
}

interface Made<M> extends TierChoice<M> {
  readonly executable: TierExecutable<M>;
  /** For each argument of the program the place of its memory in what `enqueue` is given. */
  readonly places: readonly number[];
  /** Whether they are as they are given. */
  readonly isInOrder: boolean;
  /** Outputs that are the same value as another one: places of memory, from and to. */
  readonly twins: readonly (readonly [from: number, to: number])[];
}

/** Memory up to this size is held from run to run even by what seldom runs. */
const mostHeld = 2 ** 24;

/** A traced function on the cpu, made ready in slices so that nobody is blocked for long. */
export class CpuExecutable<M extends Memory = Storage> implements InOrderExecutable<M> {
  readonly ready: Promise<void>;
  readonly #traced: Traced;
  readonly #making: Making<M>;
  readonly #isSeldom: boolean;
  #awaited: Awaited | undefined;
  #made: Made<M> | undefined;
  #failure: { readonly cause: unknown } | undefined;

  constructor(traced: Traced, making: Making<M>, isSeldom: boolean) {
    this.#traced = traced;
    this.#making = making;
    this.#isSeldom = isSeldom;
    const inTime = this.#workUntil(performance.now() + sliceMs);
    this.ready = (inTime ? Promise.resolve() : inBackground(this)).then(() => this.#whenCompiled());
    // Whoever never waits learns of a failure from what it wants to read.
    this.ready.catch(() => {});
  }

  /** Whether `run` will not wait. */
  readonly isReady = (): boolean => this.#made?.executable.isReady === true || this.#failure !== undefined;

  /** Sees to it that it is ready, here and now; whether it is. What fails is ready too: to say so. */
  readonly finish = (): boolean => {
    try {
      return this.#now().executable.finish();
    } catch {
      return true;
    }
  };

  explain(): Explanation {
    const { tier, reason, compiled } = this.#now();
    return { tier: tier.name, reason, program: compiled.program };
  }

  get operations(): number {
    return this.compiled.operations;
  }

  get operationsPerCall(): number {
    return this.#now().tier.operationsPerCall;
  }

  get compiled(): Compiled {
    return this.#now().compiled;
  }

  /** Memory it holds on to from run to run. */
  get memoryBytes(): number {
    return this.#now().executable.memoryBytes;
  }

  abandon(): void {
    this.#awaited?.abandon();
    this.#made?.executable.abandon();
  }

  /** Over the memories that `Backend.enqueue` was given. */
  run(memories: readonly M[], times: number): void {
    const made = this.#now();
    const ordered = made.isInOrder ? memories : made.places.map((place) => memories[place]!);
    try {
      made.executable.run(ordered, times);
    } catch (cause) {
      this.#replace(made, cause);
      this.run(memories, times);
      return;
    }
    for (const [from, to] of made.twins) this.#making.copyInto(memories[from]!, memories[to]!);
    if (this.#isSeldom && made.executable.memoryBytes > mostHeld) made.executable.unload();
  }

  /** Those of these memories that are new. */
  results(memories: readonly M[]): M[] {
    return memories.slice(this.#traced.inputs.length);
  }

  /** Those that a run writes. */
  written(memories: readonly M[]): M[] {
    const { inputs, donations } = this.#traced;
    const updated = new Set(donations?.values());
    return memories.filter((_, place) => place >= inputs.length || updated.has(place));
  }

  async #whenCompiled(): Promise<void> {
    for (;;) {
      const made = this.#now();
      try {
        return await made.executable.ready;
      } catch (cause) {
        if (this.#made === made) this.#replace(made, cause);
      }
    }
  }

  /** The program made, now if it isn't yet. */
  #now(): Made<M> {
    if (this.#made === undefined) this.#workUntil(Number.POSITIVE_INFINITY);
    return this.#made!;
  }

  /** Goes on making the program until a time, or until it has to wait; whether it's done. */
  #workUntil(deadline: number): boolean {
    if (this.#failure !== undefined) throw this.#failure.cause;
    try {
      while (this.#made === undefined) {
        if (this.#awaited !== undefined) {
          if (Number.isFinite(deadline)) return false;
          this.#awaited.now();
          this.#awaited = undefined;
        }
        const step = this.#making.loading.next();
        if (step.done === true) this.#start(step.value);
        else this.#awaited = step.value;
        if (this.#made === undefined && performance.now() > deadline) return false;
      }
    } catch (cause) {
      this.#failure = { cause };
      throw cause;
    }
    return true;
  }

  /** Whether its turn in the background has to wait, and for what. */
  async whatItNeeds(): Promise<void> {
    const awaited = this.#awaited;
    await awaited?.soon();
    if (this.#awaited === awaited) this.#awaited = undefined;
  }

  /** Goes on making it for a while; whether it's done. */
  workForASlice(): boolean {
    return this.#workUntil(performance.now() + sliceMs);
  }

  #start(choice: TierChoice<M>): void {
    try {
      this.#made = this.#placed(choice);
    } catch (cause) {
      this.#made = this.#placed(this.#making.replacement(choice, cause));
    }
  }

  #replace(failed: Made<M>, cause: unknown): void {
    this.#made = this.#placed(this.#making.replacement(failed, cause));
  }

  /** A choice made ready to run. */
  #placed(choice: TierChoice<M>): Made<M> {
    const { inputs, outputs, donations } = this.#traced;
    const places = choice.compiled.program.arguments.map((_, argument) => (argument < inputs.length ? argument : -1));
    const twins: [number, number][] = [];
    let place = inputs.length;
    for (let i = 0; i < outputs.length; i++) {
      if (donations?.has(i) === true) continue;
      const { argument } = choice.compiled.outputs[i]!;
      if (places[argument] === -1) places[argument] = place;
      else twins.push([places[argument]!, place]);
      place++;
    }
    const isInOrder = twins.length === 0 && places.every((own, argument) => own === argument);
    return { ...choice, executable: choice.start(), places, isInOrder, twins };
  }
}

/** How long the compiler works before others have their turn, in ms. */
const sliceMs = 8;
let background: Promise<unknown> = Promise.resolve();

/** Makes programs in slices, one slice at a time; what waits for something else keeps nobody. */
async function inBackground(executable: { whatItNeeds(): Promise<void>; workForASlice(): boolean }): Promise<void> {
  for (;;) {
    await executable.whatItNeeds();
    const slice = background.then(async () => {
      await macrotask();
      return executable.workForASlice();
    });
    background = slice.catch(() => {});
    if (await slice) return;
  }
}
