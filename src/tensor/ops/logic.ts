import * as e from "../../ir/expr.ts";
import { binary, elementwise, unary } from "./define.ts";

export const and = binary("and", { operands: "logical", scalar: e.and });
export const or = binary("or", { operands: "logical", scalar: e.or });
export const xor = binary("xor", { operands: "logical", scalar: e.xor });
export const not = unary("not", { operands: "logical", scalar: e.not, vjp: () => null });

export const bitwiseAnd = binary("bitwiseAnd", { operands: "bits", scalar: e.and });
export const bitwiseOr = binary("bitwiseOr", { operands: "bits", scalar: e.or });
export const bitwiseXor = binary("bitwiseXor", { operands: "bits", scalar: e.xor });
export const bitwiseNot = unary("bitwiseNot", { operands: "bits", scalar: e.not, vjp: () => null });
/** By less than 32 places. */
export const shiftLeft = binary("shiftLeft", { operands: "bits", scalar: e.shl });
/** By less than 32 places; keeps the sign of i32. */
export const shiftRight = binary("shiftRight", { operands: "bits", scalar: e.shr });

/** `x` where the condition holds, `y` elsewhere. What is not chosen has no say, not even as NaN. */
export const where = elementwise("where", {
  operands: "choice",
  scalar: ([condition, x, y]) => e.select(condition!, x!, y!),
  vjp: (g, [condition]) => [null, condition!.where(g, 0), condition!.where(0, g)],
});
