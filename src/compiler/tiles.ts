import type { ContractAttributes } from "../ir/graph.ts";
import type { Limits } from "../ir/limits.ts";
import type { Letter, Strided } from "./contraction.ts";
import { roleOf } from "./contraction.ts";
import { lanesFor } from "./lower-loop.ts";

/**
 * How a contraction is computed: a tile of `rows` x `columns` registers is kept over the whole sum. With `vector` on an output letter a
 * register holds neighbouring outputs (an element of one operand times a vector of the other); with it on a summed letter a register holds
 * partial sums, added up across lanes at the end.
 */
export interface Tiling {
  readonly form: "outer" | "dot";
  /** Whether the operand that is loaded as vectors in the outer form is the left one. */
  readonly isSwapped: boolean;
  readonly vector: Letter | undefined;
  readonly lanes: number;
  /** The letter along which the tile has its rows (of the operand that isn't loaded as vectors), and how many. */
  readonly row: Letter | undefined;
  readonly rows: number;
  /** Outer form: vectors side by side along `vector`. Dot form: columns of the tile along `column`. */
  readonly columns: number;
  readonly column: Letter | undefined;
}

/** Rows that lie a page apart share no lines with their neighbours, and each takes an entry of the TLB: a load of theirs counts so many times. */
const pageBytes = 4096;
const farRows = 1.3;

/** Chooses form and tile by counting the cycles each result takes. */
export function chooseTiling(form: Strided, attributes: ContractAttributes, limits: Limits): Tiling {
  const candidates = [...outerForms(form, attributes, limits), ...dotForms(form, attributes, limits)];
  candidates.sort((a, b) => a.cost - b.cost || a.apart - b.apart);
  const [best] = candidates;
  if (best === undefined) return scalarForm(form, attributes, limits);
  return best.tiling;
}

interface Candidate {
  readonly tiling: Tiling;
  readonly cost: number;
  /** Bytes from one row of the tile to the next: between equals, the nearer. */
  readonly apart: number;
}

function outerForms(form: Strided, attributes: ContractAttributes, limits: Limits): Candidate[] {
  const found: Candidate[] = [];
  for (const isSwapped of [false, true]) {
    const vectors = form.letters.filter(
      (letter) => roleOf(letter, attributes) === (isSwapped ? "rows" : "columns") && (isSwapped ? letter.left : letter.right) === 1,
    );
    const rows = form.letters.filter((letter) => roleOf(letter, attributes) === (isSwapped ? "columns" : "rows"));
    for (const vector of vectors) {
      const lanes = lanesFor(vector.size, limits.lanes);
      for (const row of rows.length === 0 ? [undefined] : rows) {
        for (const shape of tileShapes(row?.size ?? 1, Math.ceil(vector.size / lanes), limits)) {
          // Per step of the sum and tile: a broadcast for each row, a load for each vector, a multiply-add for each pair.
          const tilesDown = Math.ceil((row?.size ?? 1) / shape.rows);
          const vectorsAcross = Math.ceil(vector.size / lanes);
          const panels = Math.ceil(vectorsAcross / shape.columns);
          const apart = row === undefined ? 0 : 4 * (isSwapped ? row.right : row.left);
          const loads = tilesDown * panels * shape.rows * (apart < pageBytes ? 1 : farRows) + tilesDown * vectorsAcross;
          const products = (row?.size ?? 1) * vectorsAcross;
          // Two loads and two multiply-adds a cycle; few accumulators leave the adder waiting (4 cycles).
          const stall = Math.max(1, 8 / (shape.rows * shape.columns));
          const steps = (sumLength(form, attributes) * (Math.max(loads, products * stall) + 0.1 * (loads + products))) / 2;
          const stores = vector.output === 1 ? 2 * products : 2 * lanes * products;
          const cost = (steps + stores) / ((row?.size ?? 1) * vector.size);
          found.push({
            cost,
            apart,
            tiling: { form: "outer", isSwapped, vector, lanes, row, rows: shape.rows, columns: shape.columns, column: undefined },
          });
        }
      }
    }
  }
  return found;
}

