import { describe, expect, it } from "vitest";
import type { Node } from "../ir/graph.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { AlikeGroups } from "./alike-groups.ts";
import type { Group } from "./group.ts";
import type { MemoryMap } from "./lower-loop.ts";
import { movedNode } from "./movement.ts";

const shape = [4, 6];
const input = (slot: number): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));
const groupOf = (...nodes: Node[]): Group => ({
  kind: "loop",
  domain: shape,
  inner: [],
  members: nodes.map((node) => ({ node, space: "full", phase: 0 })),
});
/** Memory by node; what is among `stored` is written. */
function memoryOf(places: readonly (readonly [Node, number])[], stored: readonly Node[]): MemoryMap {
  const ids = new Map(places);
  return {
    of: (node) => (ids.has(node) ? { id: ids.get(node)!, dtype: "f32", length: 24 } : undefined),
    isStored: (node) => stored.includes(node),
  };
}

/** The calls made of groups one after the other, and how many were made anew: the first argument read, then what is written. */
function callsOf(given: readonly { x: Node; y: Node; places: readonly [number, number] }[]): { buffers: number[][]; made: number } {
  const alike = new AlikeGroups();
  let made = 0;
  const buffers = given.map(({ x, y, places: [from, to] }) => {
    const memory = memoryOf(
      [
        [x, from],
        [y, to],
      ],
      [y],
    );
    return [...alike.call(groupOf(y), memory, () => ({ kernel: made++, buffers: [from, to] })).buffers];
  });
  return { buffers, made };
}

describe("groups alike", () => {
  it("are made once, whatever their nodes and their memory, and called over the memory of each", () => {
    const [a, b] = [input(0), input(1)];
    const { buffers, made } = callsOf([
      { x: a.node, y: a.mul(2).exp().node, places: [7, 3] },
      { x: b.node, y: b.mul(2).exp().node, places: [1, 9] },
    ]);
    expect(made).toBe(1);
    expect(buffers).toEqual([
      [7, 3],
      [1, 9],
    ]);
  });

  it("aren't alike with another constant, op, or type, or where the result replaces what is read", () => {
    const x = input(0);
    const { made } = callsOf([
      { x: x.node, y: x.mul(2).exp().node, places: [1, 2] },
      { x: x.node, y: x.mul(3).exp().node, places: [1, 2] },
      { x: x.node, y: x.mul(2).log().node, places: [1, 2] },
      { x: x.node, y: x.mul(2).exp().cast("i32").node, places: [1, 2] },
      { x: x.node, y: x.mul(2).exp().node, places: [1, 1] },
    ]);
    expect(made).toBe(5);
  });

  it("have movements that were made apart but take elements from the same places; from others they aren't alike", () => {
    const from = (by: number): { x: Node; y: Node; places: readonly [number, number] } => {
      const x = input(0).node;
      return {
        x,
        y: movedNode("moved", x, shape, ([i, j]) => ({ index: by === 0 ? [i!, j!] : [i!, { ...j!, constant: by }] })),
        places: [1, 2],
      };
    };
    expect(callsOf([from(0), from(0)]).made).toBe(1);
    expect(callsOf([from(0), from(1), from(2)]).made).toBe(3);
  });
});
