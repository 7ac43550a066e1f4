import type { Contract, Node } from "../ir/graph.ts";
import type { Limits } from "../ir/limits.ts";
import type { BlockContext, BlockProduct } from "./block-product.ts";
import type { Strided } from "./contraction.ts";
import type { Division } from "./divide-contractions.ts";
import type { Made } from "./merging.ts";
import type { Tiling } from "./tiles.ts";

/** What programs are compiled for, as a backend declares it. */
export interface Target {
  /** Facts of the machine that schedules must respect. */
  readonly limits: Limits;
  /** Passes beyond those that every target has. A bundle without the backend that brings them is without them. */
  readonly passes: OptionalPasses;
}

/** Passes that pay on some targets only. Where one is absent, programs are compiled without it. */
export interface OptionalPasses {
  /** Products of bf16 as products of blocks of pairs, for machines that have an instruction for them (`MultiplyBlock`). */
  readonly pairProducts?: PairProducts;
  /** Convolutions by 3x3 kernels with fewer products (Winograd). What lies between its steps must not pass through memory: it needs `mergeKernels`. */
  readonly winograd?: (roots: readonly Node[], limits: Limits) => readonly Node[];
  /** Split-K: into which parts of its sum a contraction should be divided for threads to share, if into any. */
  readonly splitK?: (contraction: Node<Contract>, limits: Limits) => Division | undefined;
  /** Makes one kernel of kernels that go over the same slices of memory, so that these stay in the cache: for code that outruns memory. */
  readonly mergeKernels?: (made: Made, limits: Limits) => Made;
}

/** The two halves of one pass: contractions of pairs are made in the graph, and lowered to products of blocks. */
export interface PairProducts {
  /** Makes large contractions of bf16 contractions of pairs. */
  pairOperands(roots: readonly Node[]): readonly Node[];
  /** How a contraction of pairs is divided into blocks. */
  tiling(form: Strided, limits: Limits): Tiling;
  /** The part of lowering that is its own. */
  product(context: BlockContext): BlockProduct;
}
