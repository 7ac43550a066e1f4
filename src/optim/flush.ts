import type { Tensor } from "../tensor/tensor.ts";

/** Below this a moment is nothing: 1e-30 added to any parameter changes no bit, and the square root of a second moment is lost beside epsilon. */
const negligible = 1e-30;

/**
 * A running moment with negligible values set to zero. Moments of unused weights decay by a factor each step until they are subnormal, where
 * every operation takes up to a hundred times longer; this keeps them out, on every tier alike, for one comparison in a fused loop.
 */
export const flush = (moment: Tensor): Tensor => moment.abs().less(negligible).where(0, moment);
