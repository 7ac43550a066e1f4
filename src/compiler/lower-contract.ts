import { sizeOf } from "../core/shape.ts";
import type { Expr, RegisterType } from "../ir/expr.ts";
import {
  across,
  add,
  apply,
  cast,
  constant,
  fma,
  i32,
  isFloating,
  less,
  load,
  local,
  mul,
  ramp,
  registerType,
  select,
  splat,
} from "../ir/expr.ts";
import type { ContractAttributes, Node } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { fixed, flatten, offset, plus, quotient, remainder, scaleOf, times, toExpr, variable } from "../ir/index.ts";
import type { Statement } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import { loopOver } from "../ir/statements.ts";
import type { BlockProduct } from "./block-product.ts";
import type { Letter, Strided } from "./contraction.ts";
import { countOf, letterSizes, lettersOf, stridedForm } from "./contraction.ts";
import { placedMerged } from "./fuse.ts";
import type { ContractGroup } from "./group.ts";
import { nodesOf } from "./group.ts";
import { KernelScope } from "./kernel-scope.ts";
import type { Lowered, MemoryMap } from "./lower-loop.ts";
import { lanesFor } from "./lower-loop.ts";
import type { Lanes } from "./pull.ts";
import { countInstructions, Pull } from "./pull.ts";
import { pullFrom } from "./pull-memory.ts";
import type { Target } from "./target.ts";
import type { Tiling } from "./tiles.ts";
import { chooseTiling, pageBytes, tilesAlong } from "./tiles.ts";

/** An epilogue of at most this many instructions is repeated for every register of the tile; a longer one becomes a loop over the tile. */
const shortEpilogue = 6;
/** After a sum of this length the trip of a tile through memory isn't felt, and a loop over it is a fifth of the code. */
const longSum = 128;
/** Multiply-adds that one turn of the innermost loop should hold at least. */
const unrollTo = 16;

/** A sum is cut into blocks of so many turns, and elements of a cache line. */
const [shortestBlock, longestBlock] = [64, 320];
const lineElements = 16;

/** Tiles that must use a packed copy to make it worth while, and bytes below which cache sets aren't crowded. */
const usesOfPack = 3;
const smallestPack = 8 * 1024;
/** Steps of a sum by which columns of tiles are further apart in a packed copy than they are long, so that they don't share cache sets. */
const lineApart = 2;

export function lowerContract(group: ContractGroup, memory: MemoryMap, target: Target): Lowered {
  return new ContractLowering(group, memory, target).run();
}

class ContractLowering {
  readonly #group: ContractGroup;
  readonly #memory: MemoryMap;
  readonly #limits: Limits;
  readonly #attributes: ContractAttributes;
  #form: Strided;
  readonly #tiling: Tiling;
  readonly #dtype: RegisterType;
  readonly #scope = new KernelScope();
  #sums: readonly Letter[];
  /** The letter that counts blocks of a long sum, and where the sums of all rows are kept from block to block. */
  #blocks: Letter | undefined;
  #part: { readonly buffer: number; readonly width: number } | undefined;
  readonly #sizes: ReadonlyMap<string, number>;
  /** The packed copy of the vectors that the tiles being written load. */
  #packed: { readonly buffer: number; readonly width: number; readonly isFilled: boolean; readonly isWhole?: boolean } | undefined;
  readonly #blockProduct: BlockProduct | undefined;

