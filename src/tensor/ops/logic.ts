import * as e from "../../ir/expr.ts";
import { binary, elementwise, noGradient, unary } from "./define.ts";

const logical = {
  operands: "logical",
  domain: [
    [0, 1],
    [0, 1],
  ],
} as const;
export const and = binary("and", { ...logical, scalar: e.and });
export const or = binary("or", { ...logical, scalar: e.or });
export const xor = binary("xor", { ...logical, scalar: e.xor });
export const not = unary("not", { operands: "logical", domain: [0, 1], scalar: e.not, vjp: () => null });

const bits = {
  operands: "bits",
  domain: [
    [0, 31],
    [0, 31],
  ],
} as const;
export const bitwiseAnd = binary("bitwiseAnd", { ...bits, scalar: e.and });
export const bitwiseOr = binary("bitwiseOr", { ...bits, scalar: e.or });
export const bitwiseXor = binary("bitwiseXor", { ...bits, scalar: e.xor });
export const bitwiseNot = unary("bitwiseNot", { operands: "bits", domain: [0, 31], scalar: e.not, vjp: () => null });
/** By less than 32 places. */
export const shiftLeft = binary("shiftLeft", { ...bits, scalar: e.shl });
/** By less than 32 places; keeps the sign of i32. */
export const shiftRight = binary("shiftRight", { ...bits, scalar: e.shr });

/** `x` where the condition holds, `y` elsewhere. What is not chosen has no say, not even as NaN. */
export const where = elementwise("where", {
  operands: "choice",
  domain: [
    [0, 1],
    [-2, 2],
    [-2, 2],
  ],
  scalar: ([condition, x, y]) => e.select(condition!, x!, y!),
  vjp: (g, [condition]) => [null, condition!.where(g, 0), condition!.where(0, g)],
});

const rotate = (x: e.Expr, by: number): e.Expr => e.or(e.shl(x, e.constant(by, "u32")), e.shr(x, e.constant(32 - by, "u32")));
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

export interface ThreefryAttributes {
  readonly word: "first" | "second" | "xor";
}

/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): inputs are the key's two words and the
 * counter's two words; the result is one of the two output words, or both xored. The same numbers as `jax.random`'s.
 */
export const threefry = elementwise("threefry", {
  operands: "as given",
  domain: [
    [0, 1],
    [0, 1],
    [0, 1],
    [0, 1],
  ],
  scalar(args, attributes) {
    const [key0, key1, counter0, counter1] = args as [e.Expr, e.Expr, e.Expr, e.Expr];
    const keys = [key0, key1, e.xor(e.xor(key0, key1), e.constant(0x1bd11bda, "u32"))] as const;
    let x = e.add(counter0, keys[0]);
    let y = e.add(counter1, keys[1]);
    for (let group = 0; group < 5; group++) {
      for (const rotation of rotations[group % 2]!) {
        x = e.add(x, y);
        y = e.xor(x, rotate(y, rotation));
      }
      x = e.add(x, keys[(group + 1) % 3]!);
      y = e.add(y, e.add(keys[(group + 2) % 3]!, e.constant(group + 1, "u32")));
    }
    const { word } = attributes as ThreefryAttributes;
    return word === "first" ? x : word === "second" ? y : e.xor(x, y);
  },
  vjp: noGradient,
});
