import { sizeOf } from "../core/shape.ts";
import type { Contract, ContractAttributes, Node, Reduce } from "../ir/graph.ts";
import { makeNode, topological } from "../ir/graph.ts";
import { scaleOf, variable } from "../ir/index.ts";
import { address } from "./contraction.ts";
import { reshapeNode } from "./reshape-node.ts";

/** A matrix of fewer elements fits one core's cache beside everything else. */
const largeMatrix = 64 * 1024;
/** With more rows than this a tile of the matrix is used often enough that reading it isn't what takes the time. */
const fewRows = 4;

/**
 * A few rows times a large matrix read its elements once, so that caches decide. Divided by columns among cores, each core would use a piece of every row
 * of the matrix, whose addresses share a few sets of its cache; divided by the sum, each reads one block (784x512 and 512x512 on two cores:
 * 11 us of reading against 36). The parts are the same whatever the number of cores, so the bits are too.
 */
export function splitSums(roots: readonly Node[]): Node[] {
  const replaced = new Map<Node, Node>();
  for (const node of topological(roots)) {
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const changed = inputs.some((input, i) => input !== node.inputs[i]);
    const rebuilt = changed ? makeNode(node.op, inputs, node.attributes, node.type) : node;
    replaced.set(node, rebuilt.op.kind === "contract" ? split(rebuilt as Node<Contract>) : rebuilt);
  }
  return roots.map((root) => replaced.get(root)!);
}

function split(node: Node<Contract>): Node {
  const { left, right, output } = node.attributes as ContractAttributes;
  const sides = [left, right] as const;
  const [x, y] = node.inputs as readonly [Node, Node];
  const isMatrixRight = sizeOf(y.type.shape) >= sizeOf(x.type.shape);
  const [matrix, letters, rows] = isMatrixRight ? ([y, right, left] as const) : ([x, left, right] as const);
  const { shape } = matrix.type;
  const columns = [...letters].filter((letter) => output.includes(letter) && !rows.includes(letter));
  const width = columns.reduce((n, letter) => n * shape[letters.indexOf(letter)]!, 1);
  const sums = [...letters].filter((letter, axis) => !output.includes(letter) && shape[axis] !== 1);
  const [sum] = sums;
  if (sum === undefined || sums.length > 1 || !rows.includes(sum)) return node;
  if (sizeOf(shape) < largeMatrix || sizeOf(node.type.shape) > fewRows * width) return node;
  // Where the sum lies along rows of memory, columns are blocks already.
  const at = [...letters].map((letter, axis) => variable(letter, shape[axis]!));
  const { index } = address(matrix, at, ({ op }) => op.kind !== "movement");
  if (!columns.some((letter) => scaleOf(index, letter) === 1)) return node;
  const length = shape[letters.indexOf(sum)]!;
  const parts = [4, 3, 5, 2].find((count) => length % count === 0 && length >= 16 * count);
  const part = [..."abcdefghijklmnopqrstuvwxyz"].find((letter) => !left.includes(letter) && !right.includes(letter));
  if (parts === undefined || part === undefined) return node;
  const operands = node.inputs.map((operand, i) => {
    const sizes = [...sides[i]!].flatMap((letter, axis) => (letter === sum ? [parts, length / parts] : [operand.type.shape[axis]!]));
    return reshapeNode(operand, sizes);
  });
  const [a, b] = sides.map((side) => side.replace(sum, part + sum)) as [string, string];
  const attributes: ContractAttributes = { left: a, right: b, output: part + output };
  const type = { dtype: node.type.dtype, shape: [parts, ...node.type.shape] };
  return makeNode(addUp, [makeNode(node.op, operands, attributes, type)], { axes: [0] }, node.type);
}

const addUp: Reduce = {
  name: "sum",
  kind: "reduce",
  combine: "add",
  infer: ([input]) => ({ dtype: input!.dtype, shape: input!.shape.slice(1) }),
};
