import type { Tensor } from "../tensor/tensor.ts";

/** 1 − βᵗ as −expm1(t·ln β): exact to the last bits also where βᵗ is near 1, as it is in the first steps. */
export const oneMinusPower = (beta: number, t: Tensor): Tensor => t.mul(Math.log(beta)).expm1().neg();
