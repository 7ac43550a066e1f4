import type { TensorType } from "../core/shape.ts";
import type { InputAttributes, Node, Scan, Source } from "../ir/graph.ts";
import { makeNode, topological } from "../ir/graph.ts";
import { fixed, offset } from "../ir/index.ts";
import { rewrite } from "../ir/rewrite.ts";
import type { ScanBody } from "../ir/scan.ts";
import { constantsOf, isSameRun, isScan, resultOf, ScanLoop } from "../ir/scan.ts";
import type { Uses } from "./arrange-operands.ts";
import { written } from "./arrange-operands.ts";
import { movedNode } from "./movement.ts";

/** Optimizes a loop's body, knowing how often what is computed of its constants is used. */
type OptimizeBody = (roots: readonly Node[], uses: Uses) => readonly Node[];

/**
 * Afterwards each loop computes only what is used of it: carries nobody needs are gone, what doesn't change from turn to turn is computed
 * before the loop, and its body is as `optimize` leaves it. A carry that is wanted at every turn is kept as a history, whose rows the
 * loop reads and writes in place of the carry; the results wanted are views of it.
 */
export function prepareScans(roots: readonly Node[], optimize: OptimizeBody): Node[] {
  const scans = topological(roots).filter(isScan);
  const prepared = new Map<Node, Node>();
  return rewrite(roots, (node, before) => {
    if (!isScan(before)) return undefined;
    if (!prepared.has(before)) {
      const run = scans.filter((other) => isSameRun(other, before));
      for (const [i, result] of prepareRun(run, node.inputs, optimize).entries()) prepared.set(run[i]!, result);
    }
    return prepared.get(before)!;
  });
}

/** A run's results, from a loop made for just these. */
function prepareRun(run: readonly Node<Scan>[], inputs: readonly Node[], optimize: OptimizeBody): Node[] {
  const { loop } = resultOf(run[0]!);
  const { length, isReverse, carries, rows, constants } = loop.body;
  const takes = run.map((node) => resultOf(node).take);
  const stacked = takes.flatMap((take) => (take.kind === "stack" ? [take.node] : []));
  const needed = neededCarries(
    loop,
    stacked,
    takes.flatMap((take) => (take.kind === "stack" ? [] : [take.carry])),
  );

  // One number everywhere needs no memory; a carry's is only its first value.
  const fresh = new Map(
    loop.slots.map((slot, i) => [
      slot,
      i >= carries.length && isFill(inputs[i]!) ? makeNode(inputs[i]!.op, [], inputs[i]!.attributes, slot.type) : slotNode(i, slot.type),
    ]),
  );
  const renew = (slot: Node): Node => fresh.get(slot)!;
  const copied = replaceNodes([...needed.map((k) => carries[k]!.next), ...stacked], fresh);
  const moving = new Set([...needed.map((k) => renew(carries[k]!.slot)), ...rows.map(renew)]);
  const optimized = optimize(copied, (node) => (topological([node]).some((each) => moving.has(each)) ? 1 : length));
  const fixedNodes = constantsOf(optimized, moving);
  const outside = new Map(constants.map((slot, i) => [renew(slot), inputs[carries.length + rows.length + i]!]));
  const fixedInputs = replaceNodes(fixedNodes, outside);
  const fixedSlots = fixedNodes.map((node, i) => slotNode(loop.slots.length + i, node.type));
  const body = replaceNodes(optimized, new Map(fixedNodes.map((node, i) => [node, fixedSlots[i]!])));

  const reached = new Set(topological(body));
  const usedRows = rows.map((_, i) => i).filter((i) => reached.has(renew(rows[i]!)));
  const slots = needed.map((k) => renew(carries[k]!.slot));
  const nexts = body.slice(0, needed.length);
  const stacks = body.slice(needed.length);
  const kept = needed.map((_, i) => stacks.includes(slots[i]!) || (stacks.includes(nexts[i]!) && !slots.includes(nexts[i]!)));
  // The stack of a row is what it is a row of.
  const givenStack = (node: Node): Node | undefined => {
    const i = rows.findIndex((row) => renew(row) === node && node.op === slotOp);
    return i < 0 ? undefined : inputs[carries.length + i]!;
  };
  const isKept = (node: Node): boolean => kept.some((is, i) => is && (slots[i] === node || nexts[i] === node));

  const made: ScanBody = {
    length,
    isReverse,
    carries: slots.map((slot, i) => ({ slot, next: nexts[i]! })),
    rows: usedRows.map((i) => renew(rows[i]!)),
    constants: fixedSlots,
    outputs: [...new Set(stacks.filter((node) => !isKept(node) && givenStack(node) === undefined))],
  };
  const madeLoop = new ScanLoop(made);
  const madeInputs = [
    ...needed.map((k) => inputs[k]!),
    ...usedRows.map((i) => written(inputs[carries.length + i]!)),
    ...fixedInputs.map(written),
  ];
  const { op } = run[0]!;
  const result = (what: ReturnType<ScanLoop["stack"]>): Node => makeNode(op, madeInputs, what, what.type);
  const histories = new Map<number, Node>();
  const history = (i: number): Node => {
    const node = histories.get(i) ?? result(madeLoop.history(i));
    histories.set(i, node);
    return node;
  };
  let next = 0;
  return takes.map((take): Node => {
    if (take.kind !== "stack") {
      const i = needed.indexOf(take.carry);
      if (!kept[i]) return result(madeLoop.last(i));
      return rowsOf(history(i), isReverse ? 0 : length, undefined);
    }
    const node = stacks[next++]!;
    const given = givenStack(node);
    if (given !== undefined) return given;
    const before = slots.findIndex((slot, i) => kept[i]! && slot === node);
    if (before >= 0) return rowsOf(history(before), isReverse ? 1 : 0, length);
    const after = nexts.findIndex((other, i) => kept[i]! && other === node);
    if (after >= 0) return rowsOf(history(after), isReverse ? 0 : 1, length);
    return result(madeLoop.stack(node));
  });
}

/** The carries that some result depends on, in order. */
export function neededCarries({ body, slots }: ScanLoop, stacked: readonly Node[], last: readonly number[]): number[] {
  const leaves = new Set(slots);
  const needed = new Set(last);
  for (let before = -1; before !== needed.size; ) {
    before = needed.size;
    const reached = new Set(topological([...stacked, ...[...needed].map((k) => body.carries[k]!.next)], leaves));
    for (const [k, { slot }] of body.carries.entries()) if (reached.has(slot)) needed.add(k);
  }
  return [...needed].sort((a, b) => a - b);
}

const slotOp: Source = {
  name: "slot",
  kind: "source",
  from: "input",
  infer() {
    throw new Error("the type of a slot is given");
  },
};
/** Slots are told apart by their number. */
const slotNode = (slot: number, type: TensorType): Node => makeNode(slotOp, [], { slot } satisfies InputAttributes, type);

const isFill = ({ op }: Node): boolean => op.kind === "source" && op.from === "fill";

/** The graph with some nodes in place of others. */
const replaceNodes = (roots: readonly Node[], replacements: ReadonlyMap<Node, Node>): Node[] =>
  rewrite(roots, () => undefined, new Map(replacements));

/** Some rows of a history from `start` on; one of them without its axis, if no count is given. */
function rowsOf(history: Node, start: number, count: number | undefined): Node {
  const row = history.type.shape.slice(1);
  if (count === undefined) return movedNode("rows", history, row, (out) => ({ index: [fixed(start), ...out] }));
  return movedNode("rows", history, [count, ...row], ([first, ...rest]) => ({ index: [offset(first!, start), ...rest] }));
}
