/** How much memory is walked over when bandwidth is measured, from what a first cache holds to more than any does. limits.c has them too. */
export const workingSets: readonly number[] = [1 << 14, 1 << 17, 1 << 20, 1 << 22, 1 << 24, 1 << 28];

/** Bandwidth of a walk over so many bytes, again and again: of the cache they fit in, or of memory. */
export interface Bandwidth {
  readonly bytes: number;
  readonly perSecond: number;
}

/** What a tier could do at most on this machine, measured by loops that do nothing else. */
export interface TierLimits {
  readonly name: string;
  /** The instruction that was measured. */
  readonly what: string;
  /** f32 operations; a multiply-add is two. */
  readonly operationsPerSecond: number;
  readonly read: readonly Bandwidth[];
  /** Each element read, changed and written: both ways count. */
  readonly update: readonly Bandwidth[];
}
