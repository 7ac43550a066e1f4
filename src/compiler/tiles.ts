import type { Limits } from "../ir/limits.ts";
import type { Letter, Strided } from "./contraction.ts";
import { lettersOf, sumLength } from "./contraction.ts";
import { lanesFor } from "./lower-loop.ts";

/**
 * How a contraction is computed: a tile of `rows` x `columns` registers is kept over the whole sum. With `vector` on an output letter a
 * register holds neighbouring outputs (an element of one operand times a vector of the other); with it on a summed letter a register holds
 * partial sums, added up across lanes at the end. A block of a product of pairs is multiplied by an instruction of its own.
 */
export interface Tiling {
  readonly form: "outer" | "dot" | "block";
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

/** Rows that lie a page apart share no lines with their neighbours, and each takes an entry of the TLB: their steps take so many times longer. */
export const pageBytes = 4096;
const farRows = 1.1;

/** Chooses form and tile by counting the cycles each result takes. */
export function chooseTiling(form: Strided, limits: Limits): Tiling {
  const candidates = [...outerForms(form, limits), ...dotForms(form, limits)];
  candidates.sort((a, b) => a.cost - b.cost || a.apart - b.apart);
  return candidates[0]?.tiling ?? scalarForm(form, limits);
}

interface Candidate {
  readonly tiling: Tiling;
  readonly cost: number;
  /** Bytes from one row of the tile to the next: between equals, the nearer. */
  readonly apart: number;
}

function outerForms(form: Strided, limits: Limits): Candidate[] {
  const found: Candidate[] = [];
  const turns = innermostSum(form)?.size ?? 1;
  for (const isSwapped of [false, true]) {
    const [side, vectorRole, other, rowRole] = isSwapped
      ? (["left", "rows", "right", "columns"] as const)
      : (["right", "columns", "left", "rows"] as const);
    const vectors = lettersOf(form, vectorRole).filter((letter) => letter[side] === 1);
    const rows = lettersOf(form, rowRole);
    for (const vector of vectors) {
      const lanes = lanesFor(vector.size, limits.lanes);
      const vectorsAcross = Math.ceil(vector.size / lanes);
      for (const row of rows.length === 0 ? [undefined] : rows) {
        const size = row?.size ?? 1;
        const products = size * vectorsAcross;
        const apart = row === undefined ? 0 : 4 * row[other];
        const stores = vector.output === 1 ? 2 * products : 6 * lanes * products;
        // What is read again for each column of tiles.
        const bytes = 4 * sumLength(form) * size;
        for (const shape of tileShapes(Math.min(16, size), Math.min(4, vectorsAcross), limits, turns)) {
          // Per step of the sum and tile: a broadcast for each row, a load for each vector, a multiply-add for each pair.
          const down = tilesAlong(size, shape.rows, true);
          const across = tilesAlong(vectorsAcross, shape.columns);
          const steps = sumLength(form) * cyclesPerStep(down, across) * (apart < pageBytes ? 1 : farRows);
          const panels = Math.ceil(vectorsAcross / shape.columns);
          const again = bytes > limits.cacheBytes[1] ? (bytes * panels) / bytesPerCycle : 0;
          const cost = (steps + stores + again) / (size * vector.size);
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

function dotForms(form: Strided, limits: Limits): Candidate[] {
  const found: Candidate[] = [];
  const sums = lettersOf(form, "sum").filter((letter) => letter.left === 1 && letter.right === 1);
  for (const vector of sums) {
    const lanes = lanesFor(vector.size, limits.lanes);
    const rows = largest(lettersOf(form, "rows"));
    const columns = largest(lettersOf(form, "columns"));
    const [m, n] = [rows?.size ?? 1, columns?.size ?? 1];
    for (const shape of tileShapes(Math.min(8, m), Math.min(6, n), limits, vector.size / lanes)) {
      const steps = Math.ceil(vector.size / lanes) * (sumLength(form) / vector.size);
      const cycles = steps * cyclesPerStep(tilesAlong(m, shape.rows, true), tilesAlong(n, shape.columns));
      // Adding up the lanes of each output takes a shuffle and an addition for each halving.
      const across = m * n * (2 + Math.log2(lanes));
      const cost = (cycles + across) / (m * n);
      found.push({
        cost,
        apart: 4 * (rows?.left ?? 0),
        tiling: { form: "dot", isSwapped: false, vector, lanes, row: rows, rows: shape.rows, columns: shape.columns, column: columns },
      });
    }
  }
  return found;
}

/** From behind the second cache. */
const bytesPerCycle = 16;

interface Tiles {
  /** Of one tile along the letter, and how many such tiles there are in a row. */
  readonly size: number;
  readonly times: number;
}

/**
 * How a letter is cut into tiles of at most `step`: into whole ones and what is left, or into as many that are nearly even. What is left may have so
 * few accumulators that the adders wait: 64 rows are 9 of 6 and 2 of 5, not 10 of 6 and one of 4.
 */
export function tilesAlong(extent: number, step: number, isEven = false): readonly Tiles[] {
  const count = Math.ceil(extent / step);
  const size = isEven ? Math.ceil(extent / count) : step;
  const rest = isEven ? size - 1 : extent % step;
  const times = isEven ? extent - count * rest : Math.floor(extent / step);
  return [
    { size, times },
    { size: rest, times: count - times },
  ].filter((tiles) => tiles.times > 0);
}

/**
 * Of one step of the sum over all tiles: two loads and two multiply-adds a cycle. A multiply-add's result is there after four cycles, so that
 * few accumulators leave the adders waiting: of 49 GFLOP/s, 12 of them reach all, 10 reach 47, 8 reach 41, 6 reach 33 and 4 reach 25.
 */
function cyclesPerStep(down: readonly Tiles[], across: readonly Tiles[]): number {
  let cycles = 0;
  for (const { size: rows, times: tilesDown } of down) {
    for (const { size: columns, times: tilesAcross } of across) {
      const loads = rows + columns;
      const products = rows * columns;
      const wait = Math.max(1, 0.4 + 6.6 / products);
      cycles += (tilesDown * tilesAcross * (Math.max(loads, products * wait) + 0.1 * (loads + products))) / 2;
    }
  }
  return cycles;
}

/** Without a contiguous letter: one output at a time along the largest ones, scalars only. */
function scalarForm(form: Strided, limits: Limits): Tiling {
  const row = largest(lettersOf(form, "rows"));
  const column = largest(lettersOf(form, "columns"));
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

const largest = (letters: readonly Letter[]): Letter | undefined => [...letters].sort((a, b) => b.size - a.size)[0];

/** The summed letter whose loop is innermost: the one that moves the operands least. */
const innermostSum = (form: Strided): Letter | undefined =>
  lettersOf(form, "sum").sort((a, b) => Math.max(a.left, a.right) - Math.max(b.left, b.right))[0];

/** Whether a tile's accumulators, its row of vectors and one broadcast fit, or all of them where an innermost loop of `turns` is too short. */
const fits = (rows: number, columns: number, { registers, orderedFrom }: Limits, turns: number): boolean =>
  rows * columns + columns + (turns < orderedFrom ? rows + 1 : 1) <= registers;

/** Tiles that fit the registers, of at most so many rows and columns. */
function tileShapes(rows: number, columns: number, limits: Limits, turns: number): { rows: number; columns: number }[] {
  const shapes: { rows: number; columns: number }[] = [];
  for (let c = 1; c <= columns; c++) for (let r = 1; r <= rows && fits(r, c, limits, turns); r++) shapes.push({ rows: r, columns: c });
  return shapes;
}
