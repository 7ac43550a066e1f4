import { GradsmithError } from "../../core/errors.ts";
import { Tensor } from "../tensor.ts";
import { foldIn, key } from "./random-bits.ts";

/**
 * What keyless random draws are made from: a key (u32 [2]), or a function that makes it when the first draw asks, so that who gave it learns
 * whether one was needed. Where the function gives an error instead, each draw throws it.
 */
export type KeySource = Tensor | (() => Tensor | GradsmithError);

/** The innermost is last. */
const sources: (() => Tensor)[] = [];
let drawnByProcess = 0;

/** Runs `work`; the n-th keyless draw in it, from 0 on, is given `foldIn(key, n)`, except inside another `withImplicitKeys`. */
export function withImplicitKeys<T>(source: KeySource, work: () => T): T {
  sources.push(keysOf(source));
  try {
    return work();
  } finally {
    sources.pop();
  }
}

/** The key of the next keyless draw. Those of the process are counted from its start, so that a program run again gives the same numbers. */
export function nextKey(): Tensor {
  const source = sources[sources.length - 1];
  return source === undefined ? foldIn(key(0), drawnByProcess++) : source();
}

function keysOf(source: KeySource): () => Tensor {
  let from: Tensor | undefined;
  let drawn = 0;
  return () => {
    from ??= keyFrom(source);
    return foldIn(from, drawn++);
  };
}

function keyFrom(source: KeySource): Tensor {
  const given = source instanceof Tensor ? source : source();
  if (given instanceof GradsmithError) throw given;
  return given;
}
