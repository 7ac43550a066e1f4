import { add, cast, i32, load, local, rem, sub } from "../../ir/expr.ts";
import { variable } from "../../ir/index.ts";
import type { Statement } from "../../ir/kernel.ts";
import type { ShuffleRow } from "./define.ts";
import { noGradient } from "./define.ts";

/** A random permutation of 0 .. n-1 from n random words, by Fisher and Yates, from the last place down. */
export const shuffle: ShuffleRow = {
  name: "shuffle",
  kind: "shuffle",
  infer: ([bits]) => ({ dtype: "i32", shape: bits!.shape }),
  statements(out, count, bits) {
    const [place, other] = [local("i", "i32"), local("j", "i32")];
    const chosen = rem(bits(variable("i", count)), cast(add(place, i32(1)), "u32"));
    const upTo = (name: string, start: number, body: readonly Statement[]): Statement => ({
      kind: "loop",
      variable: name,
      start: i32(start),
      end: i32(count),
      step: 1,
      body,
    });
    return [
      upTo("n", 0, [{ kind: "store", buffer: out, index: local("n", "i32"), value: local("n", "i32") }]),
      upTo("k", 1, [
        { kind: "let", name: "i", value: sub(i32(count), local("k", "i32")) },
        { kind: "let", name: "j", value: cast(chosen, "i32") },
        { kind: "let", name: "here", value: load(out, "i32", place) },
        { kind: "let", name: "there", value: load(out, "i32", other) },
        { kind: "store", buffer: out, index: place, value: local("there", "i32") },
        { kind: "store", buffer: out, index: other, value: local("here", "i32") },
      ]),
    ];
  },
  vjp: noGradient,
};
