import { sizeOf } from "../core/shape.ts";
import type { Contract, ContractAttributes, Node } from "../ir/graph.ts";
import { scaleOf } from "../ir/index.ts";
import type { Limits } from "../ir/limits.ts";
import { viewOf } from "./contraction.ts";
import type { Division } from "./divide-contractions.ts";
import { elements } from "./pull.ts";

/** Parts of a sum that threads share because of what each core's cache holds. */
export const partsOfThreads = (node: Node<Contract>, limits: Limits): Division | undefined => fewRows(node) ?? narrowRows(node, limits);

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
