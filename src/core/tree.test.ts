import { describe, expect, test } from "vitest";
import { flatten, map, paths, treeNode } from "./tree.ts";

class Leaf {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
const isLeaf = (x: unknown): x is Leaf => x instanceof Leaf;
const leaf = (value: number) => new Leaf(value);

class State {
  readonly params: Record<string, Leaf>;
  readonly name: string;
  constructor(params: Record<string, Leaf>, name: string) {
    this.params = params;
    this.name = name;
  }
  [treeNode]() {
    const { params, name } = this;
    return {
      children: { params, name },
      rebuild: (children: Readonly<Record<string, unknown>>) => new State(children.params as Record<string, Leaf>, name),
    };
  }
}

describe("flatten", () => {
  test("collects leaves in the order of sorted keys and rebuilds the tree it was given", () => {
    const tree = { b: [leaf(2), { c: leaf(3) }], a: leaf(1), note: "x", nothing: undefined };
    const flat = flatten(tree, isLeaf);
    expect(flat.leaves.map((x) => x.value)).toEqual([1, 2, 3]);
    expect(flat.rebuild(flat.leaves)).toEqual(tree);
    expect(Object.keys(flat.rebuild(flat.leaves) as object)).toEqual(["b", "a", "note", "nothing"]);
    expect(flat.rebuild([10, 20, 30])).toEqual({ b: [20, { c: 30 }], a: 10, note: "x", nothing: undefined });
  });

  test("finds the leaves of another tree of the same structure, and of no other", () => {
    const { leavesOf, leaves } = flatten([new State({ b: leaf(2), a: leaf(1) }, "x"), { n: 3, none: undefined }, [leaf(4)]], isLeaf);
    const other = [new State({ a: leaf(5), b: leaf(6) }, "x"), { none: undefined, n: 3 }, [leaf(7)]];
    expect(leavesOf(other)?.map((x) => x.value)).toEqual([5, 6, 7]);
    expect(leaves.map((x) => x.value)).toEqual([1, 2, 4]);
    const [state, data, list] = other as [State, object, Leaf[]];
    const different: unknown[] = [
      [state, data],
      [state, { none: undefined, n: 4 }, list],
      [state, { none: undefined, n: 3, more: 1 }, list],
      [state, { other: undefined, n: 3 }, list],
      [new State({ a: leaf(5), b: leaf(6) }, "y"), data, list],
      [{ params: { a: leaf(5), b: leaf(6) }, name: "x" }, data, list],
      [state, data, { 0: leaf(7) }],
      [state, data, [leaf(7), leaf(8)]],
      [state, data, [7]],
      [state, { none: undefined, n: leaf(3) }, list],
    ];
    for (const tree of different) {
      expect(leavesOf(tree)).toBeUndefined();
      expect(flatten(tree, isLeaf).structure).not.toBe(flatten(other, isLeaf).structure);
    }
  });

  test("a leaf alone is a tree", () => {
    const flat = flatten(leaf(5), isLeaf);
    expect(flat.leaves).toHaveLength(1);
    expect(flat.rebuild(["other"])).toBe("other");
  });

  test("structure tells trees apart by shape and static values, not by leaves or key order", () => {
    const text = (tree: unknown) => flatten(tree, isLeaf).structure;
    expect(text({ a: leaf(1), b: 2 })).toBe(text({ b: 2, a: leaf(9) }));
    expect(text({ a: leaf(1), b: 2 })).not.toBe(text({ a: leaf(1), b: 3 }));
    expect(text([leaf(1), [leaf(2)]])).not.toBe(text([[leaf(1)], leaf(2)]));
    expect(text("1")).not.toBe(text(1));
    expect(text(1n)).not.toBe(text(1));
    expect(text(0)).not.toBe(text(-0));
    expect(text(null)).not.toBe(text(undefined));
    expect(text("*")).not.toBe(text(leaf(1)));
  });

  test("functions and objects of other classes are static, by identity", () => {
    const f = () => 1;
    const text = (tree: unknown) => flatten(tree, isLeaf).structure;
    expect(text([f])).toBe(text([f]));
    expect(text([f])).not.toBe(text([() => 1]));
    expect(text([new Float32Array(2)])).not.toBe(text([new Float32Array(2)]));
  });

  test("objects of classes travel by the protocol", () => {
    const state = new State({ w: leaf(1), b: leaf(2) }, "model");
    const flat = flatten({ state }, isLeaf);
    expect(flat.leaves.map((x) => x.value)).toEqual([2, 1]);
    const { state: back } = flat.rebuild([leaf(20), leaf(10)]) as { state: State };
    expect(back).toBeInstanceOf(State);
    expect(back.params.w!.value).toBe(10);
    expect(back.name).toBe("model");
    expect(flat.structure).not.toBe(flatten({ state: { params: state.params, name: "model" } }, isLeaf).structure);
  });

  test("a cycle is an error, the same object twice is not", () => {
    const shared = { w: leaf(1) };
    expect(flatten([shared, shared], isLeaf).leaves).toHaveLength(2);
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(() => flatten(loop, isLeaf)).toThrow("[tree] an object contains itself. Pass trees: plain objects and arrays without cycles.");
  });
});

test("map puts the results in the places of the leaves", () => {
  expect(map({ a: leaf(1), b: [leaf(2)], c: 7 }, isLeaf, (x) => x.value * 10)).toEqual({ a: 10, b: [20], c: 7 });
});

test("paths name the leaves in the order of flatten", () => {
  const tree = { layers: [{ kernel: leaf(1), bias: leaf(2) }], state: new State({ w: leaf(3) }, "m") };
  expect(paths(tree, isLeaf)).toEqual(["layers[0].bias", "layers[0].kernel", "state.params.w"]);
});
