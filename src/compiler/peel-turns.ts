import type { Node } from "../ir/graph.ts";
import type { Call, Repeat } from "../ir/program.ts";
import { resultOf } from "../ir/scan.ts";
import { fillNode, isZeros } from "../tensor/ops/source.ts";
import { readsOf } from "./donate.ts";
import type { Emitter } from "./emit.ts";
import type { Group, ScanGroup } from "./group.ts";
import { nodesOf } from "./group.ts";
import type { Layout, Memories } from "./layout.ts";
import { onlyCase } from "./movement.ts";
import type { PlacedScan } from "./place-scan.ts";
import { beginning } from "./place-scan.ts";

interface Loop {
  readonly group: ScanGroup;
  readonly placed: PlacedScan;
  /** Of the body, one for each of its groups. */
  readonly calls: readonly Call[];
}

/**
 * A loop's turns, the first and the last by themselves where they can do without a product: at first one of a carry that begins with zeros is
 * zero, at last nobody needs what only the next turn would. They call the other turns' kernels. Of 50 turns of an LSTM and 50 of its gradient,
 * 64 x 128 x 512, two products less: 0.35 of 38 ms on wasm.
 */
export function peelTurns({ group, placed, calls }: Loop, outer: Layout, views: number[], emitter: Emitter): (Call | Repeat)[] {
  const { length, moving } = placed;
  const { groups } = placed.layout;
  const { memories } = outer;
  const zero = groups.map((each) => startsAsZero(each, group));
  const needed = neededAtLast(group, placed);
  const [isFirst, isLast] = [zero.includes(true), groups.some((each) => each.kind === "contract" && !needed.has(each))];
  if (length < 2 || !(isFirst || isLast)) return [{ repeat: length, views: moving, calls }];
  /** A turn's calls, whose views don't move. */
  const turn = (number: number, inTurn: readonly Call[]): Call[] => {
    const still = new Map(moving.map((id) => [id, stopped(memories, id, number)]));
    views.push(...still.values());
    return inTurn.map(({ kernel, buffers }) => ({ kernel, buffers: buffers.map((id) => still.get(id) ?? id) }));
  };
  const first = calls.map((call, i) => {
    if (!zero[i]) return call;
    const [product] = nodesOf(groups[i]!) as readonly [Node];
    const begin = beginning(fillNode(0, product.type.dtype, product.type.shape), placed.layout.of(product)!, outer);
    return emitter.call(begin.group, begin.memory);
  });
  const steps: (Call | Repeat)[] = isFirst ? turn(0, first) : [];
  const last = isLast
    ? turn(
        length - 1,
        calls.filter((_, i) => needed.has(groups[i]!)),
      )
    : [];
  const repeat = length - Number(isFirst) - Number(isLast);
  if (isFirst) for (const id of moving) advance(memories, id);
  if (repeat > 0) steps.push({ repeat, views: moving, calls });
  return [...steps, ...last];
}

/** Whether a group is nothing but a product of a carry that begins with zeros. */
function startsAsZero(group: Group, { results }: ScanGroup): boolean {
  if (group.kind !== "contract" || group.epilogue.length > 0) return false;
  const { carries } = resultOf(results[0]!).loop.body;
  return group.anchor.inputs.some((operand) => {
    const carry = carries.findIndex(({ slot }) => slot === below(operand));
    return carry >= 0 && isZeros(below(results[0]!.inputs[carry]!));
  });
}

/** What a node is a view of. */
const below = (node: Node): Node => (onlyCase(node) === undefined ? node : below(node.inputs[0]!));

/** The groups that lead to a result, when no further turn reads the carries. */
function neededAtLast({ results }: ScanGroup, { layout, arranged }: PlacedScan): ReadonlySet<Group> {
  const takes = results.map((result) => resultOf(result).take);
  const { carries } = resultOf(results[0]!).loop.body;
  const wanted = new Set(
    arranged.roots.filter((_, i) => i >= carries.length || takes.some((take) => take.kind !== "stack" && take.carry === i)),
  );
  const needed = new Set<Group>();
  for (const group of [...layout.groups].reverse()) {
    if (!nodesOf(group).some((node) => wanted.has(node))) continue;
    needed.add(group);
    for (const { node } of readsOf(group, arranged.accesses)) wanted.add(node);
  }
  return needed;
}

/** A view as it is at one turn of its loop, which stays there. */
function stopped(memories: Memories, id: number, turn: number): number {
  const { dtype, length, view } = memories.all[id]!;
  const { of, start, step } = view!;
  return memories.place({ dtype, shape: [length] }, { of, start: start + turn * step, step: 0 }).id;
}

/** Lets a view begin a turn later. */
function advance({ all }: Memories, id: number): void {
  const { view, ...memory } = all[id]!;
  all[id] = { ...memory, view: { ...view!, start: view!.start + view!.step } };
}
