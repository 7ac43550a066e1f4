import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refusal.ts";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { zeros } from "../tensor/create.ts";
import { withImplicitKeys } from "../tensor/functions/implicit-keys.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scan } from "./scan.ts";

const elementsOf = (t: Tensor): number[] => [...evaluateGraph([t.node], () => [])[0]!];
const key = random.key(1);

describe("random numbers in the body of a scan", () => {
  const keyless = (): unknown => scan((c: Tensor) => ({ carry: c, y: random.uniform([]) }), zeros([]), { length: 3 });

  it("are refused without a key, which would be the same in every turn, also where something around it gives keys", async () => {
    const refused = [
      "usage",
      "[scan] the body draws random numbers without a key, which would be the same in every turn. Carry a key and split it, or fold the turn's " +
        "number into one: random.normal(shape, { key: random.foldIn(key, t) }).",
    ];
    expect(await refusal(keyless)).toEqual(refused);
    expect(await refusal(() => withImplicitKeys(key, keyless))).toEqual(refused);
  });

  it("are those of the key that each turn makes", () => {
    const drawn = (t: Tensor | number): Tensor => random.uniform([], { key: random.foldIn(key, t) });
    const { ys } = scan((t: Tensor) => ({ carry: t.add(1), y: drawn(t) }), zeros([]), { length: 3 });
    expect(elementsOf(ys)).toEqual([0, 1, 2].flatMap((t) => elementsOf(drawn(t))));
  });
});
