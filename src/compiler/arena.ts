/** A piece of memory needed from one call to another (both included). */
export interface Lifetime {
  readonly byteLength: number;
  readonly first: number;
  readonly last: number;
}

const alignment = 64;
/** Vector loads may touch this many bytes past a buffer's end. */
const slack = 64;

/**
 * Offsets for each lifetime such that pieces alive at the same time don't overlap: largest first, each at the lowest offset that is free
 * for as long as it lives.
 */
export function planArena(lifetimes: readonly Lifetime[]): { offsets: number[]; byteLength: number } {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.byteLength - lifetimes[a]!.byteLength || a - b);
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: number[] = [];
  let end = 0;
  for (const i of order) {
    const { byteLength, first, last } = lifetimes[i]!;
    const size = roundUp(byteLength + slack);
    const others = placed
      .filter((j) => lifetimes[j]!.first <= last && lifetimes[j]!.last >= first)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let offset = 0;
    for (const j of others) {
      if (offset + size <= offsets[j]!) break;
      offset = Math.max(offset, offsets[j]! + roundUp(lifetimes[j]!.byteLength + slack));
    }
    offsets[i] = offset;
    placed.push(i);
    end = Math.max(end, offset + size);
  }
  return { offsets, byteLength: end };
}

const roundUp = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
