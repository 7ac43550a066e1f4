import { GradsmithError } from "../core/errors.ts";
import type { Module } from "./module.ts";

/** Where modules find their variables while a model is traced. */
export interface Scope {
  call(module: Module, x: unknown): unknown;
}

const active: Scope[] = [];

/** Runs `body` with `scope` answering for the modules called in it. */
export function within<T>(scope: Scope, body: () => T): T {
  active.push(scope);
  try {
    return body();
  } finally {
    active.pop();
  }
}

/** The scope that answers for modules now. */
export function currentScope(where: string): Scope {
  const scope = active[active.length - 1];
  if (scope !== undefined) return scope;
  throw new GradsmithError(
    "usage",
    where,
    "has no weights of its own, and no model is being traced.",
    "Call it inside a module's forward, put it in sequential([...]), or use applyWith(params, x).",
  );
}
