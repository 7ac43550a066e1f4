import type { Contract, ContractAttributes, Node } from "../ir/graph.ts";
import { scaleOf } from "../ir/index.ts";
import { rewrite } from "../ir/rewrite.ts";
import { withCopy } from "./arrange-operands.ts";
import { viewOf } from "./contraction.ts";
import { elements } from "./pull.ts";

/** Products for each element of an operand from which on a copy of it is cheap beside them. */
const worthCopying = 256;

/**
 * Afterwards letters that are summed lie in one order in both operands, so that they are one long sum, which can be divided or cut into blocks
 * that caches hold; the smaller operand is copied for it. The gradient of an LSTM's input kernel, samples of [batch, steps, 32] times gradients
 * of [steps, batch, 512], on wasm: 5.1 -> 3.8 ms.
 */
export const orderOperands = (roots: readonly Node[]): Node[] =>
  rewrite(roots, (node) => (node.op.kind === "contract" ? ordered(node as Node<Contract>) : undefined));

function ordered(node: Node<Contract>): Node | undefined {
  const { left, right, output, isPaired } = node.attributes as ContractAttributes;
  if (isPaired === true) return undefined;
  const [x, y] = node.inputs as readonly [Node, Node];
  const isSummed = (letter: string): boolean => !output.includes(letter);
  const [a, b] = [fromFarToNear(x, left), fromFarToNear(y, right)];
  const [sumsOfLeft, sumsOfRight] = [a?.filter(isSummed), b?.filter(isSummed)];
  if (a === undefined || b === undefined || sumsOfLeft!.join() === sumsOfRight!.join()) return undefined;
  const [side, operand, letters, order, sums] =
    elements(x) <= elements(y) ? (["left", x, left, a, sumsOfRight!] as const) : (["right", y, right, b, sumsOfLeft!] as const);
  const summed = sums.reduce((n, letter) => n * x.type.shape[left.indexOf(letter)]!, 1);
  if (elements(node) * summed < worthCopying * elements(operand)) return undefined;
  let next = 0;
  const wanted = order.map((letter) => (isSummed(letter) ? sums[next++]! : letter));
  const all = [...[...letters].filter((letter) => !wanted.includes(letter)), ...wanted];
  return withCopy(node, side, all.join(""));
}

/** An operand's letters (of more than one element) by how far they move in memory, if it is a view of memory that leads to no element twice. */
function fromFarToNear(operand: Node, letters: string): string[] | undefined {
  const { shape } = operand.type;
  const view = viewOf(operand);
  if (view === undefined) return undefined;
  const { node, index } = view;
  const steps = shape.map((_, axis) => scaleOf(index, `d${axis}`));
  if (elements(node) < elements(operand) || steps.includes(undefined)) return undefined;
  const stepOf = (letter: string): number => steps[letters.indexOf(letter)]!;
  return [...letters].filter((_, axis) => shape[axis] !== 1).sort((p, q) => stepOf(q) - stepOf(p));
}
