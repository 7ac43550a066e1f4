import { isDescribed } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Module } from "./module.ts";

/** Where every module in a tree stands, the root at `""`. One that is met again keeps the path where it was met first. */
export function pathsOf(root: Module): ReadonlyMap<Module, string> {
  const paths = new Map<Module, string>([[root, ""]]);
  // From an own stack: nesting may be deep.
  const open: (readonly [path: string, children: Iterator<[string, Module]>])[] = [["", childrenOf(root)]];
  while (open.length > 0) {
    const [path, children] = open[open.length - 1]!;
    const next = children.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const [name, child] = next.value;
    if (paths.has(child)) continue;
    const own = joined(path, name);
    paths.set(child, own);
    open.push([own, childrenOf(child)]);
  }
  return paths;
}

const childrenOf = (module: Module): Iterator<[string, Module]> => Object.entries(module.children())[Symbol.iterator]();

/** The path of something in a module. */
export const joined = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/** The path of a module that is called, or an error where nothing leads to it. */
export function pathIn(paths: ReadonlyMap<Module, string>, module: Module): string {
  const path = paths.get(module);
  if (path !== undefined) return path;
  const [root] = paths.keys();
  throw new GradsmithError(
    "usage",
    module.kind,
    `is called in ${titled(root!.kind)}, but no public field leads to it, so its weights would have no name.`,
    "Keep it in a field of the module that calls it, or in an array or a record there; not in a # field, nor made anew in each call.",
  );
}

/**
 * The tree of modules, as PyTorch prints it:
 *
 *     XorModel(
 *       (inputLayer): Dense(units: 4, activation: "sigmoid")
 *       (outputLayer): Dense(units: 1)
 *     )
 */
export function treeText(root: Module, seen: Set<Module> = new Set()): string {
  seen.add(root);
  const rows = Object.entries(root.children()).map(([name, child]) => {
    const text = seen.has(child) ? `${titled(child.kind)}, the same as before` : treeText(child, seen);
    return `  (${name}): ${text.replaceAll("\n", "\n  ")}\n`;
  });
  return rows.length === 0 ? `${titled(root.kind)}(${optionsText(root.options)})` : `${titled(root.kind)}(\n${rows.join("")})`;
}

export const titled = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1);

const optionsText = (options: object): string =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(", ");

function valueText(value: unknown): string {
  if (typeof value === "function") return "function";
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (isDescribed(value)) {
    const inner = optionsText(value.options);
    return inner === "" ? value.kind : `${value.kind}(${inner})`;
  }
  return typeof value === "object" && value !== null ? `{ ${optionsText(value)} }` : (JSON.stringify(value) ?? String(value));
}
