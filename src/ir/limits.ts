/** What a schedule must know about a machine; nothing else about it reaches the compiler. */
export interface Limits {
  /** f32 lanes of one vector register. */
  readonly lanes: number;
  /** Lanes of all vectors in a kernel that has f64 in it; 1 where such kernels have none. */
  readonly doubleLanes: number;
  /** Vector registers a kernel can count on. */
  readonly registers: number;
  /**
   * Turns from which an innermost loop does each load where it is written. In shorter ones all loads come first (V8's WebAssembly compiler),
   * so that every operand takes a register of its own and turns must not be joined. 0 where the compiler sees to that.
   */
  readonly orderedFrom: number;
  /** Bytes of the innermost data cache and of the one behind it, per core. */
  readonly cacheBytes: readonly [l1: number, l2: number];
  /** Whether exp, log, ... must be expanded into basic instructions. */
  readonly expandTranscendentals: boolean;
}
