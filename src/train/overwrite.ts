import { encoded } from "../core/encoding.ts";
import { heldBy } from "../runtime/values.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Puts numbers in place of a tensor's, in its own memory: whatever steps over that memory goes on with them. */
export const overwrite = ({ node, type }: Tensor, values: ArrayLike<number>): void => heldBy(node).write(encoded(values, type));
