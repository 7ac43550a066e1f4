import { GradsmithError } from "./errors.ts";
import { nearest } from "./nearest.ts";

export function positiveInteger(where: string, name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new GradsmithError("option", where, `${name} must be a positive integer, got ${String(value)}.`);
}

export function finiteNumber(where: string, name: string, value: number): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new GradsmithError("option", where, `${name} must be a finite number, got ${String(value)}.`);
}

export function within(where: string, name: string, value: number, low: number, high: number): number {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw new GradsmithError("option", where, `${name} must be between ${low} and ${high}, got ${String(value)}.`);
}

/** The entry of a table a user named, or an error with the nearest name. */
export function choose<T>(where: string, what: string, name: string, table: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  const names = Object.keys(table);
  const close = nearest(name, names);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new GradsmithError("option", where, `unknown ${what} "${name}".${hint}`, `Known: ${names.join(", ")}.`);
}

/** The error for something that is neither a name nor a thing of its kind. */
export function refuse(where: string, what: string, given: unknown, fix: string): never {
  const shown =
    typeof given === "function" ? "a function" : typeof given === "object" && given !== null ? "an object that is none" : String(given);
  throw new GradsmithError("option", where, `needs ${/^[aeiou]/.test(what) ? "an" : "a"} ${what}, got ${shown}.`, fix);
}
