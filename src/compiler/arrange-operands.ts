import type { Contract, ContractAttributes, Elementwise, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { atomIndex, keyOf, offset, plus, quotient, remainder, substitute, times } from "../ir/index.ts";
import { rewrite, withInputs } from "../ir/rewrite.ts";
import { movedNode, onlyCase } from "./movement.ts";
import { elements } from "./pull.ts";

/** A transposed copy costs about a cycle for each element; without it each result costs about so many cycles more. */
const worthTransposing = 1.5;

/**
 * Afterwards operands of contractions are unguarded views where a padded copy makes them so, constants are written to memory, and the operand
 * that is used most often lies with an output axis last, so that the contraction can load vectors of it.
 */
export function arrangeOperands(roots: readonly Node[]): Node[] {
  return rewrite(roots, (node) => {
    if (node.op.kind !== "contract") return undefined;
    const operands = node.inputs.map((input) => written(withoutGuards(input)));
    return transposed(withInputs(node, operands) as Node<Contract>);
  });
}

/** A value that is kept in memory although it could be pulled. */
const keep: Elementwise = { name: "keep", kind: "elementwise", infer: ([type]) => type!, scalar: ([x]) => x!, isKept: true };

/** Contractions and loops read memory, which a constant or a count has none of. */
export function written(operand: Node): Node {
  let below = operand;
  while (below.op.kind === "movement" && below.inputs.length === 1) below = below.inputs[0]!;
  const isNowhere = below.op.kind === "source" && (below.op.from === "fill" || below.op.from === "iota");
  return isNowhere ? makeNode(keep, [operand], undefined) : operand;
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

interface SpacedAxis {
  /** Where on the padded and spaced axis the element is, and the bounds of that. */
  readonly position: Index;
  readonly low: number;
  readonly high: number;
  readonly spacing: number;
  /** Whether every position is an element of the input already. */
  readonly isInside: boolean;
}

/**
 * For each input axis the position before division by the spacing, over the operand's variables; undefined where there is nothing to guard,
 * or guards say more than padding can.
 */
function spacedAxes(operand: Node, input: Node): SpacedAxis[] | undefined {
  const only = onlyCase(operand);
  if (only === undefined || only.guards.length === 0) return undefined;
  const { guards } = only;
  const axes = only.index.map((index, axis): SpacedAxis => {
    const spaced = index.terms.find(({ atom, scale }) => atom.kind === "quotient" && scale === 1)?.atom;
    const by = spaced?.kind === "quotient" ? spaced.by : 1;
    // x div s + rest = (x + s * rest) div s.
    const raised = spaced?.kind === "quotient" ? plus(spaced.of, times(plus(index, times(atomIndex(spaced), -1)), by)) : index;
    // A quotient is a spaced position only where a guard says that nothing remains.
    const isSpaced = by > 1 && guards.some((guard) => guard.min === 0 && guard.max === 0 && isRemainder(guard.index, raised, by));
    const [position, spacing] = isSpaced ? [raised, by] : [index, 1];
    const isInside = spacing === 1 && position.min >= 0 && position.max < input.type.shape[axis]!;
    return { position, low: position.min, high: position.max, spacing, isInside };
  });
  const implied = (guard: Guard): boolean =>
    axes.some((axis, i) => {
      const isRange = keyOf(guard.index) === keyOf(only.index[i]!) && guard.min === 0 && guard.max === input.type.shape[i]! - 1;
      const isSpacing = axis.spacing > 1 && guard.min === 0 && guard.max === 0 && isRemainder(guard.index, axis.position, axis.spacing);
      return isRange || isSpacing;
    });
  return guards.every(implied) ? axes : undefined;
}

/** Whether an index is `position mod by`. */
function isRemainder(index: Index, position: Index, by: number): boolean {
  const [term] = index.terms;
  if (index.terms.length !== 1 || index.constant !== 0 || term!.scale !== 1 || term!.atom.kind !== "remainder" || term!.atom.by !== by)
    return false;
  const difference = plus(term!.atom.of, times(position, -1));
  return difference.constant % by === 0 && difference.terms.every(({ scale }) => scale % by === 0);
}

/** The contraction over an operand copied so that an output letter comes last, where both operands end in summed letters. */
function transposed(node: Node<Contract>): Node {
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
  const [side, letters, operand] = right.includes(last) ? ([1, right, y] as const) : ([0, left, x] as const);
  if (elements(operand) > worthTransposing * elements(node)) return node;
  const order = [...letters].filter((letter) => letter !== last).join("") + last;
  const shape = [...order].map((letter) => operand.type.shape[letters.indexOf(letter)]!);
  const moved = movedNode("transpose", operand, shape, (out) => ({ index: [...letters].map((letter) => out[order.indexOf(letter)]!) }));
  const copy = makeNode(keep, [moved], undefined);
  const inputs = side === 1 ? [x, copy] : [copy, y];
  const attributes: ContractAttributes = side === 1 ? { left, right: order, output } : { left: order, right, output };
  return makeNode(node.op, inputs, attributes, node.type);
}
