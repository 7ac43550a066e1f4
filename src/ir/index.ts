import type { Expr } from "./expr.ts";
import { add, div, i32, local, mul, rem } from "./expr.ts";
import { operandsOf } from "./operands.ts";

/**
 * An integer position as a sum of scaled atoms, kept canonical so that reshapes of reshapes cancel: `quotient(6i + j, 6)` is `i` when
 * `0 <= j < 6`. The range is known, which is what makes that possible.
 */
export interface Index {
  readonly terms: readonly Term[];
  readonly constant: number;
  readonly min: number;
  readonly max: number;
}

interface Term {
  readonly atom: Atom;
  readonly scale: number;
}

/** `key` identifies an atom: equal keys, equal values. */
export type Atom = Ranged &
  (
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "quotient" | "remainder"; readonly of: Index; readonly by: number }
    | { readonly kind: "value"; readonly expr: Expr }
  );
interface Ranged {
  readonly key: string;
  readonly min: number;
  readonly max: number;
}

/** What must hold for an element to exist: `min <= index <= max`. */
export interface Guard {
  readonly index: Index;
  readonly min: number;
  readonly max: number;
}

export const fixed = (value: number): Index => ({ terms: [], constant: value, min: value, max: value });
/** The index that is one atom. */
export const atomIndex = (atom: Atom): Index =>
  atom.min === atom.max ? fixed(atom.min) : { terms: [{ atom, scale: 1 }], constant: 0, min: atom.min, max: atom.max };

/** A loop variable that runs over `0 .. extent - 1`; 0 itself where that is all. */
export const variable = (name: string, extent: number): Index =>
  atomIndex({ kind: "variable", key: name, name, min: 0, max: Math.max(0, extent - 1) });
/** A computed position (a gather's), known to lie within the range. */
export const computed = (expr: Expr, key: string, min: number, max: number): Index => atomIndex({ kind: "value", key, expr, min, max });

export const isFixed = (index: Index): boolean => index.terms.length === 0;

export function plus(a: Index, b: Index): Index {
  if (b.terms.length === 0) return b.constant === 0 ? a : offset(a, b.constant);
  if (a.terms.length === 0) return plus(b, a);
  const terms = [...a.terms];
  for (const term of b.terms) {
    const same = terms.findIndex(({ atom }) => atom.key === term.atom.key);
    if (same < 0) terms.push(term);
    else terms[same] = { atom: term.atom, scale: terms[same]!.scale + term.scale };
  }
  return sum(terms, a.constant + b.constant);
}

export const offset = (a: Index, by: number): Index => ({ terms: a.terms, constant: a.constant + by, min: a.min + by, max: a.max + by });
export const times = (a: Index, by: number): Index => {
  if (by === 1) return a;
  return by === 0
    ? fixed(0)
    : sum(
        a.terms.map(({ atom, scale }) => ({ atom, scale: scale * by })),
        a.constant * by,
      );
};

/** A sum of terms, with `n·(x div n) + x mod n` put together again. */
function sum(terms: readonly Term[], constantPart: number): Index {
  const kept = terms.filter((term) => term.scale !== 0);
  for (const q of kept) {
    if (q.atom.kind !== "quotient") continue;
    const { of, by } = q.atom;
    const key = atomKey("remainder", of, by);
    const r = kept.find((term) => term.atom.key === key && term.scale * by === q.scale);
    if (r === undefined) continue;
    const rest = sum(
      kept.filter((term) => term !== q && term !== r),
      constantPart,
    );
    return plus(rest, times(of, r.scale));
  }
  kept.sort((a, b) => (a.atom.key < b.atom.key ? -1 : 1));
  let low = constantPart;
  let high = constantPart;
  for (const { atom, scale } of kept) {
    low += scale * (scale > 0 ? atom.min : atom.max);
    high += scale * (scale > 0 ? atom.max : atom.min);
  }
  return { terms: kept, constant: constantPart, min: low, max: high };
}

const texts = new WeakMap<Index, string>();
function showIndex(index: Index): string {
  const known = texts.get(index);
  if (known !== undefined) return known;
  let text = "";
  for (const { scale, atom } of index.terms) text += `${scale}*${atom.key}+`;
  text += index.constant;
  texts.set(index, text);
  return text;
}
const atomKey = (kind: "quotient" | "remainder", of: Index, by: number): string =>
  `(${showIndex(of)})${kind === "quotient" ? "/" : "%"}${by}`;
/** Equal text, equal index. */
export const keyOf = showIndex;
/** The same for several, without making texts. */
export const sameIndices = (a: readonly Index[], b: readonly Index[]): boolean =>
  a.length === b.length &&
  a.every(
    (x, i) =>
      x === b[i] ||
      (x.constant === b[i]!.constant &&
        x.terms.length === b[i]!.terms.length &&
        x.terms.every(({ scale, atom }, j) => scale === b[i]!.terms[j]!.scale && atom.key === b[i]!.terms[j]!.atom.key)),
  );

