import { expect, it } from "vitest";
import { dense } from "../nn/layers/dense.ts";
import { sequential } from "./sequential.ts";
import { summaryTable } from "./summary.ts";

const model = sequential([dense(100, { activation: "relu", name: "the_first_of_all_layers" }), dense(10)], {
  inputShape: [784],
  name: "small",
});
const widthOf = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

it("a summary is as wide as Keras's, or as the terminal where that is narrower", () => {
  expect(summaryTable(model, {}, undefined)).toBe(summaryTable(model, {}, 200));
  expect([undefined, 200, 76, 60, 50, 40].map((columns) => widthOf(summaryTable(model, {}, columns)))).toEqual([76, 76, 76, 60, 50, 40]);
});

it("what doesn't fit a column goes on in the next line", () => {
  expect(`\n${summaryTable(model, {}, 60)}\n`).toMatchInlineSnapshot(`
    "
    Model: "small"
    ┏━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
    ┃ Layer (type)           ┃ Output Shape    ┃       Param # ┃
    ┡━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
    │ the_first_of_all_layer │ (None, 100)     │        78,500 │
    │ s (Dense)              │                 │               │
    ├────────────────────────┼─────────────────┼───────────────┤
    │ dense (Dense)          │ (None, 10)      │         1,010 │
    └────────────────────────┴─────────────────┴───────────────┘
     Total params: 79,510 (310.59 KB)
     Trainable params: 79,510 (310.59 KB)
     Non-trainable params: 0 (0.00 B)
    "
  `);
});

it("what is deep inside is shown in a narrow terminal too", () => {
  const nest = (depth: number): ReturnType<typeof sequential> => sequential([depth === 0 ? dense(2) : nest(depth - 1)]);
  const deep = sequential([nest(6)], { inputShape: [3] });
  const lines = summaryTable(deep, { expandNested: true }, 40).split("\n");
  expect(new Set(lines.filter((line) => line.startsWith("│")).map((line) => line.length))).toEqual(new Set([40]));
});
