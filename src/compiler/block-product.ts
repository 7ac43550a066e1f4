import { i32, load } from "../ir/expr.ts";
import type { Index } from "../ir/index.ts";
import { fixed, plus, times, toExpr, variable } from "../ir/index.ts";
import type { MultiplyBlock, Statement } from "../ir/kernel.ts";
import { blockSize, evenRows, pairsAtOnce } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import type { Letter, Strided } from "./contraction.ts";
import { lettersOf, sumLength } from "./contraction.ts";
import type { KernelScope } from "./kernel-scope.ts";
import type { Stored } from "./lower-contract.ts";
import type { Tiling } from "./tiles.ts";

/** Blocks of a product of pairs: across the letter along which results are neighbours, down the largest of the other operand. */
export function blockTiling(form: Strided, limits: Limits): Tiling {
  const vector = form.letters.find((letter) => letter.output === 1)!;
  const isSwapped = vector.role === "rows";
  const side = isSwapped ? "right" : "left";
  const rows = lettersOf(form, isSwapped ? "columns" : "rows");
  // Where the summed letter isn't the last one of that operand, a row is: the one that panels are copied along.
  const [row] = rows.sort((a, b) => Number(b[side] === 1) - Number(a[side] === 1) || b.size - a.size);
  const { lanes } = limits;
  const columns = (blockSize / lanes) * panelsAtOnce(form, row!, limits);
  return { form: "block", isSwapped, vector, lanes, row, rows: blockSize, columns, column: undefined };
}

/**
 * How many panels of the right operand rows of the left one are multiplied by before the next rows come: many, where the left operand is too
 * large for the cache and would have to be fetched for each panel. 1024^3 on one core: 3.7 -> 2.4 ms.
 */
function panelsAtOnce(form: Strided, row: Letter, { cacheBytes: [, cache] }: Limits): number {
  const pairs = sumLength(form);
  if (4 * row.size * pairs <= cache / 2) return 1;
  return Math.max(1, Math.min(mostPanels, Math.floor(cache / 4 / (4 * pairs * blockSize))));
}

/** What a product of blocks is made from. */
export interface BlockContext {
  readonly scope: KernelScope;
  readonly form: Strided;
  readonly tiling: Tiling;
  readonly sums: readonly Letter[];
  /** The operands' buffers. */
  readonly buffers: { readonly left: number; readonly right: number };
}

/** The part of lowering a contraction that is its own where blocks of pairs are multiplied by one instruction. */
export class BlockProduct {
  readonly #context: BlockContext;
  #panel: Panel | undefined;

  constructor(context: BlockContext) {
    this.#context = context;
  }

