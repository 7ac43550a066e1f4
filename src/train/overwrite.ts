import { computeNow } from "../runtime/read.ts";
import { storageFrom, storageOf } from "../runtime/values.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Puts a number in place of a scalar's, in its own memory: whatever steps over that memory goes on with it. */
export function overwrite(scalar: Tensor, value: number): void {
  computeNow([scalar]);
  storageOf(scalar.node).bytes.set(storageFrom([value], scalar.type).bytes);
}
