import { describe, expect, it } from "vitest";
import { slot } from "../../test/golden/training.ts";
import { topological } from "../ir/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { distinctNodes } from "./distinct-nodes.ts";
import { simplify } from "./simplify.ts";

const nodesOf = (tensors: readonly Tensor[]) => tensors.map(({ node }) => node);

describe("the distinct nodes of a graph", () => {
  const [x, y] = [slot([3, 4]), slot([3, 4])];

  it("are as many as simplify leaves", () => {
    const roots = nodesOf([
      x.add(y).exp(),
      x.add(y).exp().mul(2),
      x.add(y).exp().mul(3),
      y.add(x),
      x.sum({ axes: 0 }),
      x.sum({ axes: 0 }).add(1),
      x.sum({ axes: 1 }),
      x.slice([0, 0], [2, 2]),
      x.slice([1, 0], [2, 2]),
      x.slice([1, 0], [2, 2]).relu(),
      x.cast("i32"),
      x.cast("u32"),
    ]);
    expect(distinctNodes(roots).nodes).toHaveLength(topological(simplify(roots)).length);
    expect(topological(roots).length).toBeGreaterThan(topological(simplify(roots)).length);
  });

  it("come after their inputs, which are named by place", () => {
    const sum = x.add(y).add(x.add(y));
    const { nodes, inputs, roots, sizes, isGiven } = distinctNodes(nodesOf([sum]));
    expect(nodes.map(({ op }) => op.name)).toEqual(["input", "input", "add", "add"]);
    expect(inputs).toEqual([[], [], [0, 1], [2, 2]]);
    expect(sizes).toEqual([12, 12, 12, 12]);
    expect([...roots]).toEqual([3]);
    expect(isGiven).toEqual([true, true, false, false]);
  });

  it("end at leaves", () => {
    const inside = x.exp();
    const { nodes, inputs, isGiven } = distinctNodes(nodesOf([inside.add(y)]), new Set([inside.node]));
    expect(nodes).toHaveLength(3);
    expect(inputs).toEqual([[], [], [0, 1]]);
    expect(isGiven).toEqual([true, true, false]);
  });
});
