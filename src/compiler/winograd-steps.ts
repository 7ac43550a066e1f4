import type { Expr } from "../ir/expr.ts";
import { add, fma, like, mul, sub } from "../ir/expr.ts";
import type { Elementwise, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { fixed } from "../ir/index.ts";
import type { ConcatAttributes, PadAttributes } from "../tensor/ops/slicing.ts";
import { concat, pad } from "../tensor/ops/slicing.ts";
import { moveOperand } from "./movement.ts";

export type Matrix = readonly (readonly number[])[];

/** The node with so many zeros after it along its last axes. */
export function reaching(node: Node, after: readonly number[]): Node {
  if (after.every((count) => count === 0)) return node;
  const rank = node.type.shape.length;
  const none = new Array<number>(rank).fill(0);
  const attributes: PadAttributes = { before: none, after: [...none, ...after].slice(-rank), spacing: none.map(() => 1), value: 0 };
  return makeNode(pad, [node], attributes);
}

/** The node with an axis replaced by sums of its elements, one for each row of a matrix. */
export function transformed(node: Node, axis: number, matrix: Matrix): Node {
  const { shape } = node.type;
  const single = shape.map((size, i) => (i === axis ? 1 : size));
  const at = (place: number): Node => moveOperand(node, single, (out) => out.map((index, i) => (i === axis ? fixed(place) : index)));
  const sums = matrix.map((row) => {
    // Even places come first where one is added as it is, so that sums and differences of the same pieces begin alike.
    const first = row.some((weight, place) => weight === 1 && place % 2 === 0) ? 0 : 1;
    const rank = (weight: number, place: number): number => (place % 2 === first ? 0 : 2) + (weight === 1 ? 0 : 1);
    const terms = row.flatMap((weight, place) => (weight === 0 ? [] : [{ weight, place, rank: rank(weight, place) }]));
    terms.sort((a, b) => a.rank - b.rank || b.weight - a.weight);
    const weights = terms.map(({ weight }) => weight);
    return makeNode(
      weighted,
      terms.map(({ place }) => at(place)),
      { weights },
    );
  });
  return makeNode(concat, sums, { axis } satisfies ConcatAttributes);
}

/** So many rows of so many columns. */
export interface Block {
  readonly rows: number;
  readonly columns: number;
}

/** The blocks that divide rows of columns evenly, from one element on: parts of a row, a row, several rows. */
export const blocksOf = (rows: number, columns: number): Block[] => [
  ...divisors(columns).map((part): Block => ({ rows: 1, columns: part })),
  ...divisors(rows)
    .slice(1)
    .map((several): Block => ({ rows: several, columns })),
];

const divisors = (size: number): number[] => Array.from({ length: size }, (_, i) => i + 1).filter((part) => size % part === 0);

/** The sum of its inputs, each times a number. */
export const weighted: Elementwise = {
  name: "weighted",
  kind: "elementwise",
  infer: ([type]) => type!,
  scalar: (args, attributes) => {
    const { weights } = attributes as { readonly weights: readonly number[] };
    return args.slice(1).reduce((sum, x, i) => plusScaled(sum, x, weights[i + 1]!), scaled(args[0]!, weights[0]!));
  },
};

const scaled = (x: Expr, weight: number): Expr => (weight === 1 ? x : mul(x, like(x, weight)));

function plusScaled(sum: Expr, x: Expr, weight: number): Expr {
  if (weight === 1) return add(sum, x);
  return weight === -1 ? sub(sum, x) : fma(x, like(x, weight), sum);
}