  /** Whether the loop over rows or the one over columns is the inner one: undefined where that is free to choose. */
  get side(): "down" | "across" | undefined {
    return panelSide(this.#context);
  }

  /** What the innermost loop, over tiles along `letter`, does, with a copied panel before it; undefined where none is copied, or it is there. */
  inPanel(
    letter: Letter,
    at: ReadonlyMap<string, Index>,
    counts: ReadonlyMap<string, number>,
    loop: () => Statement[],
  ): Statement[] | undefined {
    if (this.#panel !== undefined || this.side === undefined) return undefined;
    const { row, vector } = this.#context.tiling;
    const own = letter === row ? vector! : row!;
    const { panel, copying } = copyPanel(this.#context, at, counts.get(own.name)!);
    this.#panel = panel;
    const body = [...copying, ...loop()];
    this.#panel = undefined;
    return body;
  }

  /** A tile of blocks; `stored` says what follows from the sums of one. */
  tile(
    at: ReadonlyMap<string, Index>,
    rows: number,
    count: number,
    stored: (at: ReadonlyMap<string, Index>, sums: Stored) => Statement[],
  ): Statement[] {
    const { scope, tiling } = this.#context;
    const { row, lanes } = tiling;
    const vector = tiling.vector!;
    const target = scope.scratch("f32", evenRows(rows) * blockSize);
    return eachBlock(scope, count, (block, columns) => {
      const place = new Map(at).set(vector.name, plus(at.get(vector.name)!, times(block, blockSize)));
      const product = multiplyBlock(this.#context, place, { rows, columns, target, panel: this.#panel, block });
      return [product, ...stored(place, { buffer: target, width: blockSize, lanes, rows: [row, rows], along: [vector, columns] })];
    });
  }
}

const mostPanels = 8;
/** Blocks that must use a copied panel, and bytes from one row to the next, for a copy that isn't needed to be worth while. */
const usesOfPanel = 3;
const scatteredBytes = 1024;

/** A copy of the pairs that a column (or a row) of blocks needs, as blocks are multiplied from. */
interface Panel {
  readonly side: "left" | "right";
  readonly buffer: number;
  readonly stride: number;
  /** Elements from a panel to the one beside it. */
  readonly length: number;
}

/** Which operand lies the other way round than blocks need it, if one does. */
function turnedSide({ tiling, sums }: Pick<BlockContext, "tiling" | "sums">): "down" | "across" | undefined {
  const [down, across] = sidesOf(tiling);
  if (tiling.vector![across] !== 1) return "across";
  return sums.some((letter) => letter[down] === 1) ? undefined : "down";
}

const sidesOf = ({ isSwapped }: Tiling): readonly ["left" | "right", "left" | "right"] =>
  isSwapped ? ["right", "left"] : ["left", "right"];

/**
 * Whose panels are copied: of the operand that lies the other way round, or of the right one if its rows are so far apart that they fall into
 * the same few cache sets. 1024^3 on one core: 4.0 -> 3.7 ms.
 */
function panelSide(context: BlockContext): "down" | "across" | undefined {
  const { tiling, sums } = context;
  const turned = turnedSide(context);
  if (turned !== undefined) return turned;
  const [, across] = sidesOf(tiling);
  const isScattered = sums.length === 1 && 4 * sums[0]![across] >= scatteredBytes;
  return isScattered && tiling.row!.size >= usesOfPanel * blockSize ? "across" : undefined;
}

/** Copies the pairs of a panel for all sums of a row or column of blocks. */
function copyPanel(context: BlockContext, at: ReadonlyMap<string, Index>, count: number): { panel: Panel; copying: Statement[] } {
  const { scope, tiling, sums } = context;
  const [down, across] = sidesOf(tiling);
  const isAcross = panelSide(context) === "across";
  const side = isAcross ? across : down;
  const letter = isAcross ? tiling.vector! : tiling.row!;
  const [sum] = sums as readonly [Letter];
  const length = blockSize * sum.size;
  const buffer = scope.scratch("u32", length * Math.ceil(count / blockSize));
  const stride = isAcross ? blockSize : sum.size;
  const begin = placeOf(context, side, at);
  const copying = eachBlock(scope, count, (block, size) => {
    const [p, i] = [scope.name("p"), scope.name("i")];
    const pair = variable(p, sum.size);
    const copied = (place: Index, width: number): Statement => {
      const from = plus(begin, plus(times(pair, sum[side]), times(plus(times(block, blockSize), place), letter[side])));
      const to = plus(times(block, length), isAcross ? plus(times(pair, stride), place) : plus(times(place, stride), pair));
      return { kind: "store", buffer, index: toExpr(to), value: load(context.buffers[side], "u32", toExpr(from), width) };
    };
    const inner: Statement[] =
      turnedSide(context) === undefined
        ? Array.from({ length: Math.ceil(size / tiling.lanes) }, (_, j) => copied(fixed(j * tiling.lanes), tiling.lanes))
        : [{ kind: "loop", variable: i, start: i32(0), end: i32(size), step: 1, body: [copied(variable(i, size), 1)] }];
    return [{ kind: "loop", variable: p, start: i32(0), end: i32(sum.size), step: 1, body: inner }];
  });
  return { panel: { side, buffer, stride, length }, copying };
}

/** Statements for each whole block of `count` rows or columns, as a loop, and for what is left. */
function eachBlock(scope: KernelScope, count: number, body: (block: Index, size: number) => Statement[]): Statement[] {
  const whole = Math.floor(count / blockSize);
  const out: Statement[] = [];
  if (whole === 1) out.push(...body(fixed(0), blockSize));
  if (whole > 1) {
    const name = scope.name("block");
    out.push({ kind: "loop", variable: name, start: i32(0), end: i32(whole), step: 1, body: body(variable(name, whole), blockSize) });
  }
  if (whole * blockSize < count) out.push(...body(fixed(whole), count - whole * blockSize));
  return out;
}

/** Where an operand's elements for these letters begin. */
function placeOf({ form }: BlockContext, side: "left" | "right", at: ReadonlyMap<string, Index>): Index {
  let index = fixed(form[side].start);
  for (const letter of form.letters) {
    const position = at.get(letter.name);
    if (position !== undefined) index = plus(index, times(position, letter[side]));
  }
  return index;
}

/** One block of the product, into scratch of its own: rows of `blockSize` elements. */
function multiplyBlock(
  context: BlockContext,
  at: ReadonlyMap<string, Index>,
  {
    rows,
    columns,
    target,
    panel,
    block,
  }: {
    readonly rows: number;
    readonly columns: number;
    readonly target: number;
    readonly panel: Panel | undefined;
    /** Which of the panels side by side. */
    readonly block: Index;
  },
): MultiplyBlock {
  const { tiling, sums, buffers } = context;
  const [down, across] = sidesOf(tiling);
  const turned = turnedSide(context);
  const paired = turned === undefined ? sums.find((letter) => letter[down] === 1)! : sums[0]!;
  const depth = pairsAtOnce(paired.size);
  const operand = (side: "left" | "right", stride: number): MultiplyBlock["left"] =>
    panel?.side === side
      ? { buffer: panel.buffer, index: toExpr(side === across ? times(block, panel.length) : fixed(0)), stride: panel.stride }
      : { buffer: buffers[side], index: toExpr(placeOf(context, side, at)), stride };
  const step = (side: "left" | "right"): number =>
    panel?.side === side ? depth * (side === across ? panel.stride : 1) : depth * paired[side];
  const others = sums
    .filter((letter) => letter !== paired)
    .map((letter) => ({ count: letter.size, left: letter[down], right: letter[across] }));
  return {
    kind: "multiply",
    buffer: target,
    rows,
    columns,
    depth,
    left: operand(down, tiling.row![down]),
    right: operand(across, paired[across]),
    sums: [...others, { count: paired.size / depth, left: step(down), right: step(across) }],
  };
}
