/** What a schedule must know about a machine; nothing else about it reaches the compiler. */
export interface Limits {
  /** f32 lanes of one vector register. */
  readonly lanes: number;
  /** Vector registers a kernel can count on. */
  readonly registers: number;
  /**
   * Whether every operand of one step of a contraction takes a register of its own, so that tiles must leave room for them and turns of the
   * innermost loop must not be joined (V8's WebAssembly compiler hoists a block's loads).
   */
  readonly keepsOperands: boolean;
  /** Bytes of the innermost data cache and of the one behind it, per core. */
  readonly cacheBytes: readonly [l1: number, l2: number];
  /** Whether exp, log, ... must be expanded into basic instructions. */
  readonly expandTranscendentals: boolean;
  /** Whether results below 1.2e-38 are computed slowly, so that optimizer moments should be flushed. */
  readonly slowSubnormals: boolean;
}