  constructor(group: ContractGroup, memory: MemoryMap, { limits, passes }: Target) {
    this.#group = group;
    this.#memory = memory;
    this.#attributes = group.anchor.attributes as ContractAttributes;
    this.#form = stridedForm(group.anchor, (node) => memory.of(node) !== undefined);
    const types = [group.anchor, ...group.anchor.inputs, ...group.epilogue].map((node) => node.type.dtype);
    this.#limits = types.includes("f64") ? { ...limits, lanes: limits.doubleLanes } : limits;
    // Only that pass makes contractions of pairs.
    const pairs = this.#attributes.isPaired === true ? passes.pairProducts! : undefined;
    this.#tiling = pairs === undefined ? chooseTiling(this.#form, this.#limits) : pairs.tiling(this.#form, this.#limits);
    this.#dtype = registerType[group.anchor.type.dtype];
    this.#sizes = letterSizes(group.anchor);
    this.#sums = lettersOf(this.#form, "sum").sort((a, b) => Math.max(b.left, b.right) - Math.max(a.left, a.right));
    if (pairs !== undefined) {
      const slot = (node: Node): number => this.#scope.read(memory.of(node)!);
      const buffers = { left: slot(this.#form.left.node), right: slot(this.#form.right.node) };
      this.#blockProduct = pairs.product({ scope: this.#scope, form: this.#form, tiling: this.#tiling, sums: this.#sums, buffers });
    }
  }

  run(): Lowered {
    const { row, vector, column, form } = this.#tiling;
    const across = form === "dot" ? column : vector;
    const others = this.#form.letters.filter((letter) => letter !== row && letter !== across && letter.role !== "sum");
    others.sort((a, b) => b.output - a.output);
    const at = new Map<string, Index>(others.map((letter) => [letter.name, variable(letter.name, letter.size)]));
    const width = form === "dot" ? this.#tiling.columns : this.#tiling.columns * this.#tiling.lanes;
    const turned = this.#blockProduct?.side;
    const nest: Nested[] = [
      ...others.map((letter): Nested => ({ letter, step: 1 })),
      ...(across === undefined ? [] : [{ letter: across, step: width }]),
      ...(row === undefined ? [] : [{ letter: row, step: this.#tiling.rows }]),
    ];
    // The kernel's range should have something to divide.
    const isShort = others.length === 0 && nest.length === 2 && Math.ceil(nest[0]!.letter.size / nest[0]!.step) < 4;
    if (turned === undefined ? isShort || (nest.length === 2 && this.#isFlood()) : turned === "down")
      nest.push(...nest.splice(-2).reverse());
    const operations = 2 * countOf(this.#form.letters) + sizeOf(this.#group.anchor.type.shape) * this.#epilogueCost();
    if (nest.length > 1 && nest.at(-1)!.letter === row) this.#cutSum();
    const [first, ...rest] = nest;
    const inside = (place: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] =>
      this.#loops(rest, place, counts);
    if (first === undefined)
      return { scope: this.#scope, operations, range: { variable: "once", extent: 1 }, body: this.#tile(at, new Map()) };
    return { scope: this.#scope, operations, ...this.#range(first, at, inside) };
  }

  /**
   * Whether what is done with the results passes more memory than their short sums: it had better be walked row by row, as it lies, than down columns
   * of tiles, a page for each row. Adam in the gradient of 2230x2230 weights, batch 32: 10 -> 5 ms, on wasm 43 -> 15 ms.
   */
  #isFlood(): boolean {
    const outgrowsCache = 4 * sizeOf(this.#group.anchor.type.shape) > this.#limits.cacheBytes[1];
    return outgrowsCache && countOf(this.#sums) <= longSum && 4 * (this.#tiling.row?.output ?? 0) >= pageBytes;
  }

  /** The outermost loop, as the kernel's range: whole steps, and one for what is left. */
  #range(nested: Nested, at: ReadonlyMap<string, Index>, inside: Inside): Pick<Lowered, "range" | "body"> {
    const { letter, step } = nested;
    if (step === 1) {
      const place = new Map([...at, [letter.name, variable(letter.name, letter.size)]]);
      return { range: { variable: letter.name, extent: letter.size }, body: inside(place, new Map([[letter.name, 1]])) };
    }
    const whole = Math.floor(letter.size / step);
    const rest = letter.size - whole * step;
    const tile = local("tile", "i32");
    const name = this.#scope.name(letter.name);
    const place = new Map([...at, [letter.name, variable(name, letter.size)]]);
    const position: Statement = { kind: "let", name, value: mul(tile, i32(step)) };
    const extent = whole + (rest > 0 ? 1 : 0);
    const body: Statement[] = [position];
    if (rest === 0) body.push(...inside(place, new Map([[letter.name, step]])));
    else if (whole === 0) body.push(...inside(place, new Map([[letter.name, rest]])));
    else {
      body.push({ kind: "if", condition: less(tile, i32(whole)), body: inside(place, new Map([[letter.name, step]])) });
      body.push({ kind: "if", condition: apply("equal", tile, i32(whole)), body: inside(place, new Map([[letter.name, rest]])) });
    }
    return { range: { variable: "tile", extent }, body };
  }

  #loops(nest: readonly Nested[], at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] {
    const [first, ...rest] = nest;
    if (first === undefined) return this.#tile(at, counts);
    const { letter, step } = first;
    const isRow = letter === this.#tiling.row;
    if (isRow && this.#blocks !== undefined && this.#part === undefined) return this.#inBlocks(this.#blocks, nest, at, counts);
    const inPanel = rest.length > 0 ? undefined : this.#blockProduct?.inPanel(letter, at, counts, () => this.#loops(nest, at, counts));
    if (inPanel !== undefined) return inPanel;
    const pack = isRow && this.#packed === undefined ? this.#pack(counts) : undefined;
    const out: Statement[] = [];
    const isWhole = !isRow && rest.length === 1 && letter === this.#tiling.vector && this.#blocks === undefined;
    if (isWhole) out.push(...this.#packWhole(at));
    const add = (from: number, size: number, times: number): void => {
      if (times === 0) return;
      const name = this.#scope.name(letter.name);
      const body = this.#loops(
        rest,
        new Map([...at, [letter.name, variable(name, letter.size)]]),
        new Map([...counts, [letter.name, size]]),
      );
      out.push(...loopOver(name, [from, from + times * size, size], body));
    };
    let from = 0;
    for (const { size, times } of tilesAlong(letter.size, step, isRow && this.#blockProduct === undefined)) {
      const packing = pack !== undefined && from === 0 ? 1 : 0;
      if (packing === 1) {
        this.#packed = { ...pack!, isFilled: false };
        add(0, size, 1);
        this.#packed = { ...pack!, isFilled: true };
      }
      add(from + packing * size, size, times - packing);
      from += times * size;
    }
    if (pack !== undefined || isWhole) this.#packed = undefined;
    return out;
  }

  /**
   * Cuts a long sum into blocks, where each of its turns takes another line of the operand the rows come from: what all tiles need of a
   * block stays in the second cache (x^T g of 128 x 3200 x 512 on wasm: 25 -> 45 GFLOP/s). Or where a column of tiles takes too much of the other
   * operand for a packed copy of all (1024 x 8192 x 512: 46 -> 157 GFLOP/s).
   */
  #cutSum(): void {
    const { form, row, isSwapped, columns, lanes } = this.#tiling;
    const [outermost, ...others] = this.#sums;
    if (form !== "outer" || outermost === undefined) return;
    const [turns, elements] = [countOf(others), this.#limits.cacheBytes[1] / 8];
    const isAcross = this.#sums.at(-1)![isSwapped ? "right" : "left"] >= lineElements;
    if (!isAcross && columns * lanes * countOf(this.#sums) <= elements) return;
    const most = (isAcross ? Math.min(longestBlock, elements / row!.size) : elements / 2 / (columns * lanes)) / turns;
    let size = Math.floor(most);
    while (size > 0 && outermost.size % size !== 0) size--;
    if (turns * outermost.size < 2 * longestBlock || turns * size < shortestBlock) return;
    const inside: Letter = { ...outermost, size };
    const [left, right] = [outermost.left * size, outermost.right * size];
    this.#blocks = { ...outermost, left, right, name: `${outermost.name} block`, size: outermost.size / size };
    this.#sums = [inside, ...others];
    this.#form = {
      ...this.#form,
      letters: [...this.#form.letters.map((letter) => (letter === outermost ? inside : letter)), this.#blocks],
    };
  }

  /** All rows of a column of tiles, once for each block of the sum; then what follows from the sums. */
  #inBlocks(blocks: Letter, nest: readonly Nested[], at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] {
    const { lanes, row } = this.#tiling;
    const vector = this.#tiling.vector!;
    const points = counts.get(vector.name) ?? vector.size;
    const width = Math.ceil(points / lanes) * lanes;
    const buffer = this.#scope.scratch(storageOf(this.#dtype), row!.size * width);
    const cleared = this.#scope.name("i");
    const zero: Statement = { kind: "store", buffer, index: local(cleared, "i32"), value: this.#zero(lanes) };
    const name = this.#scope.name("block");
    this.#part = { buffer, width };
    const body = this.#loops(nest, new Map([...at, [blocks.name, variable(name, blocks.size)]]), counts);
    this.#part = undefined;
    return [
      ...loopOver(cleared, [0, row!.size * width, lanes], [zero]),
      ...loopOver(name, [0, blocks.size, 1], body),
      ...this.#storedRows(new Map([...at, [row!.name, fixed(0)]]), {
        buffer,
        width,
        lanes,
        rows: [row, row!.size],
        along: [vector, points],
      }),
    ];
  }

  /**
   * A place for a copy of the vectors that all tiles of a column of tiles load, where that's worth it: rows of a wide matrix fall into the same
   * few cache sets (1024^3: 131 -> 196 GFLOP/s). The first tile fills it on its way: its stores cost nothing beside its products.
   */
  #pack(counts: ReadonlyMap<string, number>): { readonly buffer: number; readonly width: number } | undefined {
    const { form, vector, row, rows, lanes, isSwapped } = this.#tiling;
    if (form !== "outer" || vector === undefined || row === undefined) return undefined;
    const side = isSwapped ? "left" : "right";
    const width = Math.ceil((counts.get(vector.name) ?? vector.size) / lanes) * lanes;
    const length = countOf(this.#sums);
    const bytes = 4 * width * length;
    const nearest = Math.min(...this.#sums.map((letter) => letter[side]));
    const isScattered = nearest >= 2 * width && bytes >= smallestPack && bytes <= this.#limits.cacheBytes[1] / 2;
    if (!isScattered || Math.ceil(row.size / rows) < usesOfPack) return undefined;
    return { buffer: this.#scope.scratch(storageOf(this.#dtype), width * length), width };
  }

  /**
   * A copy, before all tiles, of vectors that come from behind the second cache, in the order of columns of tiles: they are read as they lie in
   * memory, where the first tile of each column would fetch a piece of a line from each row. Gradients of an LSTM's kernels, ten times
   * 128 x 320 x 512 on wasm: 39 -> 43 GFLOP/s; 32 x 320 x 512: 28 -> 34.
   */
  #packWhole(at: ReadonlyMap<string, Index>): Statement[] {
    const { form, row, rows, columns, lanes, isSwapped } = this.#tiling;
    const vector = this.#tiling.vector!;
    if (form !== "outer" || row === undefined || row.size < usesOfPack * rows || this.#sums.length === 0) return [];
    const side = isSwapped ? "left" : "right";
    const width = columns * lanes;
    const most = this.#limits.cacheBytes[1] / 2;
    const isFar = sizeOf(this.#form[side].node.type.shape) > most;
    const isScattered = Math.min(...this.#sums.map((letter) => letter[side])) >= 2 * width;
    const length = vector.size * (countOf(this.#sums) + lineApart);
    if (!isFar || !isScattered || vector.size % width !== 0 || length > most) return [];
    const buffer = this.#scope.scratch(storageOf(this.#dtype), length);
    this.#packed = { buffer, width, isFilled: true, isWhole: true };
    return this.#around(this.#sums, at, (inside) => {
      const name = this.#scope.name(vector.name);
      const place = new Map([...inside, [vector.name, variable(name, vector.size)]]);
      const copies = Array.from({ length: columns }, (_, j): Statement => {
        const index = toExpr(offset(this.#packedIndex(place), j * lanes));
        return { kind: "store", buffer, index, value: this.#load(side, place, vector, j * lanes, lanes) };
      });
      return loopOver(name, [0, vector.size, width], copies);
    });
  }

  /** Loops over whole letters. */
  #around(letters: readonly Letter[], at: ReadonlyMap<string, Index>, body: (at: ReadonlyMap<string, Index>) => Statement[]): Statement[] {
    const [first, ...others] = letters;
    if (first === undefined) return body(at);
    const name = this.#scope.name(first.name);
    const place = new Map([...at, [first.name, variable(name, first.size)]]);
    return loopOver(name, [0, first.size, 1], this.#around(others, place, body));
  }

  #packedIndex(at: ReadonlyMap<string, Index>): Index {
    const { width, isWhole } = this.#packed!;
    const places = this.#sums.map((letter) => at.get(letter.name)!);
    const sizes = this.#sums.map((letter) => letter.size);
    const inColumn = times(flatten(places, sizes), width);
    return isWhole === true ? plus(times(at.get(this.#tiling.vector!.name)!, countOf(this.#sums) + lineApart), inColumn) : inColumn;
  }

  /** The tile's row of vectors, by name: from the packed copy, if there is one, which the first tile makes. */
  #vectors(at: ReadonlyMap<string, Index>, columns: number, out: Statement[]): Expr[] {
    const { isSwapped, vector, lanes } = this.#tiling;
    const packed = this.#packed;
    return Array.from({ length: columns }, (_, j) => {
      const place = packed === undefined ? i32(0) : toExpr(offset(this.#packedIndex(at), j * lanes));
      const value = packed?.isFilled
        ? load(packed.buffer, this.#dtype, place, lanes)
        : this.#load(isSwapped ? "left" : "right", at, vector, j * lanes, lanes);
      const b = this.#scope.named("b", value, out);
      if (packed?.isFilled === false) out.push({ kind: "store", buffer: packed.buffer, index: place, value: b });
      return b;
    });
  }

  /** One tile of the output, from sum to epilogue. */
  #tile(at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] {
    const { row, form } = this.#tiling;
    const rows = row === undefined ? 1 : counts.get(row.name)!;
    if (this.#blockProduct !== undefined) {
      const columns = counts.get(this.#tiling.vector!.name)!;
      return this.#blockProduct.tile(at, rows, columns, (place, sums) => this.#storedRows(place, sums));
    }
    return form === "outer" ? this.#outerTile(at, rows, counts) : this.#dotTile(at, rows, counts);
  }

  #outerTile(at: ReadonlyMap<string, Index>, rows: number, counts: ReadonlyMap<string, number>): Statement[] {
    const { isSwapped, lanes, row } = this.#tiling;
    const vector = this.#tiling.vector!;
    const points = counts.get(vector.name)!;
    const columns = Math.ceil(points / lanes);
    const accumulators = grid(rows, columns, () => this.#scope.name("sum"));
    const out: Statement[] = [];
    const part = this.#part;
    const inPart = (i: number, j: number): Expr => toExpr(offset(times(at.get(row!.name)!, part!.width), i * part!.width + j * lanes));
    for (const [i, names] of accumulators.entries()) {
      for (const [j, name] of names.entries()) {
        const value = part === undefined ? this.#zero(lanes) : load(part.buffer, this.#dtype, inPart(i, j), lanes);
        out.push({ kind: "declare", name, value });
      }
    }
    const length = countOf(this.#sums);
    const isInline = part === undefined && (rows === 1 || (this.#epilogueCost() <= shortEpilogue && length < longSum));
    const sum = this.#sumLoops(at, rows * columns, (place) => {
      const body: Statement[] = [];
      const vectors = this.#vectors(place, columns, body);
      for (const i of this.#rowOrder(rows, !isInline)) {
        const scalar = this.#scope.named("a", splat(this.#load(isSwapped ? "right" : "left", place, row, i, 1), lanes), body);
        for (const [j, b] of vectors.entries()) body.push(this.#multiplyAdd(accumulators[i]![j]!, scalar, b, lanes));
      }
      return body;
    });
    out.push(...sum);
    const tile = isInline ? undefined : (part?.buffer ?? this.#scope.scratch(storageOf(this.#dtype), rows * columns * lanes));
    for (const [i, names] of accumulators.entries()) {
      for (const [j, name] of names.entries()) {
        const value = local(name, this.#dtype, lanes);
        if (tile === undefined) {
          const place = this.#shift(at, [
            [row, i],
            [vector, j * lanes],
          ]);
          const left = points - j * lanes;
          out.push(...this.#epilogue(place, value, vector, left < lanes ? left : undefined));
        } else {
          const index = part === undefined ? i32((i * columns + j) * lanes) : inPart(i, j);
          out.push({ kind: "store", buffer: tile, index, value });
        }
      }
    }
    if (tile === undefined || part !== undefined) return out;
    return [...out, ...this.#storedRows(at, { buffer: tile, width: columns * lanes, lanes, rows: [row, rows], along: [vector, points] })];
  }

  /** What follows from sums in a scratch buffer, as a loop over its rows. */
  #storedRows(at: ReadonlyMap<string, Index>, { buffer, width, lanes, rows: [row, count], along: [letter, length] }: Stored): Statement[] {
    const name = this.#scope.name("i");
    const inTile = variable(name, count);
    const body: Statement[] = [];
    for (let j = 0; j < length; j += lanes) {
      const place = this.#shift(at, [
        [row, inTile],
        [letter, j],
      ]);
      const saved = load(buffer, this.#dtype, toExpr(offset(times(inTile, width), j)), lanes);
      body.push(...this.#epilogue(place, saved, letter, length - j < lanes ? length - j : undefined));
    }
    return loopOver(name, [0, count, 1], body);
  }

  #dotTile(at: ReadonlyMap<string, Index>, rows: number, counts: ReadonlyMap<string, number>): Statement[] {
    const { row, column, lanes, vector } = this.#tiling;
    const columns = column === undefined ? 1 : counts.get(column.name)!;
    const accumulators = grid(rows, columns, () => this.#scope.name("sum"));
    const out: Statement[] = [];
    for (const name of accumulators.flat()) out.push({ kind: "declare", name, value: this.#zero(lanes) });
    out.push(
      ...this.#sumLoops(at, rows * columns, (place, keep) => {
        const body: Statement[] = [];
        const operand = (side: "left" | "right", letter: Letter | undefined, i: number): Expr => {
          return this.#scope.named(side === "left" ? "a" : "b", this.#load(side, place, letter, i, lanes), body);
        };
        const right = Array.from({ length: columns }, (_, j) => operand("right", column, j));
        for (const i of this.#rowOrder(rows, false)) {
          const a = operand("left", row, i);
          for (const [j, b] of right.entries()) {
            body.push(this.#multiplyAdd(accumulators[i]![j]!, a, b, lanes, keep));
          }
        }
        return body;
      }),
    );
    const along = column !== undefined && (column.output === 1 || row === undefined || row.output !== 1) ? column : (row ?? column);
    const isAcross = along === column;
    const [outer, outerCount, count] = isAcross ? ([row, rows, columns] as const) : ([column, columns, rows] as const);
    const width = along?.output === 1 ? lanesFor(count, this.#limits.lanes) : 1;
    const padded = Math.ceil(count / width) * width;
    const tile = this.#scope.scratch(storageOf(this.#dtype), outerCount * padded);
    for (const [i, names] of accumulators.entries()) {
      for (const [j, name] of names.entries()) {
        const place = isAcross ? i * padded + j : j * padded + i;
        const total = local(name, this.#dtype, lanes);
        out.push({ kind: "store", buffer: tile, index: i32(place), value: vector === undefined ? total : across("add", total) });
      }
    }
    return [
      ...out,
      ...this.#storedRows(at, { buffer: tile, width: padded, lanes: width, rows: [outer, outerCount], along: [along, count] }),
    ];
  }

  /**
   * A tile's rows in the order V8 places their products in, so that each row's load is next to them: from the first where the sums are stored
   * as they are, else from the last.
   */
  #rowOrder(rows: number, isStored: boolean): number[] {
    const order = Array.from({ length: rows }, (_, i) => i);
    return this.#limits.orderedFrom === 0 || isStored ? order : order.reverse();
  }

  /** Loops over the summed letters around `body`; in the dot form the innermost one advances by vectors and `keep` says how many lanes count. */
  #sumLoops(
    at: ReadonlyMap<string, Index>,
    products: number,
    body: (at: ReadonlyMap<string, Index>, keep?: number) => Statement[],
  ): Statement[] {
    const dotVector = this.#tiling.form === "dot" ? this.#tiling.vector : undefined;
    const others = this.#sums.filter((letter) => letter !== dotVector);
    const inner = dotVector ?? others.pop();
    const step = dotVector === undefined ? 1 : this.#tiling.lanes;
    return this.#around(others, at, (place) => {
      if (inner === undefined) return body(place);
      const inside: Statement[] = [];
      const most = this.#limits.orderedFrom > 0 && products >= 4 ? 1 : Math.floor(unrollTo / products);
      const copies = Math.max(1, Math.min(8, most, Math.floor(inner.size / step)));
      const whole = Math.floor(inner.size / step) * step;
      const end = Math.floor(whole / (copies * step)) * copies * step;
      const inLoop = (from: number, to: number, count: number, keep?: number): void => {
        if (from >= to) return;
        const name = this.#scope.name(inner.name);
        const statements: Statement[] = [];
        for (let copy = 0; copy < count; copy++) {
          statements.push(...body(new Map([...place, [inner.name, offset(variable(name, inner.size), copy * step)]]), keep));
        }
        inside.push(...loopOver(name, [from, to, keep ?? count * step], statements));
      };
      inLoop(0, end, copies);
      inLoop(end, whole, 1);
      inLoop(whole, inner.size, 1, inner.size - whole);
      return inside;
    });
  }

  #zero(lanes: number): Expr {
    return splat(constant(0, this.#dtype), lanes);
  }

  /** Of the lanes only the first, where `keep` says how many. */
  #multiplyAdd(name: string, a: Expr, b: Expr, lanes: number, keep?: number): Statement {
    const sum = local(name, this.#dtype, lanes);
    if (isFloating(this.#dtype) && keep === undefined) return { kind: "assign", name, value: fma(a, b, sum) };
    const product = mul(a, b);
    const kept = keep === undefined ? product : select(less(ramp(i32(0), 1, lanes), i32(keep)), product, constant(0, this.#dtype));
    return { kind: "assign", name, value: add(sum, kept) };
  }

  /** An element (or `lanes` neighbours) of an operand, `ahead` steps along a letter. */
  #load(side: "left" | "right", at: ReadonlyMap<string, Index>, letter: Letter | undefined, ahead: number, lanes: number): Expr {
    const { node, start } = this.#form[side];
    let index = fixed(start);
    for (const each of this.#form.letters) {
      const position = at.get(each.name);
      if (position !== undefined) index = plus(index, times(position, each[side]));
    }
    if (letter !== undefined) index = offset(index, ahead * letter[side]);
    const slot = this.#scope.read(this.#memory.of(node)!);
    return cast(load(slot, registerType[node.type.dtype], toExpr(index), lanes), this.#dtype);
  }

  /** Everything computed from a piece of the result, one element or neighbours along a letter: all values, then all stores. */
  #epilogue(at: ReadonlyMap<string, Index>, result: Expr, letter: Letter | undefined, count: number | undefined): Statement[] {
    const { anchor, epilogue } = this.#group;
    const out: Statement[] = [];
    let vector: Lanes | undefined = result.lanes === 1 ? undefined : { variable: this.#nameAt(at, letter!), lanes: result.lanes };
    const own = this.#outputIndices(at, (single, rest, size) => {
      // Along a row of vectors that each lie within one run of its last letter, a vector is within one place of the letters before.
      if (vector === undefined || epilogue.length === 0 || this.#tiling.form !== "outer" || size % vector.lanes !== 0) return undefined;
      if (scaleOf(rest, vector.variable) !== 1) return undefined;
      const [inside, before] = [this.#scope.name(single), this.#scope.name("run")];
      const whole = quotient(rest, size);
      out.push({ kind: "let", name: inside, value: toExpr(remainder(rest, size)) }, { kind: "let", name: before, value: toExpr(whole) });
      vector = { ...vector, variable: inside };
      return { inside: variable(inside, size), before: variable(before, whole.max + 1) };
    });
    const known = new Map<Node, Expr>([[anchor, this.#scope.named("z", result, out)]]);
    const place = (node: Node): Index[] => placedMerged(node.type.shape, anchor.type.shape, own)!;
    for (const node of epilogue) {
      known.set(node, this.#scope.named("t", this.#pull(known, node, vector).value(node, place(node)), out));
    }
    for (const node of nodesOf(this.#group)) {
      if (!this.#memory.isStored(node)) continue;
      const memory = this.#memory.of(node)!;
      const { index, lanes } = this.#pull(known, node, vector).loadIndex(flatten(place(node), node.type.shape), undefined, memory.length);
      const kept = count !== undefined && lanes > 1 ? { count } : {};
      const value = known.get(node)!;
      out.push({ kind: "store", buffer: this.#scope.write(memory), index, value: splat(value, lanes), ...kept });
    }
    return out;
  }

  #pull(known: ReadonlyMap<Node, Expr>, computing: Node, vector: Lanes | undefined): Pull {
    const register = (node: Node): Expr | undefined => known.get(node);
    return pullFrom({ memory: this.#memory, scope: this.#scope, register, computing }, vector);
  }

  /** The result's own indices, from those of the merged letters. */
  #outputIndices(at: ReadonlyMap<string, Index>, divide: Divide): Index[] {
    const byLetter = new Map<string, Index>();
    for (const letter of this.#form.letters) {
      const position = at.get(letter.name);
      if (position === undefined) continue;
      let rest = position;
      for (const single of [...letter.name].reverse()) {
        const size = this.#sizes.get(single)!;
        const isLast = single === letter.name[0];
        const { inside, before } = (isLast ? undefined : divide(single, rest, size)) ?? {
          inside: isLast ? rest : remainder(rest, size),
          before: quotient(rest, size),
        };
        byLetter.set(single, inside);
        rest = before;
      }
    }
    return [...this.#attributes.output].map((letter) => byLetter.get(letter) ?? fixed(0));
  }

  #shift(at: ReadonlyMap<string, Index>, moves: readonly (readonly [Letter | undefined, number | Index])[]): Map<string, Index> {
    const moved = new Map(at);
    for (const [letter, by] of moves) {
      if (letter === undefined) continue;
      const before = at.get(letter.name)!;
      moved.set(letter.name, typeof by === "number" ? offset(before, by) : plus(before, by));
    }
    return moved;
  }

  #nameAt(at: ReadonlyMap<string, Index>, letter: Letter): string {
    const atom = at.get(letter.name)!.terms.find(({ scale }) => scale === 1)?.atom;
    if (atom?.kind !== "variable") throw new Error(`letter ${letter.name} has a loop variable`);
    return atom.name;
  }

  #cost: number | undefined;
  /** Instructions of the epilogue for one element. */
  #epilogueCost(): number {
    if (this.#cost !== undefined) return this.#cost;
    const known = new Map<Node, Expr>([[this.#group.anchor, local("z", this.#dtype)]]);
    const own = [...this.#attributes.output].map((letter) => variable(letter, this.#sizes.get(letter)!));
    let cost = 0;
    for (const node of this.#group.epilogue) {
      const pull = new Pull(
        (input) =>
          known.get(input) ??
          (input !== node && this.#memory.of(input) !== undefined ? local(`m${input.id}`, registerType[input.type.dtype]) : undefined),
      );
      cost += countInstructions(pull.value(node, placedMerged(node.type.shape, this.#group.anchor.type.shape, own)!));
      known.set(node, local(`t${node.id}`, registerType[node.type.dtype]));
    }
    this.#cost = cost;
    return cost;
  }
}

/** Sums in rows that are `width` elements apart: how many along which letter, and how many along which other one in each, vectors of `lanes`. */
export interface Stored {
  readonly buffer: number;
  readonly width: number;
  readonly lanes: number;
  readonly rows: readonly [Letter | undefined, number];
  readonly along: readonly [Letter | undefined, number];
}
interface Nested {
  readonly letter: Letter;
  readonly step: number;
}
/** A place along a merged letter as the place along its last one and along those before; undefined where arithmetic says it. */
type Divide = (single: string, place: Index, size: number) => { readonly inside: Index; readonly before: Index } | undefined;
type Inside = (at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>) => Statement[];

const grid = <T>(rows: number, columns: number, make: () => T): T[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, make));
const storageOf = (dtype: RegisterType): "f32" | "f64" | "i32" | "u32" | "bool" => dtype;
