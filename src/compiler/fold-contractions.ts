import type { Contract, ContractAttributes, Node, Reduce, ReduceAttributes } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { mentions, substitute } from "../ir/index.ts";
import { rewrite } from "../ir/rewrite.ts";
import { freeLetters } from "./contraction.ts";
import { movedNode, onlyCase } from "./movement.ts";
import { reshapeNode } from "./reshape-node.ts";

/**
 * A sum over a movement of a contraction becomes one contraction over moved operands: `Σₖ M(Σₘ a·b)` = `Σₖₘ M(a)·M(b)`. That is what makes
 * the gradient of a convolution by its input a convolution, where the product before the sum would be as large as all windows.
 */
export function foldContractions(roots: readonly Node[]): Node[] {
  return rewrite(roots, folded);
}

function folded(sum: Node): Node | undefined {
  if (sum.op.kind !== "reduce" || (sum.op as Reduce).combine !== "add") return undefined;
  const moved = sum.inputs[0]!;
  const product = moved.inputs[0];
  if (product?.op.kind !== "contract" || moved.inputs.length !== 1) return undefined;
  const only = onlyCase(moved);
  if (only === undefined) return undefined;
  return productOfMoved(sum, moved, product as Node<Contract>, only.index, only.guards);
}

function productOfMoved(
  sum: Node,
  moved: Node,
  product: Node<Contract>,
  index: readonly Index[],
  guards: readonly Guard[],
): Node | undefined {
  const { left, right, output } = product.attributes as ContractAttributes;
  const { axes } = sum.attributes as ReduceAttributes;
  const shape = moved.type.shape;
  const place = new Map([...output].map((letter, axis) => [letter, index[axis]!]));
  const axesOf = (letters: string): number[] =>
    shape
      .map((_, axis) => axis)
      .filter((axis) => [...letters].some((letter) => place.has(letter) && mentionsAxis(place.get(letter)!, axis)));
  const used = { left: axesOf(left), right: axesOf(right) };
  const wide = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  if (!wide.every((axis) => used.left.includes(axis) || used.right.includes(axis))) return undefined;
  // A guard goes to an operand that knows all of its axes.
  const own = { left: [] as Guard[], right: [] as Guard[] };
  for (const guard of guards) {
    const needs = wide.filter((axis) => mentionsAxis(guard.index, axis));
    const side = (["left", "right"] as const).find((candidate) => needs.every((axis) => used[candidate].includes(axis)));
    if (side === undefined) return undefined;
    own[side].push(guard);
  }
  const free = freeLetters(product);
  if (free.length < wide.length) return undefined;
  const letterOf = new Map(wide.map((axis, i) => [axis, free[i]!]));
  const operand = (side: "left" | "right", letters: string, node: Node): { node: Node; letters: string } => {
    const summed = [...letters].filter((letter) => !place.has(letter));
    const sizes = [...used[side].map((axis) => shape[axis]!), ...summed.map((letter) => node.type.shape[letters.indexOf(letter)]!)];
    const count = used[side].length;
    const moved = movedNode("moved", node, sizes, (out) => {
      const at = (position: Index): Index => substitute(position, (name) => out[used[side].indexOf(Number(name.slice(1)))]);
      return {
        guards: own[side].map((guard) => ({ ...guard, index: at(guard.index) })),
        index: [...letters].map((letter) => (place.has(letter) ? at(place.get(letter)!) : out[count + summed.indexOf(letter)]!)),
      };
    });
    return { node: moved, letters: [...used[side].map((axis) => letterOf.get(axis)!), ...summed].join("") };
  };
  const a = operand("left", left, product.inputs[0]!);
  const b = operand("right", right, product.inputs[1]!);
  const kept = wide.filter((axis) => !axes.includes(axis));
  const attributes: ContractAttributes = { left: a.letters, right: b.letters, output: kept.map((axis) => letterOf.get(axis)!).join("") };
  const type = { dtype: product.type.dtype, shape: kept.map((axis) => shape[axis]!) };
  return reshapeNode(makeNode(product.op, [a.node, b.node], attributes, type), sum.type.shape);
}

const mentionsAxis = (index: Index, axis: number): boolean => index.terms.some(({ atom }) => mentions(atom, `d${axis}`));
