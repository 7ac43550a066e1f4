import { isFloat } from "../core/dtype.ts";
import type { ContractAttributes, Node, Scan } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { ScanBody, ScanLoop, ScanResult } from "../ir/scan.ts";
import { resultOf } from "../ir/scan.ts";
import { fillNode, inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Seed } from "./backward.ts";
import { backwardFrom } from "./backward.ts";
import { savedValues } from "./saved-values.ts";

/** A loop's body as nodes, what its carries begin with (`first`) and what its rows are rows of (`stacks`). */
export interface LoopParts extends Omit<ScanBody, "constants"> {
  readonly first: readonly Node[];
  readonly stacks: readonly Node[];
}
type Run = (parts: LoopParts) => { loop: ScanLoop; take: (result: ScanResult) => Tensor };

/**
 * The gradients of a run's inputs: a loop in the other direction, whose carry is the gradient of the carry. Turn t of it takes the gradient of
 * what turn t gave, and of the values turn t computed those that cost more to compute again than to keep.
 */
export function scanGradient(results: readonly Seed[], run: Run): (Tensor | null)[] {
  const { loop } = resultOf(results[0]!.node as Node<Scan>);
  const { inputs, op } = results[0]!.node;
  const { body } = loop;
  const { carries, rows } = body;
  const slots = loop.slots;
  const stackOf = (node: Node): Tensor => {
    const result = loop.stack(node);
    return new Tensor(makeNode(op, inputs, result, result.type));
  };

  const first: Node[] = [];
  const gradientSlots = carries.map(({ slot }, i) => {
    const last = results.find(({ node }) => isLast(node, i));
    first.push(last?.gradient.node ?? zeros(slot));
    return inputNode(i, slot.type);
  });
  const stacked = results.flatMap(({ node, gradient }) => {
    const { take } = resultOf(node as Node<Scan>);
    return take.kind === "stack" ? [{ node: take.node, slot: inputNode(0, take.node.type), gradient }] : [];
  });
  const seeds: Seed[] = [
    ...carries.map(({ next }, i) => ({ node: next, gradient: new Tensor(gradientSlots[i]!) })),
    ...stacked.map(({ node, slot }) => ({ node, gradient: new Tensor(slot) })),
  ].filter(({ node }) => isFloat(node.type.dtype));
  // A slot that is also a result has its gradient from there too.
  const found = backwardFrom(seeds, slots);
  const gradients = slots.map((slot, i) => (isFloat(slot.type.dtype) ? found[i] : undefined));

  const nexts = carries.map(({ slot }, i) => ({ slot: gradientSlots[i]!, next: gradients[i]?.node ?? zeros(slot) }));
  const rowGradients = gradients.slice(carries.length, carries.length + rows.length);
  const sums = gradients.slice(carries.length + rows.length).map((gradient) => (gradient === undefined ? undefined : sumOf(gradient.node)));
  const accumulators = sums
    .flatMap((sum) => (sum === undefined ? [] : sum.added))
    .map((node, i) => {
      const slot = inputNode(carries.length + i, node.type);
      return { slot, next: new Tensor(slot).add(new Tensor(node)).node };
    });
  const outputs = [...rowGradients.flatMap((gradient) => gradient?.node ?? []), ...sums.flatMap((sum) => sum?.stacked ?? [])];

  const roots = [...nexts.map(({ next }) => next), ...accumulators.map(({ next }) => next), ...outputs];
  const own = new Set([...gradientSlots, ...accumulators.map(({ slot }) => slot), ...stacked.map(({ slot }) => slot)]);
  const saved = savedValues(loop, roots, own);
  const savedStacks = saved.map((node) => {
    const row = rows.indexOf(node);
    return row >= 0 ? inputs[carries.length + row]! : stackOf(node).node;
  });
  const back = run({
    length: body.length,
    isReverse: !body.isReverse,
    carries: [...nexts, ...accumulators],
    rows: [...stacked.map(({ slot }) => slot), ...saved],
    outputs,
    first: [...first, ...accumulators.map(({ slot }) => zeros(slot))],
    stacks: [...stacked.map(({ gradient }) => gradient.node), ...savedStacks],
  });
  const lastOf = (carry: number): Tensor => back.take(back.loop.last(carry));
  const stack = (node: Node): Tensor => back.take(back.loop.stack(node));
  let accumulator = carries.length;
  return [
    ...carries.map(({ slot }, i) => (isFloat(slot.type.dtype) ? lastOf(i) : null)),
    ...rowGradients.map((gradient) => (gradient === undefined ? null : stack(gradient.node))),
    ...sums.map((sum) => (sum === undefined ? null : sum.finish(() => lastOf(accumulator++), stack))),
  ];
}

const isLast = (node: Node, carry: number): boolean => {
  const { take } = resultOf(node as Node<Scan>);
  return take.kind === "last" && take.carry === carry;
};

const zeros = (like: Node): Node => fillNode(0, like.type.dtype, like.type.shape);

/** How the sum of a node over all turns is made: from sums kept in the loop, and from stacks. */
interface SumOverTurns {
  readonly added: readonly Node[];
  readonly stacked: readonly Node[];
  readonly finish: (next: () => Tensor, stack: (node: Node) => Tensor) => Tensor;
}

/**
 * A product is summed after the loop, over the turns too: one large contraction in place of many small ones that each read and write the
 * sum. Everything else is added up turn by turn.
 */
function sumOf(node: Node): SumOverTurns {
  if (node.op.kind === "movement" && node.inputs.length === 1 && fillsNothing(node)) {
    const inside = sumOf(node.inputs[0]!);
    const moved = (x: Tensor): Tensor => new Tensor(makeNode(node.op, [x.node], node.attributes, node.type));
    return { ...inside, finish: (next, stack) => moved(inside.finish(next, stack)) };
  }
  if (node.op.kind !== "contract") return { added: [node], stacked: [], finish: (next) => next() };
  const [x, y] = node.inputs as readonly [Node, Node];
  const { left, right, output } = node.attributes as ContractAttributes;
  const turn = [..."tabcdefghijklmnopqrsuvwxyz"].find((letter) => !left.includes(letter) && !right.includes(letter))!;
  return {
    added: [],
    stacked: [x, y],
    finish: (_next, stack) => stack(x).contract(`${turn}${left},${turn}${right}->${output}`, stack(y)),
  };
}

function fillsNothing(node: Node): boolean {
  if (node.op.kind !== "movement") return false;
  return (
    node.op.source(
      node.type.shape.map(() => ({ terms: [], constant: 0, min: 0, max: 0 })),
      node.inputs.map((input) => input.type),
      node.attributes,
    ).fill === 0
  );
}
