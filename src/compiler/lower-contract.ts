import { sizeOf } from "../core/shape.ts";
import type { Expr, RegisterType } from "../ir/expr.ts";
import { across, add, apply, cast, constant, fma, less, load, local, mul, ramp, registerType, select, splat } from "../ir/expr.ts";
import type { ContractAttributes, Node } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { fixed, flatten, offset, plus, quotient, remainder, times, toExpr, variable } from "../ir/index.ts";
import type { Statement } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import type { Letter, Strided } from "./contraction.ts";
import { roleOf, stridedForm } from "./contraction.ts";
import { placed } from "./fuse.ts";
import type { ContractGroup } from "./group.ts";
import { nodesOf } from "./group.ts";
import { KernelScope } from "./kernel-scope.ts";
import type { Lowered, MemoryMap } from "./lower-loop.ts";
import { lanesFor } from "./lower-loop.ts";
import { countInstructions, Pull } from "./pull.ts";
import type { Tiling } from "./tiles.ts";
import { chooseTiling } from "./tiles.ts";

/** An epilogue of at most this many instructions is repeated for every register of the tile; a longer one becomes a loop over the tile. */
const shortEpilogue = 6;
/** After a sum of this length the trip of a tile through memory isn't felt, and a loop over it is a fifth of the code. */
const longSum = 128;
/** Multiply-adds that one turn of the innermost loop should hold at least. */
const unrollTo = 16;

/** Tiles that must use a packed copy to make it worth while, and bytes below which cache sets aren't crowded. */
const usesOfPack = 3;
const smallestPack = 16 * 1024;

export function lowerContract(group: ContractGroup, memory: MemoryMap, limits: Limits): Lowered {
  return new ContractLowering(group, memory, limits).run();
}

class ContractLowering {
  readonly #group: ContractGroup;
  readonly #memory: MemoryMap;
  readonly #limits: Limits;
  readonly #attributes: ContractAttributes;
  readonly #form: Strided;
  readonly #tiling: Tiling;
  readonly #dtype: RegisterType;
  readonly #scope = new KernelScope();
  readonly #sums: readonly Letter[];
  readonly #sizes = new Map<string, number>();
  /** The packed copy of the vectors that the tiles being written load. */
  #packed: { readonly buffer: number; readonly width: number } | undefined;

