import { GradsmithError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { Module, Value } from "../nn/module.ts";
import { pathsOf } from "../nn/module-tree.ts";
import type { VariableScope } from "../nn/variable-scope.ts";

/** The module of this path in a model, or of this last part of a path where there is one. */
export function moduleAt(where: string, root: Module, path: string): Module {
  const entries = [...pathsOf(root)].slice(1);
  const exact = entries.find(([, own]) => own === path);
  if (exact !== undefined) return exact[0];
  const named = entries.filter(([, own]) => own.endsWith(`/${path}`));
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return only[0];
  const paths = entries.map(([, own]) => own);
  if (only !== undefined) {
    const all = named.map(([, own]) => `"${own}"`).join(" and ");
    throw new GradsmithError("option", where, `"${path}" may be ${all}.`, "Give the whole path.");
  }
  const close = nearest(String(path), paths);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new GradsmithError("option", where, `the model has no part "${path}".${hint}`, `It has: ${paths.join(", ")}.`);
}

/** What a watched module gave, if it was called once. */
export function innerOutput(where: string, scope: VariableScope, module: Module): Value {
  const [output, ...others] = scope.outputs.get(module) ?? [];
  if (output !== undefined && others.length === 0) return output as Value;
  throw new GradsmithError(
    "usage",
    where,
    output === undefined
      ? `the ${module.kind} is part of the model, but isn't called for its output.`
      : `the ${module.kind} is called ${others.length + 1} times, so it has no one output.`,
    "Ask for another part.",
  );
}
