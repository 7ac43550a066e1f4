import type { Compiled, Traced } from "../../compiler/compile.ts";
import { compiling } from "../../compiler/compile.ts";
import type { Storage } from "./storage.ts";
import type { Tier, TierExecutable } from "./tier.ts";

/** Something a program can't be made without, to wait for or to get here and now, blocking. */
export interface Awaited {
  soon(): Promise<unknown>;
  now(): void;
  /** Nobody waits for it any more: it doesn't keep the process alive. */
  abandon(): void;
}

/** The work of making a program: pauses where others may have their turn, and where it has to wait. */
export type Loading<Result> = Generator<Awaited | undefined, Result>;

/** Where a program runs, and the program as it is compiled for that. */
export interface TierChoice<M = Storage> {
  readonly tier: Tier<M>;
  readonly compiled: Compiled;
  readonly reason: string;
  /** Begins to make it ready. */
  start(): TierExecutable<M>;
}

/** Compiles a traced function for a tier, or finds what was made of it before. */
export type Loader = (tier: Tier, traced: Traced, reason: string) => Loading<TierChoice>;

/** The loader of environments where nothing is kept. */
export function* compiledFor<M>(tier: Tier<M>, traced: Traced, reason: string): Loading<TierChoice<M>> {
  const compiled = yield* compiling(traced, tier.target);
  return { tier, compiled, reason, start: yield* tier.printing(compiled.program) };
}
