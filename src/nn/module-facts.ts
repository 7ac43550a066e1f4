import type { Module } from "./module.ts";
import { pathsOf } from "./module-tree.ts";

/**
 * What can be seen of the modules in a tree that a trace may have looked at: who they are, whether they are trained, and the numbers, strings and
 * booleans in their public fields, alone or in lists. Other text, other programs.
 */
export function factsOf(root: Module): string {
  const lines: string[] = [];
  for (const [module, path] of pathsOf(root)) {
    const fields = Object.entries(module).filter(([, value]) => isPlain(value) || (Array.isArray(value) && value.every(isPlain)));
    lines.push(`${path} ${identityOf(module)} ${module.trainable} ${fields.map(([name, value]) => `${name}=${String(value)}`).join()}`);
  }
  return lines.join("\n");
}

const isPlain = (value: unknown): boolean => ["number", "string", "boolean"].includes(typeof value);

const identities = new WeakMap<Module, number>();
let next = 0;

function identityOf(module: Module): number {
  const known = identities.get(module) ?? next++;
  identities.set(module, known);
  return known;
}
