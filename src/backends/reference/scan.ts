import { sizeOf } from "../../core/shape.ts";
import type { Node, Scan } from "../../ir/graph.ts";
import { resultOf } from "../../ir/scan.ts";

type Evaluate = (roots: readonly Node[], slots: ReadonlyMap<Node, Float64Array>) => Float64Array[];

/** The results of one run of a loop: its body evaluated turn by turn. */
export function runScan(results: readonly Node<Scan>[], inputs: readonly Float64Array[], evaluate: Evaluate): Float64Array[] {
  const { body } = resultOf(results[0]!).loop;
  const { length, isReverse, carries, rows, constants } = body;
  const takes = results.map((node) => resultOf(node).take);
  const stacked = takes.flatMap((take) => (take.kind === "stack" ? [take.node] : []));
  const stacks = stacked.map((node) => new Float64Array(length * sizeOf(node.type.shape)));
  const histories: (readonly Float64Array[])[] = [];
  const fixed = constants.map((slot, i): [Node, Float64Array] => [slot, inputs[carries.length + rows.length + i]!]);
  let state: readonly Float64Array[] = inputs.slice(0, carries.length);
  histories.push(state);
  for (let turn = 0; turn < length; turn++) {
    const t = isReverse ? length - 1 - turn : turn;
    const slots = new Map<Node, Float64Array>(fixed);
    for (const [i, { slot }] of carries.entries()) slots.set(slot, state[i]!);
    for (const [i, slot] of rows.entries()) {
      const width = sizeOf(slot.type.shape);
      slots.set(slot, inputs[carries.length + i]!.slice(t * width, (t + 1) * width));
    }
    const values = evaluate([...carries.map(({ next }) => next), ...stacked], slots);
    state = values.slice(0, carries.length);
    histories.push(state);
    for (const [i, stack] of stacks.entries()) stack.set(values[carries.length + i]!, t * sizeOf(stacked[i]!.type.shape));
  }
  if (isReverse) histories.reverse();
  let next = 0;
  return takes.map((take) => {
    if (take.kind === "stack") return stacks[next++]!;
    if (take.kind === "last") return state[take.carry]!;
    return Float64Array.from(histories.flatMap((each) => [...each[take.carry]!]));
  });
}
