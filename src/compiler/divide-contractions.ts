import { bytesOf } from "../core/dtype.ts";
import type { Contract, ContractAttributes, Node, ReduceAttributes } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { plus, times } from "../ir/index.ts";
import { rewrite } from "../ir/rewrite.ts";
import { sum } from "../tensor/ops/reduction.ts";
import { freeLetters } from "./contraction.ts";
import { moveOperand } from "./movement.ts";
import { products } from "./order-operands.ts";
import { elements } from "./pull.ts";
import type { Target } from "./target.ts";

/**
 * Some sums of products become sums over parts of one of their letters, and the sum of those: where caches say so. The parts are the same
 * whatever the number of threads, so the bits are too.
 */
export const divideContractions = (roots: readonly Node[], { limits, passes }: Target): Node[] =>
  rewrite(roots, (node) => {
    // Blocks of pairs are a unit of their own.
    if (node.op.kind !== "contract" || (node.attributes as ContractAttributes).isPaired === true) return node;
    const contraction = node as Node<Contract>;
    const division = longSum(contraction) ?? passes.splitK?.(contraction, limits);
    return division === undefined ? node : divided(contraction, division);
  });

export interface Division {
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
  return parts < fewestParts || products(node) < worthDividing * parts * elements(node) ? undefined : { letter: first, parts };
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