/** `a div by` and `a mod by` of a non-negative index. */
export function quotient(a: Index, by: number): Index {
  if (by === 1) return a;
  const { whole, part } = split(a, by);
  if (part.min >= 0 && part.max < by) return whole;
  const range = { min: Math.floor(part.min / by), max: Math.floor(part.max / by) };
  return plus(whole, atomIndex({ kind: "quotient", key: atomKey("quotient", part, by), of: part, by, ...range }));
}

export function remainder(a: Index, by: number): Index {
  if (by === 1) return fixed(0);
  const { part } = split(a, by);
  const whole = Math.floor(part.min / by);
  // Where the quotient is the same everywhere, the rest is what goes beyond it.
  if (whole === Math.floor(part.max / by)) return offset(part, -whole * by);
  return atomIndex({ kind: "remainder", key: atomKey("remainder", part, by), of: part, by, min: 0, max: by - 1 });
}

/** `a = by · whole + part`, with in `part` what `by` does not divide. Division truncates, so the part of a non-negative index is one too. */
function split(a: Index, by: number): { whole: Index; part: Index } {
  const whole = a.terms.filter((term) => term.scale % by === 0).map(({ atom, scale }) => ({ atom, scale: scale / by }));
  const part = a.terms.filter((term) => term.scale % by !== 0);
  const least = sum(part, ((a.constant % by) + by) % by);
  const raised = least.min < 0 ? offset(least, Math.ceil(-least.min / by) * by) : least;
  return { whole: sum(whole, (a.constant - raised.constant) / by), part: raised };
}

/** The index with other indices in place of its variables. */
export function substitute(index: Index, replace: (name: string) => Index | undefined, replaceValue?: (expr: Expr) => Expr): Index {
  let result = fixed(index.constant);
  for (const { atom, scale } of index.terms) result = plus(result, times(substituteAtom(atom, replace, replaceValue), scale));
  return result;
}

function substituteAtom(atom: Atom, replace: (name: string) => Index | undefined, replaceValue?: (expr: Expr) => Expr): Index {
  switch (atom.kind) {
    case "variable":
      return replace(atom.name) ?? atomIndex(atom);
    case "quotient":
      return quotient(substitute(atom.of, replace, replaceValue), atom.by);
    case "remainder":
      return remainder(substitute(atom.of, replace, replaceValue), atom.by);
    case "value":
      return atomIndex(replaceValue === undefined ? atom : { ...atom, expr: replaceValue(atom.expr) });
  }
}

/** How much the index grows when a variable grows by one; undefined where it is not linear in it. */
export function scaleOf(index: Index, name: string): number | undefined {
  let scale = 0;
  for (const term of index.terms) {
    if (term.atom.kind === "variable") {
      if (term.atom.name === name) scale = term.scale;
    } else if (mentions(term.atom, name)) {
      return undefined;
    }
  }
  return scale;
}

/** Whether the value changes with a variable. Computed positions are looked into by `inside`. */
export function mentions(atom: Atom, name: string): boolean {
  switch (atom.kind) {
    case "variable":
      return atom.name === name;
    case "quotient":
    case "remainder":
      return atom.of.terms.some((term) => mentions(term.atom, name));
    case "value":
      return exprMentions(atom.expr, name);
  }
}

export const exprMentions = (expr: Expr, name: string): boolean =>
  expr.kind === "local" ? expr.name === name : operandsOf(expr).some((x) => exprMentions(x, name));

/** The index as i32 arithmetic over the loop variables. */
export function toExpr(index: Index): Expr {
  const parts: Expr[] = index.terms.map(({ atom, scale }) => (scale === 1 ? atomExpr(atom) : mul(atomExpr(atom), i32(scale))));
  if (index.constant !== 0 || parts.length === 0) parts.push(i32(index.constant));
  return parts.reduce((x, y) => add(x, y));
}

function atomExpr(atom: Atom): Expr {
  switch (atom.kind) {
    case "variable":
      return local(atom.name, "i32");
    case "quotient":
      return div(toExpr(atom.of), i32(atom.by));
    case "remainder":
      return rem(toExpr(atom.of), i32(atom.by));
    case "value":
      return atom.expr;
  }
}

/** Row-major position of `indices` in a tensor of this shape. */
export function flatten(indices: readonly Index[], shape: readonly number[]): Index {
  return indices.reduce((flat, index, axis) => plus(times(flat, shape[axis]!), index), fixed(0));
}

/** The indices of the element at row-major position `flat`. */
export function unflatten(flat: Index, shape: readonly number[]): Index[] {
  const indices = new Array<Index>(shape.length);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices[axis] = axis === 0 ? rest : remainder(rest, shape[axis]!);
    rest = quotient(rest, shape[axis]!);
  }
  return indices;
}
