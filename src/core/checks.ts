import type { DType } from "./dtype.ts";
import { dtypes, isDType } from "./dtype.ts";
import { GradsmithError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import type { Check } from "./options.ts";
import { described } from "./options.ts";

/** Above 0. */
export function positiveInteger(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw wrong(where, name, "a positive integer", value);
}

/** A whole number of at least 0. */
export function countingNumber(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw wrong(where, name, "a whole number of at least 0", value);
}

export function wholeNumber(where: string, name: string, value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw wrong(where, name, "a whole number", value);
}

export function finiteNumber(where: string, name: string, value: unknown): number {
  if (Number.isFinite(value)) return value as number;
  throw wrong(where, name, "a finite number", value);
}

/** Also NaN and infinities. */
export function anyNumber(where: string, name: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw wrong(where, name, "a number", value);
}

export function positiveNumber(where: string, name: string, value: unknown): number {
  if (Number.isFinite(value) && (value as number) > 0) return value as number;
  throw wrong(where, name, "a positive number", value);
}

/** A finite number of at least 0. */
export function nonNegativeNumber(where: string, name: string, value: unknown): number {
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw wrong(where, name, "a number of at least 0", value);
}

/** From 0 up to, but not, 1: how much of a running average is kept. */
export function properFraction(where: string, name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  throw wrong(where, name, "at least 0 and less than 1", value);
}

export function within(where: string, name: string, value: unknown, low: number, high: number): number {
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw wrong(where, name, `between ${low} and ${high}`, value);
}

/** A number from `low` to `high`, both included. */
export const between =
  (low: number, high: number): Check =>
  (where, name, value) =>
    within(where, name, value, low, high);

/** A whole number from `low` to `high`, both included. */
export const wholeBetween =
  (low: number, high: number): Check =>
  (where, name, value) =>
    within(where, name, wholeNumber(where, name, value), low, high);

/** true or false */
export function flag(where: string, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(where, name, "true or false", value);
}

export function text(where: string, name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw wrong(where, name, "a text", value);
}

export function callable(where: string, name: string, value: unknown): unknown {
  if (typeof value === "function") return value;
  throw wrong(where, name, "a function", value);
}

/** A record: an object that is no list. */
export function record(where: string, name: string, value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw wrong(where, name, "an object", value);
}

/** An array whose every element passes a check. */
export const listOf =
  (check: Check): Check =>
  (where, name, value) => {
    if (!Array.isArray(value)) throw wrong(where, name, "an array", value);
    for (const [i, item] of value.entries()) check(where, `${name}[${i}]`, item);
    return value;
  };

/** One value, or an array of them. */
export const oneOrMore =
  (check: Check): Check =>
  (where, name, value) =>
    (Array.isArray(value) ? listOf(check) : check)(where, name, value);

/** One of a few values. */
export const oneOf =
  (...allowed: readonly (string | number | boolean)[]): Check =>
  (where, name, value) => {
    if (allowed.includes(value as string)) return value;
    const close = typeof value === "string" ? nearest(value, allowed.map(String)) : undefined;
    throw wrong(where, name, inWords(allowed), value, close === undefined ? undefined : `Did you mean "${close}"?`);
  };

/** For what is looked at where it is used. */
export const anything: Check = (_where, _name, value) => value;

/** The name of an element type, with ours for NumPy's: `float32`, `int32`, `uint8`. */
export function knownDType(where: string, _name: string, value: unknown): DType {
  if (isDType(value)) return value;
  const short = (typeof value === "string" ? value : "").replace(/loat|ean$/, "").replace(/^u?int/, (word) => word[0]!);
  const hint = isDType(short) ? ` Did you mean "${short}"?` : "";
  throw new GradsmithError("dtype", where, `unknown dtype ${described(value)}.${hint}`, `Use ${inWords(dtypes)}.`);
}

function wrong(where: string, name: string, wanted: string, value: unknown, fix?: string): GradsmithError {
  return new GradsmithError("option", where, `${name} must be ${wanted}, got ${described(value)}.`, fix);
}

/** `"a", "b" or "c"`. */
function inWords(values: readonly unknown[]): string {
  const list = values.map((value) => described(value));
  return list.length === 1 ? list[0]! : `${list.slice(0, -1).join(", ")} or ${list[list.length - 1]!}`;
}

/** The entry of a table a user named, or an error with the nearest name. */
export function choose<T>(where: string, what: string, name: string, table: Readonly<Record<string, T>>): T {
  if (typeof name === "string" && Object.hasOwn(table, name)) return table[name]!;
  const names = Object.keys(table);
  const close = typeof name === "string" ? nearest(name, names) : undefined;
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new GradsmithError("option", where, `unknown ${what} ${described(name)}.${hint}`, `Known: ${names.join(", ")}.`);
}

/** The error for something that is neither a name nor a thing of its kind. */
export function refuse(where: string, what: string, given: unknown, fix: string): never {
  const shown =
    typeof given === "function" ? "a function" : typeof given === "object" && given !== null ? "an object that is none" : String(given);
  throw new GradsmithError("option", where, `needs ${/^[aeiou]/.test(what) ? "an" : "a"} ${what}, got ${shown}.`, fix);
}
