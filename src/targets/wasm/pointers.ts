import { lowestAddress } from "./layout.ts";
import type { Linear, Term } from "./linear.ts";

/** An address as what a pointer holds (`terms + base`) and the constant `offset` each access adds to it. */
export interface Address {
  readonly terms: readonly Term[];
  readonly base: number;
  readonly offset: number;
}

const granule = lowestAddress / 2;

/**
 * Splits a byte address. Terms that can't be negative make a pointer by themselves and all constants go to the accesses; otherwise constants
 * are put into the pointer, but for less than the lowest address, so that neighbours still share one.
 */
export function splitAddress({ terms, constant }: Linear): Address {
  const isPlain = constant >= 0 && constant < 2 ** 31 && terms.every(({ atom, scale }) => atom.nonNegative && scale > 0);
  if (isPlain) return { terms, base: 0, offset: constant };
  const base = Math.floor(constant / granule) * granule;
  return { terms, base, offset: constant - base };
}

/** What a pointer kept over the loop at `depth` can hold of an address. */
export const steadyTerms = (terms: readonly Term[], depth: number): readonly Term[] => terms.filter(({ atom }) => atom.level <= depth);

export const pointerKey = (terms: readonly Term[], base: number): string =>
  `${terms.map(({ atom, scale }) => `${atom.key}*${scale}`).join("+")}+${base}`;
