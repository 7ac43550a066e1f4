import { sizeOf } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { resultOf } from "../ir/scan.ts";
import type { Arranged } from "./arrange.ts";
import { arrange, copy } from "./arrange.ts";
import type { LoopGroup, ScanGroup } from "./group.ts";
import type { Memory } from "./kernel-scope.ts";
import { Layout } from "./layout.ts";
import type { MemoryMap } from "./lower-loop.ts";
import { pieceOf } from "./piece.ts";

/** A loop whose body is divided into kernels and whose values have their memory. */
export interface PlacedScan {
  readonly length: number;
  /** What writes the carries' first values. */
  readonly begin: readonly { readonly group: LoopGroup; readonly memory: MemoryMap }[];
  readonly layout: Layout;
  /** The body, whose roots are the next carries and the stacks. */
  readonly arranged: Arranged;
  /** Pieces of memory that stay where they are, and ones that move from turn to turn. */
  readonly views: readonly number[];
  readonly moving: readonly number[];
}

/**
 * Finds a place for everything in a loop. A carry is updated in place, in the memory of its last value; one with a history is read from one row
 * of it and written to the next. Rows are read where they are, stacks written row by row.
 */
export function placeScan({ results }: ScanGroup, outer: Layout): PlacedScan {
  const first = results[0]!;
  const { loop } = resultOf(first);
  const { length, isReverse, carries, rows, constants, outputs } = loop.body;
  const views: number[] = [];
  const moving: number[] = [];
  const begin: PlacedScan["begin"][number][] = [];
  const resultMemory = (wanted: ReturnType<typeof loop.stack>): Memory | undefined => {
    const node = results.find((result) => resultOf(result) === wanted);
    return node === undefined ? undefined : outer.of(node);
  };
  const view = (node: Node, of: Memory, start: number, step: number): Memory => {
    if (start === 0 && step === 0 && of.length === sizeOf(node.type.shape)) return of;
    const memory = outer.memories.place(node.type, { of: of.id, start, step });
    (step === 0 ? views : moving).push(memory.id);
    return memory;
  };
  /** Row `turn` of memory whose rows are `step` apart, in the order of turns; `ahead` rows further on. */
  const row = (node: Node, of: Memory, start: number, step: number, ahead: number): Memory =>
    isReverse ? view(node, of, start + (length - 1 + ahead) * step, -step) : view(node, of, start + ahead * step, step);

  const given = new Map<Node, Memory>();
  const nextPlaces: (Memory | undefined)[] = [];
  for (const [k, { slot }] of carries.entries()) {
    const history = resultMemory(loop.history(k));
    const width = sizeOf(slot.type.shape);
    const place =
      history === undefined
        ? (resultMemory(loop.last(k)) ?? outer.memories.place(slot.type))
        : row(slot, history, 0, width, isReverse ? 1 : 0);
    given.set(slot, place);
    nextPlaces.push(history === undefined ? undefined : row(slot, history, 0, width, isReverse ? 0 : 1));
    if (width > 0)
      begin.push(
        beginning(first.inputs[k]!, history === undefined ? place : view(slot, history, isReverse ? length * width : 0, 0), outer),
      );
  }
  for (const [i, slot] of [...rows, ...constants].entries()) {
    const isRow = i < rows.length;
    const { node, start, step } = pieceOf(first.inputs[carries.length + i]!, (candidate) => outer.of(candidate) !== undefined, isRow)!;
    given.set(slot, isRow ? row(slot, outer.of(node)!, start, step, 0) : view(slot, outer.of(node)!, start, 0));
  }

  const inputs = loop.slots;
  const stacks = outputs.flatMap((node) => {
    const memory = resultMemory(loop.stack(node));
    return memory === undefined ? [] : [{ node, memory }];
  });
  const donations = new Map(carries.flatMap((_, k) => (nextPlaces[k] === undefined ? [[k, k] as const] : [])));
  const arranged = arrange(inputs, [...carries.map(({ next }) => next), ...stacks.map(({ node }) => node)], {
    donations,
    isBody: true,
  });
  for (const [k, place] of nextPlaces.entries()) if (place !== undefined) given.set(arranged.roots[k]!, place);
  for (const [i, { node, memory }] of stacks.entries()) {
    given.set(arranged.roots[carries.length + i]!, row(node, memory, 0, sizeOf(node.type.shape), 0));
  }
  return { length, begin, layout: new Layout(arranged, outer.memories, given), arranged, views, moving };
}

/** A kernel that writes a carry's first value where the loop expects it. */
export function beginning(value: Node, place: Memory, outer: Layout): PlacedScan["begin"][number] {
  const node = makeNode(copy, [value], undefined, value.type);
  const group: LoopGroup = { kind: "loop", domain: node.type.shape, inner: [], members: [{ node, space: "full", phase: 0 }] };
  return { group, memory: { of: (other) => (other === node ? place : outer.of(other)), isStored: (other) => other === node } };
}
