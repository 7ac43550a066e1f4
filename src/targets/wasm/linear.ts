import type { Expr } from "../../ir/expr.ts";
import { operandsOf } from "../../ir/operands.ts";

/**
 * What is known of a name that indices mention. `level` says where it can change: the variable of the loop at depth d has level d, what is
 * bound inside that loop d + 1/2, and a register that is assigned to is at no level.
 */
export interface Fact {
  readonly level: number;
  readonly nonNegative: boolean;
  /** What the name stands for, if that is a sum of other names. */
  readonly value: Linear | undefined;
}
export type Facts = Map<string, Fact>;

/** Something an index depends on and that we don't look into. Equal keys, equal values. */
export interface Atom {
  readonly key: string;
  readonly level: number;
  readonly nonNegative: boolean;
  readonly expr: Expr;
}
export interface Term {
  readonly atom: Atom;
  readonly scale: number;
}

/** `constant + sum of scale · atom + step · lane`. Terms are sorted by key and their scales are not 0. */
export interface Linear {
  readonly terms: readonly Term[];
  readonly constant: number;
  readonly step: number;
}

/** Changes at every execution: never kept in a pointer. */
export const volatileLevel = Number.POSITIVE_INFINITY;

export const constantLinear = (constant: number): Linear => ({ terms: [], constant, step: 0 });
export const termLinear = (atom: Atom, scale = 1): Linear => ({ terms: [{ atom, scale }], constant: 0, step: 0 });

export function plus(a: Linear, b: Linear): Linear {
  const constant = a.constant + b.constant;
  const step = a.step + b.step;
  if (b.terms.length === 0) return { terms: a.terms, constant, step };
  if (a.terms.length === 0) return { terms: b.terms, constant, step };
  // Both lists are sorted by key.
  const terms: Term[] = [];
  let i = 0;
  let j = 0;
  while (i < a.terms.length || j < b.terms.length) {
    const [x, y] = [a.terms[i], b.terms[j]];
    if (y === undefined || (x !== undefined && x.atom.key < y.atom.key)) {
      terms.push(x!);
      i++;
    } else if (x === undefined || y.atom.key < x.atom.key) {
      terms.push(y);
      j++;
    } else {
      const scale = x.scale + y.scale;
      if (scale !== 0) terms.push({ atom: x.atom, scale });
      i++;
      j++;
    }
  }
  return { terms, constant, step };
}

export const times = (a: Linear, factor: number): Linear =>
  factor === 0
    ? constantLinear(0)
    : { terms: a.terms.map(({ atom, scale }) => ({ atom, scale: scale * factor })), constant: a.constant * factor, step: a.step * factor };

/** An i32 index as a sum. A vector whose lanes are not evenly spaced has none. */
export function linear(expr: Expr, facts: Facts): Linear | undefined {
  switch (expr.kind) {
    case "constant":
      return constantLinear(expr.value);
    case "splat":
      return linear(expr.x, facts);
    case "ramp": {
      const base = linear(expr.base, facts);
      return base === undefined ? undefined : { ...base, step: expr.step };
    }
    case "local":
      return facts.get(expr.name)?.value ?? opaque(expr, facts);
    case "apply": {
      return (expr.dtype === "i32" ? linearApply(expr, facts) : undefined) ?? opaque(expr, facts);
    }
    case "load":
    case "convert":
    case "across":
    case "rare":
      return opaque(expr, facts);
  }
}

function linearApply(expr: Expr & { kind: "apply" }, facts: Facts): Linear | undefined {
  const [first, second] = expr.args;
  if (expr.instruction === "neg") {
    const x = linear(first!, facts);
    return x === undefined ? undefined : times(x, -1);
  }
  if (expr.instruction !== "add" && expr.instruction !== "sub" && expr.instruction !== "mul") return undefined;
  const x = linear(first!, facts);
  const y = linear(second!, facts);
  if (x === undefined || y === undefined) return undefined;
  if (expr.instruction === "add") return plus(x, y);
  if (expr.instruction === "sub") return plus(x, times(y, -1));
  if (isConstant(y)) return times(x, y.constant);
  return isConstant(x) ? times(y, x.constant) : undefined;
}

export const isConstant = (x: Linear): boolean => x.terms.length === 0 && x.step === 0;

function opaque(expr: Expr, facts: Facts): Linear | undefined {
  if (expr.lanes > 1) return undefined;
  const level = levelOf(expr, facts);
  // A nonlinear function of a loop variable changes inside that loop.
  const inside = expr.kind === "local" ? level : Math.floor(level) + 0.5;
  return termLinear({ key: keyOf(expr), level: inside, nonNegative: isNonNegative(expr, facts), expr });
}

const keyOf = (expr: Expr): string =>
  expr.kind === "local" ? expr.name : JSON.stringify(expr, (_, value: unknown) => (typeof value === "number" ? String(value) : value));

function levelOf(expr: Expr, facts: Facts): number {
  switch (expr.kind) {
    case "local":
      return facts.get(expr.name)?.level ?? volatileLevel;
    case "load":
      return volatileLevel;
    default:
      return Math.max(0, ...operandsOf(expr).map((x) => levelOf(x, facts)));
  }
}

/** Whether a scalar is surely not negative, given that indices don't overflow. */
export function isNonNegative(expr: Expr, facts: Facts): boolean {
  switch (expr.kind) {
    case "constant":
      return expr.value >= 0;
    case "local":
      return facts.get(expr.name)?.nonNegative ?? false;
    case "apply":
      return isNonNegativeApply(expr, facts);
    case "convert":
      return expr.how === "cast" && expr.x.dtype === "bool";
    case "load":
    case "splat":
    case "ramp":
    case "across":
    case "rare":
      return false;
  }
}

function isNonNegativeApply(expr: Expr & { kind: "apply" }, facts: Facts): boolean {
  const claims = expr.args.map((x) => isNonNegative(x, facts));
  switch (expr.instruction) {
    case "add":
    case "mul":
    case "div":
    case "min":
      return claims.every(Boolean);
    case "max":
    case "and":
      return claims.some(Boolean);
    case "rem":
    case "shr":
      return claims[0]!;
    case "select":
      return claims[1]! && claims[2]!;
    default:
      return false;
  }
}