  constructor(group: ContractGroup, memory: MemoryMap, limits: Limits) {
    this.#group = group;
    this.#memory = memory;
    this.#attributes = group.anchor.attributes as ContractAttributes;
    this.#form = stridedForm(group.anchor, (node) => memory.of(node) !== undefined);
    const types = [group.anchor, ...group.anchor.inputs, ...group.epilogue].map((node) => node.type.dtype);
    this.#limits = types.includes("f64") ? { ...limits, lanes: 1 } : limits;
    this.#tiling = chooseTiling(this.#form, this.#attributes, this.#limits);
    this.#dtype = registerType[group.anchor.type.dtype];
    const { left, right } = this.#attributes;
    for (const [letters, operand] of [
      [left, group.anchor.inputs[0]!],
      [right, group.anchor.inputs[1]!],
    ] as const) {
      [...letters].forEach((letter, axis) => this.#sizes.set(letter, operand.type.shape[axis]!));
    }
    this.#sums = this.#form.letters
      .filter((letter) => roleOf(letter, this.#attributes) === "sum")
      .sort((a, b) => Math.max(b.left, b.right) - Math.max(a.left, a.right));
  }

  run(): Lowered {
    const { row, vector, column, form } = this.#tiling;
    const across = form === "outer" ? vector : column;
    const others = this.#form.letters.filter((letter) => letter !== row && letter !== across && roleOf(letter, this.#attributes) !== "sum");
    others.sort((a, b) => b.output - a.output);
    const at = new Map<string, Index>(others.map((letter) => [letter.name, variable(letter.name, letter.size)]));
    const width = form === "outer" ? this.#tiling.columns * this.#tiling.lanes : this.#tiling.columns;
    const nest: Nested[] = [
      ...others.map((letter): Nested => ({ letter, step: 1 })),
      ...(across === undefined ? [] : [{ letter: across, step: width }]),
      ...(row === undefined ? [] : [{ letter: row, step: this.#tiling.rows }]),
    ];
    // The kernel's range should have something to divide.
    if (others.length === 0 && nest.length === 2 && Math.ceil(nest[0]!.letter.size / nest[0]!.step) < 4) nest.reverse();
    const operations =
      2 * this.#form.letters.reduce((n, letter) => n * letter.size, 1) + sizeOf(this.#group.anchor.type.shape) * this.#epilogueCost();
    const [first, ...rest] = nest;
    const inside = (place: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] =>
      this.#loops(rest, place, counts);
    if (first === undefined)
      return { scope: this.#scope, operations, range: { variable: "once", extent: 1 }, body: this.#tile(at, new Map()) };
    return { scope: this.#scope, operations, ...this.#range(first, at, inside) };
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
    if (letter === this.#tiling.row && this.#packed === undefined) {
      const packing = this.#pack(at, counts);
      if (packing.length > 0) {
        const body = [...packing, ...this.#loops(nest, at, counts)];
        this.#packed = undefined;
        return body;
      }
    }
    const whole = Math.floor(letter.size / step) * step;
    const out: Statement[] = [];
    const inside = (name: string, count: number): Statement[] =>
      this.#loops(rest, new Map([...at, [letter.name, variable(name, letter.size)]]), new Map([...counts, [letter.name, count]]));
    if (whole === step) {
      const name = this.#scope.name(letter.name);
      out.push({ kind: "let", name, value: i32(0) }, ...inside(name, step));
    } else if (whole > 0) {
      const name = this.#scope.name(letter.name);
      out.push({ kind: "loop", variable: name, start: i32(0), end: i32(whole), step, body: inside(name, step) });
    }
    if (whole < letter.size) {
      const name = this.#scope.name(letter.name);
      out.push({ kind: "let", name, value: i32(whole) }, ...inside(name, letter.size - whole));
    }
    return out;
  }

  /**
   * Copies the vectors that all tiles of a column of tiles will load into neighbouring memory, where that's worth it: rows of a wide matrix
   * fall into the same few cache sets. 1024^3: 131 -> 196 GFLOP/s.
   */
  #pack(at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] {
    const { form, vector, row, rows, lanes, isSwapped } = this.#tiling;
    if (form !== "outer" || vector === undefined || row === undefined) return [];
    const side = isSwapped ? "left" : "right";
    const width = Math.ceil((counts.get(vector.name) ?? vector.size) / lanes) * lanes;
    const length = this.#sums.reduce((n, letter) => n * letter.size, 1);
    const bytes = 4 * width * length;
    const nearest = Math.min(...this.#sums.map((letter) => letter[side]));
    const isScattered = nearest >= 2 * width && bytes >= smallestPack && bytes <= this.#limits.cacheBytes[1] / 2;
    if (!isScattered || Math.ceil(row.size / rows) < usesOfPack) return [];
    const buffer = this.#scope.scratch(storageOf(this.#dtype), width * length);
    const place = new Map(at);
    const names = this.#sums.map((letter) => {
      const name = this.#scope.name(letter.name);
      place.set(letter.name, variable(name, letter.size));
      return name;
    });
    let body: Statement[] = [];
    for (let j = 0; j < width; j += lanes) {
      const index = toExpr(offset(this.#packedIndex(place, width), j));
      body.push({ kind: "store", buffer, index, value: this.#load(side, place, vector, j, lanes) });
    }
    for (const [i, letter] of [...this.#sums.entries()].reverse()) {
      body = [{ kind: "loop", variable: names[i]!, start: i32(0), end: i32(letter.size), step: 1, body }];
    }
    this.#packed = { buffer, width };
    return body;
  }

  #packedIndex(at: ReadonlyMap<string, Index>, width: number): Index {
    const places = this.#sums.map((letter) => at.get(letter.name)!);
    return times(
      flatten(
        places,
        this.#sums.map((letter) => letter.size),
      ),
      width,
    );
  }

  /** A vector of the tile's row of vectors: from the packed copy, if there is one. */
  #loadVector(at: ReadonlyMap<string, Index>, ahead: number): Expr {
    const { isSwapped, vector, lanes } = this.#tiling;
    if (this.#packed === undefined) return this.#load(isSwapped ? "left" : "right", at, vector, ahead, lanes);
    const { buffer, width } = this.#packed;
    return load(buffer, this.#dtype, toExpr(offset(this.#packedIndex(at, width), ahead)), lanes);
  }

  /** One tile of the output, from sum to epilogue. */
  #tile(at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>): Statement[] {
    const { row, form } = this.#tiling;
    const rows = row === undefined ? 1 : counts.get(row.name)!;
    return form === "outer" ? this.#outerTile(at, rows, counts) : this.#dotTile(at, rows, counts);
  }

  #outerTile(at: ReadonlyMap<string, Index>, rows: number, counts: ReadonlyMap<string, number>): Statement[] {
    const { isSwapped, lanes, row } = this.#tiling;
    const vector = this.#tiling.vector!;
    const points = counts.get(vector.name)!;
    const columns = Math.ceil(points / lanes);
    const accumulators = grid(rows, columns, () => this.#scope.name("sum"));
    const out: Statement[] = [];
    for (const name of accumulators.flat()) out.push({ kind: "declare", name, value: wide(constant(0, this.#dtype), lanes) });
    const sum = this.#sumLoops(at, rows * columns, (place) => {
      const body: Statement[] = [];
      const vectors = Array.from({ length: columns }, (_, j) => {
        const name = this.#scope.name("b");
        body.push({ kind: "let", name, value: this.#loadVector(place, j * lanes) });
        return local(name, this.#dtype, lanes);
      });
      for (let i = 0; i < rows; i++) {
        const name = this.#scope.name("a");
        body.push({ kind: "let", name, value: splat(this.#load(isSwapped ? "right" : "left", place, row, i, 1), lanes) });
        const scalar = local(name, this.#dtype, lanes);
        for (const [j, b] of vectors.entries()) body.push(this.#multiplyAdd(accumulators[i]![j]!, scalar, b, lanes));
      }
      return body;
    });
    out.push(...sum);
    const lastCount = points - (columns - 1) * lanes;
    const value = (i: number, j: number): Expr => local(accumulators[i]![j]!, this.#dtype, lanes);
    const length = this.#sums.reduce((n, letter) => n * letter.size, 1);
    const isShort = this.#epilogueCost() <= shortEpilogue && length < longSum;
    if (isShort || rows === 1) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const count = j === columns - 1 && lastCount < lanes ? lastCount : undefined;
          const place = this.#shift(at, [
            [row, i],
            [vector, j * lanes],
          ]);
          out.push(...this.#epilogue(place, value(i, j), lanes === 1 ? undefined : { variable: this.#nameAt(at, vector), lanes }, count));
        }
      }
      return out;
    }
    const tile = this.#scope.scratch(this.#group.anchor.type.dtype === "f64" ? "f64" : storageOf(this.#dtype), rows * columns * lanes);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++)
        out.push({ kind: "store", buffer: tile, index: i32((i * columns + j) * lanes), value: value(i, j) });
    }
    const name = this.#scope.name("i");
    const inTile = variable(name, rows);
    const body: Statement[] = [];
    for (let j = 0; j < columns; j++) {
      const count = j === columns - 1 && lastCount < lanes ? lastCount : undefined;
      const place = this.#shift(at, [
        [row, inTile],
        [vector, j * lanes],
      ]);
      const saved = load(tile, this.#dtype, toExpr(offset(times(inTile, columns * lanes), j * lanes)), lanes);
      body.push(...this.#epilogue(place, saved, lanes === 1 ? undefined : { variable: this.#nameAt(at, vector), lanes }, count));
    }
    out.push({ kind: "loop", variable: name, start: i32(0), end: i32(rows), step: 1, body });
    return out;
  }

  #dotTile(at: ReadonlyMap<string, Index>, rows: number, counts: ReadonlyMap<string, number>): Statement[] {
    const { row, column, lanes, vector } = this.#tiling;
    const columns = column === undefined ? 1 : counts.get(column.name)!;
    const accumulators = grid(rows, columns, () => this.#scope.name("sum"));
    const out: Statement[] = [];
    for (const name of accumulators.flat()) out.push({ kind: "declare", name, value: wide(constant(0, this.#dtype), lanes) });
    out.push(
      ...this.#sumLoops(at, rows * columns, (place, keep) => {
        const body: Statement[] = [];
        const side = (operand: "left" | "right", letter: Letter | undefined, count: number): Expr[] =>
          Array.from({ length: count }, (_, i) => {
            const name = this.#scope.name(operand === "left" ? "a" : "b");
            body.push({ kind: "let", name, value: this.#load(operand, place, letter, i, lanes) });
            return local(name, this.#dtype, lanes);
          });
        const left = side("left", row, rows);
        const right = side("right", column, columns);
        for (const [i, a] of left.entries()) {
          for (const [j, b] of right.entries()) {
            const name = accumulators[i]![j]!;
            if (keep === undefined) body.push(this.#multiplyAdd(name, a, b, lanes));
            else {
              const kept = less(ramp(i32(0), 1, lanes), i32(keep));
              const product = select(kept, mul(a, b), constant(0, this.#dtype));
              body.push({ kind: "assign", name, value: add(local(name, this.#dtype, lanes), product) });
            }
          }
        }
        return body;
      }),
    );
    const along = column !== undefined && (column.output === 1 || row === undefined || row.output !== 1) ? column : (row ?? column);
    const isAcross = along === column;
    const [outerLetter, outerCount, count] = isAcross ? ([row, rows, columns] as const) : ([column, columns, rows] as const);
    const width = along?.output === 1 ? lanesFor(count, this.#limits.lanes) : 1;
    const padded = Math.ceil(count / width) * width;
    const tile = this.#scope.scratch(storageOf(this.#dtype), outerCount * padded);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const place = isAcross ? i * padded + j : j * padded + i;
        const total = local(accumulators[i]![j]!, this.#dtype, lanes);
        out.push({ kind: "store", buffer: tile, index: i32(place), value: vector === undefined ? total : across("add", total) });
      }
    }
    const body: Statement[] = [];
    const name = this.#scope.name("i");
    const inTile = variable(name, outerCount);
    for (let j = 0; j < count; j += width) {
      const place = this.#shift(at, [
        [outerLetter, inTile],
        [along, j],
      ]);
      const saved = load(tile, this.#dtype, toExpr(offset(times(inTile, padded), j)), width);
      const kept = count - j < width ? count - j : undefined;
      const chosen = width > 1 && along !== undefined ? { variable: this.#nameAt(at, along), lanes: width } : undefined;
      body.push(...this.#epilogue(place, saved, chosen, kept));
    }
    if (outerCount === 1) out.push({ kind: "let", name, value: i32(0) }, ...body);
    else out.push({ kind: "loop", variable: name, start: i32(0), end: i32(outerCount), step: 1, body });
    return out;
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
    const place = new Map(at);
    const names = others.map((letter) => {
      const name = this.#scope.name(letter.name);
      place.set(letter.name, variable(name, letter.size));
      return name;
    });
    let inside: Statement[] = [];
    if (inner === undefined) inside = body(place);
    else {
      const most = this.#limits.keepsOperands && products >= 4 ? 1 : Math.floor(unrollTo / products);
      const copies = Math.max(1, Math.min(8, most, Math.floor(inner.size / step)));
      const whole = Math.floor(inner.size / step) * step;
      const end = Math.floor(whole / (copies * step)) * copies * step;
      const inLoop = (from: number, to: number, count: number): void => {
        if (from >= to) return;
        const name = this.#scope.name(inner.name);
        const statements: Statement[] = [];
        for (let copy = 0; copy < count; copy++) {
          statements.push(...body(new Map([...place, [inner.name, offset(variable(name, inner.size), copy * step)]])));
        }
        if (to - from === count * step) inside.push({ kind: "let", name, value: i32(from) }, ...statements);
        else inside.push({ kind: "loop", variable: name, start: i32(from), end: i32(to), step: count * step, body: statements });
      };
      inLoop(0, end, copies);
      inLoop(end, whole, 1);
      if (whole < inner.size) {
        const name = this.#scope.name(inner.name);
        inside.push({ kind: "let", name, value: i32(whole) });
        inside.push(...body(new Map([...place, [inner.name, variable(name, inner.size)]]), inner.size - whole));
      }
    }
    for (const [i, letter] of [...others.entries()].reverse()) {
      inside = [{ kind: "loop", variable: names[i]!, start: i32(0), end: i32(letter.size), step: 1, body: inside }];
    }
    return inside;
  }

  #multiplyAdd(name: string, a: Expr, b: Expr, lanes: number): Statement {
    const sum = local(name, this.#dtype, lanes);
    const isFloat = this.#dtype === "f32" || this.#dtype === "f64";
    return { kind: "assign", name, value: isFloat ? fma(a, b, sum) : add(sum, mul(a, b)) };
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

  /** Everything computed from a piece of the result: all values, then all stores. */
  #epilogue(
    at: ReadonlyMap<string, Index>,
    result: Expr,
    vector: { variable: string; lanes: number } | undefined,
    count: number | undefined,
  ): Statement[] {
    const { anchor, epilogue } = this.#group;
    const own = this.#outputIndices(at);
    const out: Statement[] = [];
    const known = new Map<Node, Expr>();
    const name = this.#scope.name("z");
    out.push({ kind: "let", name, value: result });
    known.set(anchor, local(name, this.#dtype, result.lanes));
    const place = (node: Node): Index[] => placed(node.type.shape, anchor.type.shape, own)!;
    for (const node of epilogue) {
      const value = this.#pull(known, node, vector).value(node, place(node));
      const valueName = this.#scope.name("t");
      out.push({ kind: "let", name: valueName, value });
      known.set(node, local(valueName, value.dtype, value.lanes));
    }
    for (const node of nodesOf(this.#group)) {
      if (!this.#memory.isStored(node)) continue;
      const memory = this.#memory.of(node)!;
      const { index, lanes } = this.#pull(known, node, vector).loadIndex(flatten(place(node), node.type.shape), undefined, memory.length);
      const kept = count !== undefined && lanes > 1 ? { count } : {};
      const value = known.get(node)!;
      out.push({ kind: "store", buffer: this.#scope.write(memory), index, value: lanes > 1 ? wide(value, lanes) : value, ...kept });
    }
    return out;
  }

  #pull(known: ReadonlyMap<Node, Expr>, computing: Node, vector: { variable: string; lanes: number } | undefined): Pull {
    const pull: Pull = new Pull((node, indices, guard) => {
      const register = known.get(node);
      if (register !== undefined) return register;
      if (node === computing) return undefined;
      const memory = this.#memory.of(node);
      if (memory === undefined) return undefined;
      const { index, lanes } = pull.loadIndex(flatten(indices, node.type.shape), guard, sizeOf(node.type.shape));
      return load(this.#scope.read(memory), registerType[node.type.dtype], index, lanes);
    }, vector);
    return pull;
  }

  /** The result's own indices, from those of the merged letters. */
  #outputIndices(at: ReadonlyMap<string, Index>): Index[] {
    const byLetter = new Map<string, Index>();
    for (const letter of this.#form.letters) {
      const position = at.get(letter.name);
      if (position === undefined) continue;
      let rest = position;
      for (const single of [...letter.name].reverse()) {
        const size = this.#sizes.get(single)!;
        byLetter.set(single, single === letter.name[0] ? rest : remainder(rest, size));
        rest = quotient(rest, size);
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
    const atom = at.get(letter.name)!.terms[0]?.atom;
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
      cost += countInstructions(pull.value(node, placed(node.type.shape, this.#group.anchor.type.shape, own)!));
      known.set(node, local(`t${node.id}`, registerType[node.type.dtype]));
    }
    this.#cost = cost;
    return cost;
  }
}

interface Nested {
  readonly letter: Letter;
  readonly step: number;
}
type Inside = (at: ReadonlyMap<string, Index>, counts: ReadonlyMap<string, number>) => Statement[];

const i32 = (value: number): Expr => constant(value, "i32");
const wide = (x: Expr, lanes: number): Expr => (lanes > 1 && x.lanes === 1 ? { kind: "splat", dtype: x.dtype, lanes, x } : x);
const grid = <T>(rows: number, columns: number, make: () => T): T[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, make));
const storageOf = (dtype: RegisterType): "f32" | "f64" | "i32" | "u32" | "bool" => dtype;
