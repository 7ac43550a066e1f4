import { expect, it, vi } from "vitest";
import { GradsmithError } from "../../core/errors.ts";
import { dense } from "../../nn/layers/dense.ts";
import "../../runtime/install.ts";
import { random } from "../../tensor/random.ts";
import { sequential } from "../sequential.ts";
import { pageProgress } from "./page-progress.ts";

/** An element as a page has it, as far as the callback looks. */
class FakeElement {
  readonly tag: string;
  readonly attributes: Record<string, string> = {};
  children: FakeElement[] = [];
  textContent: string | null = null;
  readonly ownerDocument = {
    createElement: (tag: string) => new FakeElement(tag),
    createElementNS: (_: string, tag: string) => new FakeElement(tag),
  };
  constructor(tag: string) {
    this.tag = tag;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  append(...children: FakeElement[]): void {
    this.children.push(...children);
  }
  replaceChildren(...children: FakeElement[]): void {
    this.children = children;
  }
}

it("draws how training goes: a bar that says how far, the epoch's line, a point of each curve for each epoch; a second fit begins anew", async () => {
  const place = new FakeElement("div");
  const callback = pageProgress(place);
  const [bar, text, chart] = place.children as [FakeElement, FakeElement, FakeElement];
  const x = random.uniform([100, 2], { seed: 1 });
  const model = sequential([dense(1)], { inputShape: [2] }).compile({ optimizer: "sgd", loss: "mse" });
  const pointsOf = (curve: number): number => chart.children[curve]!.attributes["points"]!.split(" ").length;
  for (const epochs of [5, 3]) {
    await model.fit(x, x.sum({ axis: 1 }), { epochs, validationSplit: 0.2, verbose: 0, callbacks: [callback] });
    await vi.waitFor(() => expect(pointsOf(0)).toBe(epochs));
    expect(pointsOf(1)).toBe(epochs);
    expect(bar.attributes).toMatchObject({ role: "progressbar", "aria-valuenow": "100" });
    expect(text.textContent).toMatch(new RegExp(`^Epoch ${epochs}/${epochs} loss \\S+ · val_loss \\S+ · 3/3`));
  }
});

it.each([null, undefined, {}, "#progress"])("refuses %s", (element) => {
  expect(() => pageProgress(element as never)).toThrow(GradsmithError);
  expect(() => pageProgress(element as never)).toThrow("needs an element of the page");
});
