import type { DType } from "../core/dtype.ts";
import type { Expr, Let, RegisterType } from "./expr.ts";

/** One buffer a kernel touches. Expressions and stores name it by its place in `Kernel.buffers`. */
export interface KernelBuffer {
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
  /** `scratch` is private to one call of the kernel (and so to one thread), uninitialised, and not an argument. */
  readonly access: "read" | "write" | "update" | "scratch";
}

/** A loop nest over buffers: what a target is given. Plain data, no op names, nothing about a device. */
export interface Kernel {
  readonly name: string;
  readonly buffers: readonly KernelBuffer[];
  /**
   * The outermost loop, which may be divided among threads: iterations `begin <= variable < end` of `0 .. extent` are independent.
   * The body is one iteration. A kernel without parallel work has extent 1.
   */
  readonly range: { readonly variable: string; readonly extent: number };
  readonly body: readonly Statement[];
  /** Estimated floating-point operations and bytes moved by a whole call. */
  readonly work: Work;
}

/** The buffers that a call hands over, in order. */
export const handedBuffers = ({ buffers }: Kernel): readonly KernelBuffer[] => buffers.filter(({ access }) => access !== "scratch");

export interface Work {
  readonly operations: number;
  readonly bytes: number;
}

export type Statement = Loop | Let | Declare | Assign | Store | If | MultiplyBlock;

/** `for (variable = start; variable < end; variable += step)`; i32 scalars. `unroll` asks for straight-line code. */
export interface Loop {
  readonly kind: "loop";
  readonly variable: string;
  readonly start: Expr;
  readonly end: Expr;
  readonly step: number;
  readonly body: readonly Statement[];
}
/** A register that `assign` may change later. */
export interface Declare {
  readonly kind: "declare";
  readonly name: string;
  readonly value: Expr;
}
export interface Assign {
  readonly kind: "assign";
  readonly name: string;
  readonly value: Expr;
}
/**
 * Writes `value` (converted to the buffer's storage type) at element `index`: to `lanes` neighbours when `index` has one lane, else each lane
 * to its own element. `count` keeps only the first lanes: nothing past them may be written.
 */
export interface Store {
  readonly kind: "store";
  readonly buffer: number;
  readonly index: Expr;
  readonly value: Expr;
  readonly count?: number;
}
export interface If {
  readonly kind: "if";
  readonly condition: Expr;
  readonly body: readonly Statement[];
}

/** The most rows and columns of a block, and how many pairs of a sum are taken at once. */
export const blockSize = 32;
export const mostPairs = 16;

/** Scratch has room for an even number of rows, which some machines make two at a time. */
export const evenRows = (rows: number): number => rows + (rows % 2);

/** Into what turns of equal length a sum of pairs is divided. */
export function pairsAtOnce(pairs: number): number {
  for (let depth = Math.min(mostPairs, pairs); ; depth--) if (pairs % depth === 0) return depth;
}

/**
 * A block of a product of pairs, into scratch of f32 with `evenRows` rows of `blockSize` elements: element (i, j) becomes the sum, over all turns of the
 * loops `sums` and over p < `depth` <= 16, of `left[i * left.stride + p]` times `right[p * right.stride + j]`. Both are u32 that hold two
 * bf16, whose product is the product of the lower halves plus that of the upper halves, in f32. Each turn of a loop moves on by its
 * `left` and `right` elements.
 */
export interface MultiplyBlock {
  readonly kind: "multiply";
  readonly buffer: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly left: BlockOperand;
  readonly right: BlockOperand;
  readonly sums: readonly { readonly count: number; readonly left: number; readonly right: number }[];
}
interface BlockOperand {
  readonly buffer: number;
  readonly index: Expr;
  readonly stride: number;
}

export type { Expr, RegisterType };
