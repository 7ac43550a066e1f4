import { bytesOf } from "../core/dtype.ts";
import type { KernelBuffer } from "../ir/kernel.ts";

/** Bytes a kernel reads or writes, by each buffer and the operations over it: of memory that is gathered from, no more is read than there are. */
export const countBytes = (buffers: readonly KernelBuffer[], operationsOver: (buffer: number) => number): number =>
  buffers.reduce(
    (sum, { access, dtype, length }, i) => sum + (access === "scratch" ? 0 : Math.min(length, operationsOver(i)) * bytesOf(dtype)),
    0,
  );
