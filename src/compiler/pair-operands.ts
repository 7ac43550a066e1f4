import type { DType } from "../core/dtype.ts";
import { and, bitcast, constant, local, or, shr } from "../ir/expr.ts";
import type { Contract, ContractAttributes, Elementwise, Movement, Node, OpDef } from "../ir/graph.ts";
import { makeNode, topological } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { keyOf, mentions, offset, variable } from "../ir/index.ts";
import { mostPairs, pairsAtOnce } from "../ir/kernel.ts";
import { rewrite, withInputs } from "../ir/rewrite.ts";
import { castNode } from "../tensor/ops/record.ts";
import { isZeros } from "../tensor/ops/source.ts";
import { onlyCase } from "./movement.ts";
import { elements } from "./pull.ts";

/** How often each element of the operands must be used for rounding and pairing them to cost less than is gained. */
const usesOfPairs = 16;
/**
 * What is gained by a shorter sum is lost where blocks of results pass through scratch, and with whole images' results in memory, which would
 * else be merged away. A CNN whose first convolution sums 9 products: 3.9 -> 3.4 ms, and 9.2 MB of temporaries where there were 14.8.
 */
const shortestSum = 32;

/**
 * Afterwards large contractions of bf16 to f32 are over pairs: of the axis they sum over, elements k and k + K/2 lie in one u32, the halves
 * that an instruction multiplies and adds up at once. Any pairing gives the same sum; this one is made from two contiguous halves.
 */
export const pairOperands = (roots: readonly Node[]): Node[] =>
  rewrite(askRounded(roots), (node) => (isNarrow(node) ? paired(node as Node<Contract>) : undefined));

/**
 * What is compared with 0 and rounded to bf16 for a product is compared as it was rounded: the answer is the same, and a gradient that asks where
 * `relu` let something pass keeps two bytes of it, not four besides. (Of what is below 1.2e-38, code that multiplies pairs makes 0 anyway.)
 */
function askRounded(roots: readonly Node[]): Node[] {
  const rounded = new Set(topological(roots).flatMap(({ op, type, inputs }) => (isRounding(op, type.dtype) ? inputs : [])));
  return rewrite(roots, (node, before) => {
    if (!isComparisonWithZero(before) || !before.inputs.some((input) => rounded.has(input))) return undefined;
    const asked = before.inputs.map((input, i) => {
      const changed = node.inputs[i]!;
      return rounded.has(input) ? castNode(castNode(changed, "bf16"), "f32") : changed;
    });
    return withInputs(node, asked);
  });
}

const isRounding = (op: OpDef, dtype: DType): boolean => op.kind === "elementwise" && dtype === "bf16";

/** An instruction that makes a truth of numbers compares them. */
function isComparisonWithZero({ op, type, inputs, attributes }: Node): boolean {
  if (op.kind !== "elementwise" || type.dtype !== "bool" || inputs.length !== 2 || !inputs.some(isZeros)) return false;
  if (inputs.some((input) => input.type.dtype !== "f32")) return false;
  const value = op.scalar([local("x", "f32"), local("y", "f32")], attributes, type);
  return value.kind === "apply" && value.args.every(({ dtype }) => dtype === "f32");
}

const isNarrow = ({ op, type, inputs }: Node): boolean =>
  op.kind === "contract" && type.dtype === "f32" && inputs.every((input) => input.type.dtype === "bf16");

/** A contraction whose operands hold pairs. */
const pairProduct: Contract = {
  name: "contract",
  kind: "contract",
  infer() {
    throw new Error("the type of a product of pairs is given");
  },
};

function paired(node: Node<Contract>): Node | undefined {
  const { left, right, output } = node.attributes as ContractAttributes;
  const letter = pairedLetter(node);
  if (letter === undefined) return undefined;
  const [x, y] = node.inputs as readonly [Node, Node];
  const count = pairsFor(x.type.shape[left.indexOf(letter)]!);
  const inputs = [halves(x, left.indexOf(letter), count), halves(y, right.indexOf(letter), count)];
  const attributes: ContractAttributes = { left, right, output, isPaired: true };
  return makeNode(pairProduct, inputs, attributes, node.type);
}

/**
 * The summed letter to pair along, if blocks of this product can be multiplied: one operand, that of the result's last letter, ends in that
 * letter and the other in the summed one. A product with one summed letter may have one of them the other way round.
 */
