import type { Contract, ContractAttributes, Elementwise, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { offset, quotient, remainder, substitute } from "../ir/index.ts";
import { rewrite, withInputs } from "../ir/rewrite.ts";
import { transpose } from "../tensor/ops/movement.ts";
import { movedNode } from "./movement.ts";
import { elements } from "./pull.ts";
import { spacedAxes } from "./spaced-axes.ts";

/** A transposed copy costs about a cycle for each element; without it each result costs about so many cycles more. */
export const worthTransposing = 1.5;

/** How often a value is used where it is computed once: in the body of a loop, those that don't change from turn to turn. */
export type Uses = (node: Node) => number;

/**
 * Afterwards operands of contractions are unguarded views where a padded copy makes them so, constants are written to memory, and the operand
 * that is used most often lies with an output axis last, so that the contraction can load vectors of it.
 */
export function arrangeOperands(roots: readonly Node[], uses: Uses = () => 1): Node[] {
  return rewrite(roots, (node) => {
    if (node.op.kind !== "contract") return undefined;
    const operands = node.inputs.map((input) => written(withoutGuards(input)));
    return transposed(withInputs(node, operands) as Node<Contract>, uses);
  });
}

const keep: Elementwise = { name: "keep", kind: "elementwise", infer: ([type]) => type!, scalar: ([x]) => x!, isKept: true };

/** A value that is kept in memory although it could be pulled. */
export const kept = (node: Node): Node => makeNode(keep, [node], undefined);

/** Contractions and loops read memory, which a constant or a count has none of. */
export function written(operand: Node): Node {
  let below = operand;
  while (below.op.kind === "movement" && below.inputs.length === 1) below = below.inputs[0]!;
  const isNowhere = below.op.kind === "source" && (below.op.from === "fill" || below.op.from === "iota");
  return isNowhere ? kept(operand) : operand;
}

/** A guarded movement as an unguarded view of a copy that is padded (and spaced out, where only every s-th position holds an element). */
function withoutGuards(operand: Node): Node {
  if (operand.inputs.length !== 1) return operand;
  const [input] = operand.inputs as readonly [Node];
  const axes = spacedAxes(operand, input);
  if (axes === undefined || axes.every((axis) => axis.isInside)) return operand;
  const sizes = axes.map((axis, i) => (axis.isInside ? input.type.shape[i]! : axis.high - axis.low + 1));
  const padded = movedNode("pad", input, sizes, (out) => {
    const guards: Guard[] = [];
    const index = axes.map((axis, i) => {
      if (axis.isInside) return out[i]!;
      const position = offset(out[i]!, axis.low);
      if (axis.spacing > 1) guards.push({ index: remainder(position, axis.spacing), min: 0, max: 0 });
      const source = quotient(position, axis.spacing);
      guards.push({ index: source, min: 0, max: input.type.shape[i]! - 1 });
      return source;
    });
    return { index, guards };
  });
  return movedNode("view", padded, operand.type.shape, (out) => {
    const at = (position: Index): Index => substitute(position, (name) => out[Number(name.slice(1))]);
    return { index: axes.map((axis) => offset(at(axis.position), axis.isInside ? 0 : -axis.low)) };
  });
}

/** The contraction over an operand copied so that an output letter comes last, where both operands end in summed letters. */
function transposed(node: Node<Contract>, uses: Uses): Node {
  const { left, right, output, isPaired } = node.attributes as ContractAttributes;
  if (isPaired === true) return node;
  const [x, y] = node.inputs as readonly [Node, Node];
  const isVector = (letters: string, operand: Node): boolean => {
    const wide = [...letters].filter((_, axis) => operand.type.shape[axis] !== 1);
    const last = wide.at(-1);
    return last === undefined || (output.includes(last) && !(left.includes(last) && right.includes(last)));
  };
  if (isVector(left, x) || isVector(right, y)) return node;
  // Only a copy that ends in the result's last letter lets results be stored as vectors.
  const last = [...output].filter((_, axis) => node.type.shape[axis]! >= 4).at(-1);
  if (last === undefined || (left.includes(last) && right.includes(last))) return node;
  const [side, letters, operand] = right.includes(last) ? (["right", right, y] as const) : (["left", left, x] as const);
  if (elements(operand) > worthTransposing * elements(node) * uses(operand)) return node;
  return withCopy(node, side, letters.replace(last, "") + last);
}

/** The contraction over a copy of an operand that lies in another order. */
export function withCopy(node: Node, side: "left" | "right", order: string): Node {
  const { left, right, output } = node.attributes as ContractAttributes;
  const letters = side === "left" ? left : right;
  const [x, y] = node.inputs as readonly [Node, Node];
  const axes = [...order].map((letter) => letters.indexOf(letter));
  const copy = kept(makeNode(transpose, [side === "left" ? x : y], { axes }));
  const attributes: ContractAttributes = { left, right, output, [side]: order };
  return makeNode(node.op, side === "left" ? [copy, y] : [x, copy], attributes, node.type);
}
