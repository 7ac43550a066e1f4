import * as e from "../../ir/expr.ts";
import { elementwise, noGradient } from "./define.ts";

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