function pairedLetter(node: Node<Contract>): string | undefined {
  const { left, right, output } = node.attributes as ContractAttributes;
  const sizes = new Map<string, number>();
  [left, right].forEach((letters, i) => [...letters].forEach((letter, axis) => sizes.set(letter, node.inputs[i]!.type.shape[axis]!)));
  const wide = (letters: string): string[] => [...letters].filter((letter) => sizes.get(letter) !== 1);
  const length = (letters: readonly string[]): number => letters.reduce((n, letter) => n * sizes.get(letter)!, 1);
  const vector = wide(output).at(-1);
  if (vector === undefined || (left.includes(vector) && right.includes(vector))) return undefined;
  const [across, down] = right.includes(vector) ? [right, left] : [left, right];
  const sums = wide(across).filter((letter) => !output.includes(letter));
  if (wide(down).some((letter) => !output.includes(letter) && !across.includes(letter))) return undefined;
  const rows = length(wide(down).filter((letter) => !across.includes(letter)));
  const columns = length(wide(across).filter((letter) => !down.includes(letter)));
  if (rows * columns < usesOfPairs * (rows + columns) || length(sums) < shortestSum) return undefined;
  const [acrossEnd, downEnd] = [wide(across).at(-1)!, wide(down).at(-1)!];
  const isPlain = acrossEnd === vector && sums.includes(downEnd);
  const isTurned =
    sums.length === 1 && (sums.includes(downEnd) ? sums.includes(acrossEnd) : acrossEnd === vector && !across.includes(downEnd));
  return isPlain || isTurned ? (isPlain ? downEnd : sums[0]) : undefined;
}

/** How many pairs a sum of `size` products is, with zeros at the end where it would hardly divide. */
function pairsFor(size: number): number {
  const pairs = Math.ceil(size / 2);
  if (pairs <= mostPairs || pairsAtOnce(pairs) >= mostPairs / 2) return pairs;
  const turns = Math.ceil(pairs / mostPairs);
  return turns * Math.ceil(pairs / turns);
}

/** An operand's two halves along an axis in the low and the high half of u32; below the movements it ends in, where those leave the axis alone. */
function halves(operand: Node, axis: number, count: number): Node {
  const shape = operand.type.shape.map((size, i) => (i === axis ? count : size));
  const below = passed(operand, axis);
  if (below !== undefined) {
    const { op, inputs, attributes } = operand as Node<Movement>;
    const types = inputs.map((input) => input.type);
    const same: Movement = { ...op, source: (out) => op.source(out, types, attributes) };
    return makeNode(same, [halves(inputs[0]!, below, count)], { of: attributes, axis }, { dtype: "u32", shape });
  }
  const size = operand.type.shape[axis]!;
  const half = (start: number): Node => {
    const op: Movement = {
      name: "half",
      kind: "movement",
      infer: () => ({ dtype: operand.type.dtype, shape }),
      source(out) {
        const position = offset(out[axis]!, start);
        const index = out.map((place, i) => (i === axis ? position : place));
        return { cases: [{ input: 0, guards: [{ index: position, min: 0, max: size - 1 }], index }], fill: 0 };
      },
    };
    return makeNode(op, [operand], { start });
  };
  return makeNode(pair, [half(0), half(count)], undefined);
}

/** Which axis of its input an axis of a movement is, if it is one as it stands and the input isn't larger. */
function passed(node: Node, axis: number): number | undefined {
  const only = onlyCase(node);
  const [input] = node.inputs;
  if (only === undefined || elements(input!) > elements(node)) return undefined;
  const isOwn = (index: Index): boolean => index.terms.some(({ atom }) => mentions(atom, `d${axis}`));
  const [place, ...others] = only.index.flatMap((index, i) => (isOwn(index) ? [i] : []));
  if (place === undefined || others.length > 0 || only.guards.some(({ index }) => isOwn(index))) return undefined;
  const size = node.type.shape[axis]!;
  return input!.type.shape[place] === size && keyOf(only.index[place]!) === keyOf(variable(`d${axis}`, size)) ? place : undefined;
}

const word = (value: number) => constant(value, "u32");
/** Two bf16, which are f32 with nothing in their lower halves. */
const pair: Elementwise = {
  name: "pair",
  kind: "elementwise",
  infer: ([type]) => ({ dtype: "u32", shape: type!.shape }),
  scalar: ([x, y]) => or(shr(bitcast(x!, "u32"), word(16)), and(bitcast(y!, "u32"), word(0xffff0000))),
};
