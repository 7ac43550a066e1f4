import { GradsmithError } from "../core/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Layer } from "./layer.ts";

/** Where layers find their variables while a model is traced. */
export interface Scope {
  call(layer: Layer, x: Tensor): Tensor;
}

const active: Scope[] = [];

/** Runs `body` with `scope` answering for the layers called in it. */
export function within<T>(scope: Scope, body: () => T): T {
  active.push(scope);
  try {
    return body();
  } finally {
    active.pop();
  }
}

/** The scope that answers for layers now. */
export function currentScope(where: string): Scope {
  const scope = active[active.length - 1];
  if (scope !== undefined) return scope;
  throw new GradsmithError(
    "usage",
    where,
    "a layer has no weights of its own, and no model is being traced.",
    "Call it inside a model's forward pass, or put it in sequential([...]).",
  );
}
