import type { Guard, Index } from "../ir/index.ts";
import { fixed, isFixed, plus, substitute, times, variable } from "../ir/index.ts";

/** One axis of a loop nest: of the domain, a part of one, or several that always move together. */
export interface Axis {
  readonly name: string;
  readonly size: number;
  readonly isInner: boolean;
  /** Whether it counts blocks in which memory lies. */
  readonly isBlock?: boolean;
}

/** How many places are written out at most, of all axes together. */
const mostPlaces = 36;

export interface Nest {
  readonly axes: readonly Axis[];
  /** Axes whose every place is another case of a movement: things stacked along them, or interleaved. */
  readonly cases: readonly Axis[];
  /** The axes of the domain that were taken apart, over their parts. */
  readonly meaning: ReadonlyMap<string, Index>;
}

/**
 * The axes of a loop nest. Over axes of cases a loop would ask at each element what is known beforehand; written out, each place is the work of
 * its own case, and all share what they read. The last axis, mostly that of vectors, stays a loop.
 */
export function nestOf(domain: readonly Axis[], guards: readonly Guard[], positions: readonly Index[]): Nest {
  if (guards.length === 0) return { axes: domain, cases: [], meaning: new Map() };
  const { axes, meaning } = splitAxes(
    domain,
    guards.map(({ index }) => index),
    positions,
  );
  const asked = guards.map((guard) => ({ ...guard, index: substitute(guard.index, (name) => meaning.get(name)) }));
  let places = 1;
  const cases = axes.slice(0, -1).filter((axis) => {
    if (axis.size * places > mostPlaces || !isDecisive(axis, asked)) return false;
    places *= axis.size;
    return true;
  });
  return { axes: axes.filter((axis) => !cases.includes(axis)), cases, meaning };
}

/** Whether from each place of an axis to the next some guard changes its answer. */
function isDecisive({ name, size }: Axis, guards: readonly Guard[]): boolean {
  const answers = Array.from({ length: size }, (_, place) =>
    guards
      .map(({ index, min, max }) => {
        const there = substitute(index, (other) => (other === name ? fixed(place) : undefined));
        return isFixed(there) ? there.constant >= min && there.constant <= max : "open";
      })
      .join(),
  );
  return answers.every((answer, place) => place === 0 || answer !== answers[place - 1]);
}

/**
 * Takes apart axes of which guards ask for a remainder: `h` becomes `2 * y + a` where even and odd places are different cases. What has been
 * taken apart is taken further apart where positions need it; `meaning` says what became of each axis that was.
 */
function splitAxes(
  whole: readonly Axis[],
  guards: readonly Index[],
  positions: readonly Index[],
): { axes: readonly Axis[]; meaning: ReadonlyMap<string, Index> } {
  const parts = new Set<string>();
  const meaning = new Map<string, Index>();
  let axes = whole;
  let [asked, read] = [guards, positions];
  for (;;) {
    const last = axes.at(-1);
    const byCase = firstOf(asked, (index) => division(index, axes, (axis) => axis !== last));
    const cut = byCase ?? firstOf(read, (index) => division(index, axes, ({ name }) => parts.has(name)));
    if (cut === undefined) return { axes, meaning };
    const { axis, by } = cut;
    const [quotients, remainders]: readonly [Axis, Axis] = [
      { ...axis, name: `${axis.name}q`, size: axis.size / by, isBlock: byCase === undefined },
      { ...axis, name: `${axis.name}r`, size: by },
    ];
    const both = plus(times(variable(quotients.name, quotients.size), by), variable(remainders.name, by));
    const replace = (name: string): Index | undefined => (name === axis.name ? both : undefined);
    for (const [name, index] of meaning) meaning.set(name, substitute(index, replace));
    if (whole.includes(axis)) meaning.set(axis.name, both);
    for (const { name } of [quotients, remainders]) parts.add(name);
    axes = axes.flatMap((other) => (other === axis ? [quotients, remainders] : [other]));
    [asked, read] = [asked, read].map((indices) => indices.map((index) => substitute(index, replace))) as [Index[], Index[]];
  }
}

interface Division {
  readonly axis: Axis;
  readonly by: number;
}

/** An axis that a position divides, whole times into its length. */
function division(index: Index, axes: readonly Axis[], isOpen: (axis: Axis) => boolean): Division | undefined {
  return firstOf(index.terms, ({ atom }) => {
    if (atom.kind !== "quotient" && atom.kind !== "remainder") return undefined;
    const inside = firstOf(atom.of.terms, (term) => {
      const axis = term.atom.kind === "variable" ? axes.find(({ name }) => name === term.atom.key) : undefined;
      const by = atom.by / term.scale;
      return axis !== undefined && isOpen(axis) && Number.isInteger(by) && by > 1 && axis.size > by && axis.size % by === 0
        ? { axis, by }
        : undefined;
    });
    return inside ?? division(atom.of, axes, isOpen);
  });
}

function firstOf<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