function dotForms(form: Strided, attributes: ContractAttributes, limits: Limits): Candidate[] {
  const found: Candidate[] = [];
  const sums = form.letters.filter((letter) => roleOf(letter, attributes) === "sum" && letter.left === 1 && letter.right === 1);
  for (const vector of sums) {
    const lanes = lanesFor(vector.size, limits.lanes);
    const rows = largest(form.letters.filter((letter) => roleOf(letter, attributes) === "rows"));
    const columns = largest(form.letters.filter((letter) => roleOf(letter, attributes) === "columns"));
    for (const shape of dotShapes(rows?.size ?? 1, columns?.size ?? 1, limits)) {
      const m = rows?.size ?? 1;
      const n = columns?.size ?? 1;
      const tilesDown = Math.ceil(m / shape.rows);
      const tilesAcross = Math.ceil(n / shape.columns);
      const steps = Math.ceil(vector.size / lanes) * (sumLength(form, attributes) / vector.size);
      const loads = steps * (tilesAcross * m + tilesDown * n);
      const products = steps * m * n;
      const stall = Math.max(1, 8 / (shape.rows * shape.columns));
      // Adding up the lanes of each output takes a shuffle and an addition for each halving.
      const across = m * n * (2 + Math.log2(lanes));
      const cost = ((Math.max(loads, products * stall) + 0.1 * (loads + products)) / 2 + across) / (m * n);
      found.push({
        cost,
        apart: 4 * (rows?.left ?? 0),
        tiling: { form: "dot", isSwapped: false, vector, lanes, row: rows, rows: shape.rows, columns: shape.columns, column: columns },
      });
    }
  }
  return found;
}

/** Without a contiguous letter: one output at a time along the largest ones, scalars only. */
function scalarForm(form: Strided, attributes: ContractAttributes, limits: Limits): Tiling {
  const row = largest(form.letters.filter((letter) => roleOf(letter, attributes) === "rows"));
  const column = largest(form.letters.filter((letter) => roleOf(letter, attributes) === "columns"));
  const side = limits.registers >= 32 ? 4 : 2;
  return {
    form: "dot",
    isSwapped: false,
    vector: undefined,
    lanes: 1,
    row,
    column,
    rows: Math.min(side, row?.size ?? 1),
    columns: Math.min(side, column?.size ?? 1),
  };
}

const sumLength = (form: Strided, attributes: ContractAttributes): number =>
  form.letters.filter((letter) => roleOf(letter, attributes) === "sum").reduce((n, letter) => n * letter.size, 1);

const largest = (letters: readonly Letter[]): Letter | undefined => [...letters].sort((a, b) => b.size - a.size)[0];

/** A tile's accumulators, its row of vectors, and one broadcast (or all of them, where the target keeps them). */
const registersOf = (rows: number, columns: number, { keepsOperands }: Limits): number =>
  rows * columns + columns + (keepsOperands ? rows : 1);

/** Tiles that fit the registers. */
function tileShapes(rows: number, vectors: number, limits: Limits): { rows: number; columns: number }[] {
  const shapes: { rows: number; columns: number }[] = [];
  for (let columns = 1; columns <= Math.min(4, vectors); columns++) {
    for (let r = 1; r <= Math.min(14, rows) && registersOf(r, columns, limits) <= limits.registers; r++) shapes.push({ rows: r, columns });
  }
  return shapes;
}

function dotShapes(rows: number, columns: number, limits: Limits): { rows: number; columns: number }[] {
  const shapes: { rows: number; columns: number }[] = [];
  for (let c = 1; c <= Math.min(6, columns); c++) {
    for (let r = 1; r <= Math.min(8, rows) && registersOf(r, c, limits) <= limits.registers; r++) shapes.push({ rows: r, columns: c });
  }
  return shapes;
}
