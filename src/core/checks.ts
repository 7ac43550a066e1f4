import { GradsmithError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import type { Check } from "./options.ts";
import { described } from "./options.ts";

export function positiveInteger(where: string, name: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) > 0) return value as number;
  throw new GradsmithError("option", where, `${name} must be a positive integer, got ${described(value)}.`);
}

/** A whole number of at least 0. */
export function countingNumber(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new GradsmithError("option", where, `${name} must be a whole number of at least 0, got ${described(value)}.`);
}

export function wholeNumber(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new GradsmithError("option", where, `${name} must be a whole number, got ${described(value)}.`);
}

export function finiteNumber(where: string, name: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new GradsmithError("option", where, `${name} must be a finite number, got ${described(value)}.`);
}

export function positiveNumber(where: string, name: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw new GradsmithError("option", where, `${name} must be a positive number, got ${described(value)}.`);
}

export function within(where: string, name: string, value: unknown, low: number, high: number): number {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw new GradsmithError("option", where, `${name} must be between ${low} and ${high}, got ${described(value)}.`);
}

/** A number from `low` to `high`, both included. */
export const between =
  (low: number, high: number): Check =>
  (where, name, value) =>
    within(where, name, value, low, high);

/** true or false */
export function flag(where: string, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new GradsmithError("option", where, `${name} must be true or false, got ${described(value)}.`);
}

export function text(where: string, name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new GradsmithError("option", where, `${name} must be a text, got ${described(value)}.`);
}

export function callable(where: string, name: string, value: unknown): unknown {
  if (typeof value === "function") return value;
  throw new GradsmithError("option", where, `${name} must be a function, got ${described(value)}.`);
}

/** One of a few values. */
export const oneOf =
  (...allowed: readonly (string | number | boolean)[]): Check =>
  (where, name, value) => {
    if (allowed.includes(value as string)) return value;
    const list = allowed.map(described);
    const all = list.length === 1 ? list[0]! : `${list.slice(0, -1).join(", ")} or ${list[list.length - 1]!}`;
    const close = typeof value === "string" ? nearest(value, allowed.map(String)) : undefined;
    const hint = close === undefined ? undefined : `Did you mean "${close}"?`;
    throw new GradsmithError("option", where, `${name} must be ${all}, got ${described(value)}.`, hint);
  };

/** For what is looked at where it is used. */
export const anything: Check = (_where, _name, value) => value;

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
