import { bytesOf } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import type { Contract, ContractAttributes, Node, ReduceAttributes } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { plus, scaleOf, times } from "../ir/index.ts";
import type { Limits } from "../ir/limits.ts";
import { rewrite } from "../ir/rewrite.ts";
import { sum } from "../tensor/ops/reduction.ts";
import { freeLetters, viewOf } from "./contraction.ts";
import { moveOperand } from "./movement.ts";
import { elements } from "./pull.ts";

/**
 * Some sums of products become sums over parts of one of their letters, and the sum of those: where caches say so. The parts are the same
 * whatever the number of threads, so the bits are too.
 */
export const divideContractions = (roots: readonly Node[], limits: Limits): Node[] =>
  rewrite(roots, (node) => {
    // Blocks of pairs are a unit of their own.
    if (node.op.kind !== "contract" || (node.attributes as ContractAttributes).isPaired === true) return node;
    const contraction = node as Node<Contract>;
    const division = longSum(contraction) ?? fewRows(contraction) ?? narrowRows(contraction, limits);
    return division === undefined ? node : divided(contraction, division);
  });

interface Division {
  readonly letter: string;
  readonly parts: number;
}

function divided(node: Node<Contract>, { letter, parts }: Division): Node {
  const { left, right, output } = node.attributes as ContractAttributes;
  const [part] = freeLetters(node);
  if (part === undefined) return node;
  const inParts = (operand: Node, letters: string): Node => {
    const axis = letters.indexOf(letter);
    const rest = operand.type.shape[axis]! / parts;
    const sizes = operand.type.shape.map((size, i) => (i === axis ? rest : size));
    return moveOperand(operand, [parts, ...sizes], ([part, ...at]) =>
      at.map((place, i) => (i === axis ? plus(times(part!, rest), place) : place)),
    );
  };
  const [x, y] = node.inputs as readonly [Node, Node];
  const attributes: ContractAttributes = { left: part + left, right: part + right, output: part + output };
  const type = { dtype: node.type.dtype, shape: [parts, ...node.type.shape] };
  const partial = makeNode(node.op, [inParts(x, left), inParts(y, right)], attributes, type);
  return makeNode(sum, [partial], { axes: [0] } satisfies ReduceAttributes, node.type);
}

/** What both operands of a part should take, to stay in the second cache while all tiles of the result pass over it. */
const partBytes = 2 ** 19;
const mostParts = 16;
const fewestParts = 4;
/** Products for each element of a partial result, from which on writing it and adding it up isn't felt. */
const worthDividing = 128;

/**
 * A sum so long that its operands leave the cache between one tile of the result and the next. The gradient of a 3x3 convolution by its
 * kernel, 64 images of 32x32, 16 channels to 16: 3.5 -> 2.3 ms; and where there are few tiles, threads have parts to share.
 */
function longSum(node: Node<Contract>): Division | undefined {
  const { left, right, output } = node.attributes as ContractAttributes;
  const [x, y] = node.inputs as readonly [Node, Node];
  const first = left[0];
  if (first === undefined || first !== right[0] || output.includes(first)) return undefined;
  const bytes = (read(x) + read(y)) * bytesOf(x.type.dtype);
  const parts = largestDivisor(x.type.shape[0]!, Math.min(mostParts, Math.ceil(bytes / partBytes)));
  const summed = [...left].filter((letter) => !output.includes(letter)).reduce((n, letter) => n * x.type.shape[left.indexOf(letter)]!, 1);
  return parts < fewestParts || summed / parts < worthDividing ? undefined : { letter: first, parts };
}

/** Elements of memory that an operand stands for: windows overlap. */
const read = (operand: Node): number =>
  Math.min(elements(operand), ...(operand.op.kind === "movement" ? operand.inputs.map(elements) : []));

/** The largest number of equal parts that is few enough. */
export function largestDivisor(length: number, most: number): number {
  let parts = most;
  while (length % parts !== 0) parts--;
  return parts;
}

/** Into how many parts threads can share, the best first. */
const partCounts = [4, 3, 5, 2];
/** A matrix of fewer elements fits one core's cache beside everything else. */
const largeMatrix = 64 * 1024;
/** With more rows than this a tile of the matrix is used often enough that reading it isn't what takes the time. */
const mostRows = 4;

/**
 * A few rows times a large matrix: each element of the matrix is read once. Divided by columns among threads, each would read a piece of every
 * row of the matrix, and such addresses share a few sets of its core's cache; divided by the sum, each reads one block (784x512 and 512x512
 * on two cores: 11 us of reading against 36).
 */
function fewRows(node: Node<Contract>): Division | undefined {
  const { left, right, output } = node.attributes as ContractAttributes;
  const [x, y] = node.inputs as readonly [Node, Node];
  const [matrix, letters, rows] = elements(y) >= elements(x) ? ([y, right, left] as const) : ([x, left, right] as const);
  const { shape } = matrix.type;
  const columns = [...letters].filter((letter) => output.includes(letter) && !rows.includes(letter));
  const width = sizeOf(columns.map((letter) => shape[letters.indexOf(letter)]!));
  const [letter, ...others] = [...letters].filter((each, axis) => !output.includes(each) && shape[axis] !== 1);
  if (letter === undefined || others.length > 0 || !rows.includes(letter)) return undefined;
  if (elements(matrix) < largeMatrix || elements(node) > mostRows * width) return undefined;
  // Where the sum lies along rows of memory, columns are blocks already.
  const view = viewOf(matrix);
  if (view === undefined || !columns.some((each) => scaleOf(view.index, `d${letters.indexOf(each)}`) === 1)) return undefined;
  const length = shape[letters.indexOf(letter)]!;
  const parts = partCounts.find((count) => length % count === 0 && length >= 16 * count);
  return parts === undefined ? undefined : { letter, parts };
}

/** Products of narrower rows than so many vectors are divided among threads by rows, not by columns. */
const narrowVectors = 12;
/** Bytes of operands from which on it matters which core's cache they are in, and the shortest part of their sum. */
const worthKeeping = 2 ** 16;
const shortestPart = 32;

/**
 * The gradient of a narrow layer's weights: a sum over the rows of both operands. What led to them was divided by those rows; divided like
 * that, each thread reads what it has written, and only partial results travel from core to core. Where every thread reads all of them to
 * make some of the results, lines travel twice, the second time when they're next written. A step of 10-100-100-1 with batch 256 on two
 * cores: 140 -> 118 us.
 */
function narrowRows(node: Node<Contract>, { lanes }: Limits): Division | undefined {
  const { left, right, output } = node.attributes as ContractAttributes;
  const operands = node.inputs as readonly [Node, Node];
  const letter = left[0];
  if (letter === undefined || letter !== right[0] || output.includes(letter)) return undefined;
  const rows = operands[0].type.shape[0]!;
  const read = elements(operands[0]) + elements(operands[1]);
  if (operands.some((operand) => elements(operand) >= narrowVectors * lanes * rows) || 4 * read < worthKeeping) return undefined;
  const parts = partCounts.find((count) => rows % count === 0 && rows >= shortestPart * count);
  return parts === undefined || parts * elements(node) > read ? undefined : { letter, parts };
}
