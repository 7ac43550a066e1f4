import { sizeOf } from "../core/shape.ts";
import type { Associative, Expr, RegisterType } from "../ir/expr.ts";
import { across, add, apply, cast, constant, i32, isFloating, less, local, ramp, registerType, select, splat } from "../ir/expr.ts";
import type { Node, Reduce } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import {
  atomIndex,
  fixed,
  flatten,
  offset,
  plus,
  quotient,
  remainder,
  scaleOf,
  substitute,
  times,
  unflatten,
  variable,
} from "../ir/index.ts";
import type { Statement } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import { operandsOf } from "../ir/operands.ts";
import { loopOver, withExpressions } from "../ir/statements.ts";
import { accessesOf, isPulled, variablesOver } from "./access.ts";
import type { Axis } from "./case-axes.ts";
import { nestOf } from "./case-axes.ts";
import { largestDivisor } from "./divide-contractions.ts";
import { placed, spaceOf } from "./fuse.ts";
import type { LoopGroup, LoopMember } from "./group.ts";
import { identity } from "./identity.ts";
import type { Memory } from "./kernel-scope.ts";
import { KernelScope } from "./kernel-scope.ts";
import type { LongSum } from "./long-sums.ts";
import { blockTurns, declareTotals, finished, handOn, longTurns } from "./long-sums.ts";
import type { Lanes } from "./pull.ts";
import { countInstructions, Pull } from "./pull.ts";
import { pullFrom } from "./pull-memory.ts";

/** Where nodes live, for the kernel being lowered. */
export interface MemoryMap {
  /** Where a node's value is in memory; undefined for nodes that aren't kept. */
  readonly of: (node: Node) => Memory | undefined;
  /** Whether a computed node must be written to memory. */
  readonly isStored: (node: Node) => boolean;
}

/** A kernel's loop nest before sharing and expansion. */
export interface Lowered {
  readonly scope: KernelScope;
  readonly range: { readonly variable: string; readonly extent: number };
  readonly body: readonly Statement[];
  readonly operations: number;
}

/** Into how many loops the vector axis is divided at most. */
const mostSegments = 8;
/** Into how many pieces the loops around the vector axis are divided at most, all together. */
const mostPieces = 9;
/** How many independent sums a long reduction keeps, to hide the latency of an addition. */
const parallelSums = 4;
/** Elements of a flat loop done by one iteration of the kernel's range. */
const flatChunk = 1024;
/** Elements of a line of memory. */
const lineElements = 16;

export function lowerLoop(group: LoopGroup, memory: MemoryMap, limits: Limits): Lowered {
  return new LoopLowering(group, memory, limits).run();
}

class LoopLowering {
  readonly #group: LoopGroup;
  readonly #memory: MemoryMap;
  readonly #limits: Limits;
  readonly #scope = new KernelScope();
  readonly #members: ReadonlyMap<Node, LoopMember>;
  /** The merged axes, those whose places are written out one after the other, and each domain axis in terms of them. */
  #axes: readonly Axis[] = [];
  #cases: readonly Axis[] = [];
  #domain: readonly Index[] = [];
  #vector: Axis | undefined;
  #lanes = 1;
  /** Neighbours along a line of memory that vectors lie across: their loop is the innermost. */
  #inLine: Axis | undefined;
  /** What the group's values depend on, over the domain's own variables. */
  readonly #guards: Guard[] = [];

  constructor(group: LoopGroup, memory: MemoryMap, limits: Limits) {
    this.#group = group;
    this.#memory = memory;
    this.#limits = limits;
    this.#members = new Map(group.members.map((member) => [member.node, member]));
  }

  run(): Lowered {
    const indices = this.#observedIndices();
    this.#chooseAxes(indices);
    this.#chooseVector();
    const outer = this.#axes.filter((axis) => !axis.isInner);
    const vector = this.#vector;
    const operations = this.#operations();
    if (vector === undefined || vector.isInner)
      return { scope: this.#scope, operations, ...this.#nest(outer, (at) => this.#point(at, undefined)) };
    const rest = outer.filter((axis) => axis !== vector);
    if (rest.length > 0) {
      return { scope: this.#scope, operations, ...this.#nest(rest, (at) => this.#inSegments(vector, at)) };
    }
    return { scope: this.#scope, operations, ...this.#flat(vector) };
  }

  /** Every index the group uses, over the domain's own variables. */
  #observedIndices(): Index[] {
    const found: Index[] = [];
    for (const member of this.#group.members) {
      const at = this.#placeOf(member, variablesOver(this.#group.domain));
      const isMemory = (node: Node): boolean => this.#isLeaf(node);
      const watch = (index: Index, guard?: Guard): void => void (guard === undefined ? found.push(index) : this.#guards.push(guard));
      for (const access of accessesOf(member.node, at, isMemory, watch)) found.push(flatten(access.indices, access.node.type.shape));
      found.push(flatten(at, member.node.type.shape));
    }
    return found;
  }

  #isLeaf(node: Node): boolean {
    return this.#members.has(node) || this.#memory.of(node) !== undefined || !isPulled(node);
  }

  /** A member's own indices, from those of the domain. */
  #placeOf(member: LoopMember, domain: readonly Index[]): Index[] {
    const { shape } = spaceOf(this.#group, member.space);
    const inSpace = member.space === "full" ? domain : domain.filter((_, axis) => !this.#group.inner.includes(axis));
    return placed(member.node.type.shape, shape, inSpace)!;
  }

  /** Sets the places of cases apart, then joins neighbouring axes `a, b` into one of size |a|·|b| where every index stays linear in it. */
  #chooseAxes(observed: readonly Index[]): void {
    const { domain, inner } = this.#group;
    const own = domain.flatMap((size, axis) => (size === 1 ? [] : [{ name: `d${axis}`, size, isInner: inner.includes(axis) }]));
    const nest = inner.length > 0 ? { axes: own, cases: [], meaning: new Map<string, Index>() } : nestOf(own, this.#guards, observed);
    const over = (index: Index): Index => substitute(index, (name) => nest.meaning.get(name));
    this.#domain = variablesOver(domain).map(over);
    this.#cases = nest.cases;
    let { axes } = nest;
    let indices = observed.map(over);
    for (let i = axes.length - 2; i >= 0; i--) {
      const a = axes[i]!;
      const b = axes[i + 1]!;
      if (a.isInner !== b.isInner) continue;
      const merged: Axis = { name: `${a.name}_${b.name.slice(1)}`, size: a.size * b.size, isInner: a.isInner };
      const both = variable(merged.name, merged.size);
      const replace = (name: string): Index | undefined =>
        name === a.name ? quotient(both, b.size) : name === b.name ? remainder(both, b.size) : undefined;
      const replaced = indices.map((index) => substitute(index, replace));
      if (replaced.some((index) => scaleOf(index, merged.name) === undefined)) continue;
      indices = replaced;
      this.#domain = this.#domain.map((index) => substitute(index, replace));
      axes = [...axes.slice(0, i), merged, ...axes.slice(i + 2)];
    }
    this.#axes = axes;
  }

  /** Chooses the axis along which most memory is contiguous, if the group can be vectorised at all. */
  #chooseVector(): void {
    const lanes = this.#hasDoubles() ? this.#limits.doubleLanes : this.#limits.lanes;
    if (lanes === 1 || this.#isScalarOnly()) return;
    const touched: { index: Index; weight: number }[] = [];
    // Places are alike.
    const [place] = this.#places(new Map());
    const domain = this.#domainAt(place!);
    for (const member of this.#group.members) {
      const at = this.#placeOf(member, domain);
      for (const access of this.#accesses(member, at)) touched.push({ index: flatten(access.indices, access.node.type.shape), weight: 1 });
      if (this.#memory.isStored(member.node) && member.space === "full")
        touched.push({ index: flatten(at, member.node.type.shape), weight: 2 });
    }
    let best = -Infinity;
    for (const axis of this.#axes) {
      if (axis.size === 1) continue;
      let score = 0;
      for (const { index, weight } of touched) {
        const scale = scaleOf(index, axis.name);
        score += weight * (scale === 1 ? 1 : scale === 0 ? 0.4 : -0.5);
      }
      // Between equals, the last axis; a vector hardly filled is worth less.
      score *= Math.min(1, axis.size / lanes);
      if (score >= best) {
        best = score;
        this.#vector = axis;
      }
    }
    if (best <= 0) this.#vector = undefined;
    if (this.#vector === undefined) return;
    this.#lanes = lanesFor(this.#vector.size, lanes);
    if (!this.#vector.isInner && this.#group.inner.length + this.#guards.length === 0) this.#keepLines(touched.map(({ index }) => index));
  }

  /**
   * Where vectors gather from as many lines, as many places of a line are read one after the other, and not all other lines in between: a
   * transposed copy of 1024x1024 takes 0.7 instead of 4.6 ms.
   */
  #keepLines(touched: readonly Index[]): void {
    const vector = this.#vector!;
    const across = touched.filter((index) => Math.abs(scaleOf(index, vector.name) ?? 2) > 1);
    const along = this.#axes.find((axis) => axis !== vector && across.some((index) => scaleOf(index, axis.name) === 1));
    if (along === undefined || along.size < 2 * lineElements) return;
    const size = largestDivisor(along.size, lineElements);
    // The axis counts blocks from here on.
    const blocks = { ...along, size: along.size / size };
    this.#inLine = { ...along, name: `${along.name}r`, size };
    const both = plus(times(variable(along.name, blocks.size), size), variable(this.#inLine.name, size));
    this.#domain = this.#domain.map((index) => substitute(index, (name) => (name === along.name ? both : undefined)));
    this.#axes = this.#axes.map((axis) => (axis === along ? blocks : axis));
  }

  #accesses(member: LoopMember, at: readonly Index[]): { node: Node; indices: readonly Index[] }[] {
    if (isPulled(member.node)) return accessesOf(member.node, at, (node) => this.#isLeaf(node));
    const found: { node: Node; indices: readonly Index[] }[] = [];
    const pull = new Pull((node, indices) => {
      if (!this.#isLeaf(node)) return undefined;
      found.push({ node, indices });
      return constant(0, registerType[node.type.dtype]);
    });
    pull.value(member.node.inputs[0]!, this.#operandPlace(member.node, this.#domain));
    return found;
  }

  /** A reduction's operand has the domain's shape but for axes of size one. */
  #operandPlace(node: Node, domain: readonly Index[]): Index[] {
    return placed(node.inputs[0]!.type.shape, this.#group.domain, domain)!;
  }

  #scalars: Expr[][] | undefined;
  /** One scalar evaluation of every member at each place of the cases, to see what it's made of. */
  #scalarValues(): Expr[][] {
    this.#scalars ??= this.#scalarsAt(this.#places(new Map()));
    return this.#scalars;
  }

  #scalarsAt(places: readonly ReadonlyMap<string, Index>[]): Expr[][] {
    const pulls = this.#group.members.map(({ node }) => {
      const root = isPulled(node) ? node : node.inputs[0]!;
      const pull = new Pull((other) => {
        if ((other === root && isPulled(node)) || !this.#isLeaf(other)) return undefined;
        return local(`m${other.id}`, registerType[other.type.dtype]);
      });
      return { root, pull };
    });
    return places.map((place) => {
      const domain = this.#domainAt(place);
      return this.#group.members.map((member, i) => {
        const { root, pull } = pulls[i]!;
        return pull.value(root, isPulled(member.node) ? this.#placeOf(member, domain) : this.#operandPlace(member.node, domain));
      });
    });
  }

  #isScalarOnly(): boolean {
    const seen = new Set<Expr>();
    const isScalar = (expr: Expr): boolean => {
      if (seen.has(expr)) return false;
      seen.add(expr);
      if (expr.kind === "apply" && (expr.instruction === "div" || expr.instruction === "rem") && !isFloating(expr.dtype)) {
        if (!isIndexArithmetic(expr)) return true;
      }
      return operandsOf(expr).some(isScalar);
    };
    return this.#scalarValues().flat().some(isScalar);
  }

  #hasDoubles(): boolean {
    const seen = new Set<Expr>();
    const isDouble = (expr: Expr): boolean => {
      if (seen.has(expr)) return false;
      seen.add(expr);
      return expr.dtype === "f64" || operandsOf(expr).some(isDouble);
    };
    const types = this.#group.members.map((member) => member.node.type.dtype);
    return types.includes("f64") || this.#scalarValues().flat().some(isDouble);
  }

  #operations(): number {
    const places = this.#scalarValues();
    return this.#group.members.reduce((sum, member, i) => {
      const points = member.space === "full" || !isPulled(member.node) ? sizeOf(this.#group.domain) : sizeOf(member.node.type.shape);
      const seen = new Set<Expr>();
      const counted = places.reduce((n, values) => n + countInstructions(values[i]!, seen), 0);
      return sum + points + (points / places.length) * counted;
    }, 0);
  }

  /** Loops over these axes, the first one being the kernel's range, with those after it that count blocks: its turns are theirs. */
  #nest(axes: readonly Axis[], point: (at: ReadonlyMap<string, Index>) => Statement[]): Pick<Lowered, "range" | "body"> {
    const [first] = axes;
    if (first === undefined) return { range: { variable: "once", extent: 1 }, body: point(new Map()) };
    const inRange = axes.findIndex((axis, i) => i > 0 && axis.isBlock !== true);
    const [ranging, others] = inRange < 0 ? [axes, []] : [axes.slice(0, inRange), axes.slice(inRange)];
    const sizes = ranging.map(({ size }) => size);
    const whole = variable(first.name, sizeOf(sizes));
    const at = new Map(unflatten(whole, sizes).map((index, i) => [ranging[i]!.name, index]));
    return { range: { variable: first.name, extent: sizeOf(sizes) }, body: this.#loops(others, at, mostPieces, point) };
  }

  /**
   * Loops over axes, each in pieces in which its comparisons come out the same, while pieces are few: inside of a padded image there is
   * nothing to ask (64x34x34x16: 0.80 -> 0.45 ms).
   */
  #loops(
    axes: readonly Axis[],
    at: ReadonlyMap<string, Index>,
    most: number,
    point: (at: ReadonlyMap<string, Index>) => Statement[],
  ): Statement[] {
    const [axis, ...others] = axes;
    if (axis === undefined) return point(at);
    const cuts = this.#cuts(axis);
    const ends = cuts.length - 1 <= most ? cuts.slice(1) : [axis.size];
    return ends.flatMap((end, i) => {
      const start = i === 0 ? 0 : ends[i - 1]!;
      // In one of several pieces all names are its own.
      const name = most === mostPieces && ends.length === 1 ? axis.name : this.#scope.name(axis.name);
      const body = this.#loops(others, new Map([...at, [axis.name, between(name, start, end)]]), Math.floor(most / ends.length), point);
      return loopOver(name, [start, end, 1], body);
    });
  }

  /** A single outer axis that is also the vector axis: the range counts chunks of it. */
  #flat(vector: Axis): Pick<Lowered, "range" | "body"> {
    const hasReduction = this.#group.inner.length > 0;
    const chunk = hasReduction ? this.#lanes : Math.max(this.#lanes, flatChunk);
    const whole = Math.floor(vector.size / this.#lanes) * this.#lanes;
    const extent = Math.max(1, Math.ceil(vector.size / chunk));
    if (extent === 1) return { range: { variable: "once", extent: 1 }, body: this.#alongVector(vector, new Map(), 0, vector.size) };
    const start = apply("mul", local("chunk", "i32"), i32(chunk));
    const stop = apply("min", add(start, i32(chunk)), i32(whole));
    const name = vector.name;
    const body: Statement[] = [
      {
        kind: "loop",
        variable: name,
        start,
        end: stop,
        step: this.#lanes,
        body: this.#point(new Map([[name, variable(name, vector.size)]]), { variable: name, lanes: this.#lanes }),
      },
    ];
    const rest = vector.size - whole;
    if (rest > 0) {
      const isLast = apply("equal", local("chunk", "i32"), i32(extent - 1));
      body.push({ kind: "if", condition: isLast, body: this.#alongVector(vector, new Map(), whole, vector.size) });
    }
    return { range: { variable: "chunk", extent }, body };
  }

  /**
   * The vector axis in pieces in which every comparison of its position comes out the same: each part of a concatenation has a loop of its
   * own (the gradient of an LSTM's gates, 64x512: 100 us in one loop, 8 us in four).
   */
  #inSegments(vector: Axis, at: ReadonlyMap<string, Index>): Statement[] {
    const sorted = this.#cuts(vector);
    const isWorthIt = sorted.length - 1 <= mostSegments && sorted.every((cut, i) => i === 0 || cut - sorted[i - 1]! >= this.#lanes);
    if (!isWorthIt) return this.#alongVector(vector, at, 0, vector.size);
    return sorted.slice(1).flatMap((end, i) => this.#alongVector(vector, at, sorted[i]!, end));
  }

  #cuts(axis: Axis): number[] {
    const cuts = new Set<number>([0, axis.size]);
    for (const { index, min, max } of this.#guards) {
      const over = substitute(index, (name) => this.#domain[Number(name.slice(1))]);
      const scale = scaleOf(over, axis.name);
      if (over.terms.length !== 1 || (scale !== 1 && scale !== -1)) continue;
      const { constant: shift } = over;
      for (const cut of scale === 1 ? [min - shift, max - shift + 1] : [shift - max, shift - min + 1]) {
        if (cut > 0 && cut < axis.size) cuts.add(cut);
      }
    }
    return [...cuts].sort((a, b) => a - b);
  }

  /** The points from `start` to `end` of the vector axis: whole vectors, then the rest. */
  #alongVector(vector: Axis, at: ReadonlyMap<string, Index>, start: number, end: number): Statement[] {
    const out: Statement[] = [];
    const lanes = this.#lanes;
    const whole = start + Math.floor((end - start) / lanes) * lanes;
    if (whole > start) {
      const name = this.#scope.name("v");
      const inside = this.#point(new Map([...at, [vector.name, between(name, start, end)]]), { variable: name, lanes });
      out.push(...loopOver(name, [start, whole, lanes], inside));
    }
    if (whole < end) out.push(...this.#rest(vector, at, whole, end));
    return out;
  }

  /** Fewer points than a vector has lanes: one vector of which only some lanes are kept, or, where loads gather, exact narrower ones. */
  #rest(vector: Axis, at: ReadonlyMap<string, Index>, start: number, end: number): Statement[] {
    const count = end - start;
    const name = this.#scope.name("v");
    const lanes = lanesFor(count, this.#lanes);
    const place = new Map([...at, [vector.name, between(name, start, end)]]);
    const masked = this.#point(place, { variable: name, lanes }, count);
    if (lanes === count || !gathers(masked)) return loopOver(name, [start, end, count], masked);
    const out: Statement[] = [];
    for (let from = start, left = count; left > 0; ) {
      const width = 2 ** Math.floor(Math.log2(left));
      const piece = this.#scope.name("v");
      const statements = this.#point(new Map([...at, [vector.name, between(piece, start, end)]]), { variable: piece, lanes: width });
      out.push(...loopOver(piece, [from, from + width, width], statements));
      from += width;
      left -= width;
    }
    return out;
  }

  /** Everything at one point of the loops (or at `lanes` neighbouring ones): one place of the cases after the other, which share what they read. */
  #point(outer: ReadonlyMap<string, Index>, lanes: Lanes | undefined, count?: number): Statement[] {
    const points = (at: ReadonlyMap<string, Index>): Statement[] => this.#places(at).flatMap((place) => this.#place(place, lanes, count));
    return this.#inLine === undefined ? points(outer) : this.#loops([this.#inLine], outer, 1, points);
  }

  #places(outer: ReadonlyMap<string, Index>): ReadonlyMap<string, Index>[] {
    let places = [outer];
    for (const { name, size } of this.#cases) {
      const each = Array.from({ length: size }, (_, place) => fixed(place));
      places = places.flatMap((at) => each.map((place) => new Map([...at, [name, place]])));
    }
    return places;
  }

  /** Sweep after sweep over the inner axes. */
  #place(outer: ReadonlyMap<string, Index>, lanes: Lanes | undefined, count?: number): Statement[] {
    const out: Statement[] = [];
    const known = new Map<Node, Expr>();
    const phases = Math.max(...this.#group.members.map((member) => member.phase)) + 1;
    for (let phase = 0; phase < phases; phase++) {
      const members = this.#group.members.filter((member) => member.phase === phase);
      const sweep = members.filter((member) => member.space === "full" || !isPulled(member.node));
      if (sweep.length > 0) out.push(...this.#sweep(sweep, outer, lanes, count, known));
      const rest = members.filter((member) => member.space === "outer" && isPulled(member.node));
      if (rest.length > 0) out.push(...this.#elementwise(rest, outer, lanes, count, known));
    }
    return out;
  }

  /** One pass over the inner axes: reductions accumulate, full members are written. */
  #sweep(
    members: readonly LoopMember[],
    outer: ReadonlyMap<string, Index>,
    lanes: Lanes | undefined,
    count: number | undefined,
    known: Map<Node, Expr>,
  ): Statement[] {
    const inner = this.#axes.filter((axis) => axis.isInner);
    if (inner.length === 0 && members.every((member) => isPulled(member.node)))
      return this.#elementwise(members, outer, lanes, count, known);
    const reductions = members.filter((member) => !isPulled(member.node));
    const full = members.filter((member) => isPulled(member.node));
    const vector = this.#vector?.isInner === true ? this.#vector : undefined;
    const width = vector === undefined ? (lanes?.lanes ?? 1) : this.#lanes;
    const whole = vector === undefined ? 0 : Math.floor(vector.size / width) * width;
    const last = inner.at(-1);
    const unrolled = vector ?? last;
    const step = vector === undefined ? 1 : width;
    const wholeSize = vector === undefined ? (last?.size ?? 0) : whole;
    const sums = full.length === 0 && unrolled !== undefined && wholeSize >= 2 * parallelSums * step ? parallelSums : 1;
    const registers = new Map<Node, string[]>();
    const out: Statement[] = [];
    const others = inner.filter((axis) => axis !== unrolled);
    const turns = Math.floor(wholeSize / (step * sums));
    const longest = sums === 1 ? longTurns.spread : longTurns.contiguous;
    const isLong = turns * sizeOf(others.map(({ size }) => size)) > longest;
    const longSums = new Map<Node, LongSum>();
    for (const { node } of reductions) {
      const names = Array.from({ length: sums }, () => this.#scope.name("sum"));
      registers.set(node, names);
      const start = identity(combinerOf(node), registerType[node.type.dtype]);
      for (const name of names) out.push({ kind: "declare", name, value: splat(start, width) });
      const dtype = registerType[node.type.dtype];
      if (!isLong || combinerOf(node) !== "add" || !isFloating(dtype)) continue;
      const long = { registers: names, total: this.#scope.name("total"), lost: this.#scope.name("lost"), dtype, lanes: width };
      longSums.set(node, long);
      out.push(...declareTotals(long));
    }
    const handAllOn = (): Statement[] => [...longSums.values()].flatMap((long) => handOn(long, (hint) => this.#scope.name(hint)));
    const body = (at: ReadonlyMap<string, Index>, chosen: Lanes | undefined, sum: number, keep?: number): Statement[] =>
      this.#accumulate(reductions, full, at, chosen, count ?? keep, keep, registers, sum, known);

    const at = new Map([...outer, ...others.map((axis): [string, Index] => [axis.name, variable(this.#rename(axis), axis.size)])]);
    let inside: Statement[] = [];
    if (unrolled === undefined) inside = body(at, lanes, 0);
    else {
      const inLoop = (from: number, to: number, stride: number, copies: number, block?: string): Statement[] => {
        if (from >= to) return [];
        const name = this.#rename(unrolled);
        const chosen = vector === undefined ? lanes : { variable: name, lanes: width };
        const within = variable(name, unrolled.size);
        const place = block === undefined ? within : plus(variable(block, unrolled.size), within);
        const statements: Statement[] = [];
        for (let copy = 0; copy < copies; copy++)
          statements.push(...body(new Map([...at, [unrolled.name, offset(place, copy * step)]]), chosen, copy));
        return loopOver(name, [from, to, stride], statements);
      };
      const end = turns * step * sums;
      // A long sum in blocks, which are handed on; then what is left.
      const span = blockTurns * step * sums;
      const blocks = longSums.size > 0 && turns > blockTurns ? Math.floor(end / span) * span : 0;
      if (blocks > 0) {
        const name = this.#rename(unrolled);
        inside.push(...loopOver(name, [0, blocks, span], [...inLoop(0, span, step * sums, sums, name), ...handAllOn()]));
      }
      inside.push(...inLoop(blocks, end, step * sums, sums));
      inside.push(...inLoop(end, wholeSize, step, 1));
      if (vector !== undefined && whole < vector.size) inside.push(...this.#innerRest(vector, at, whole, body));
    }
    let pending = turns;
    for (const axis of [...others].reverse()) {
      if (longSums.size > 0 && pending * axis.size > blockTurns) {
        inside = [...inside, ...handAllOn()];
        pending = 0;
      }
      pending *= axis.size;
      inside = loopOver(indexName(at.get(axis.name)!), [0, axis.size, 1], inside);
    }
    out.push(...inside, ...handAllOn());
    for (const { node } of reductions) {
      const combine = combinerOf(node);
      const dtype = registerType[node.type.dtype];
      const long = longSums.get(node);
      const parts = registers.get(node)!.map((name): Expr => local(name, dtype, width));
      const total = long === undefined ? parts.reduce((x, y) => apply(instructionOf(combine, dtype), x, y)) : finished(long);
      const value = vector === undefined ? total : across(instructionOf(combine, dtype), total);
      known.set(node, this.#scope.named("r", value, out));
    }
    return [...out, ...this.#stores(reductions, outer, lanes, count, known)];
  }

  /** The lanes of the inner vector axis that don't fill a vector. */
  #innerRest(
    vector: Axis,
    at: ReadonlyMap<string, Index>,
    start: number,
    body: (at: ReadonlyMap<string, Index>, lanes: Lanes, sum: number, keep?: number) => Statement[],
  ): Statement[] {
    const name = this.#rename(vector);
    const count = vector.size - start;
    const place = new Map([...at, [vector.name, variable(name, vector.size)]]);
    const masked = body(place, { variable: name, lanes: this.#lanes }, 0, count);
    if (!gathers(masked)) return loopOver(name, [start, vector.size, count], masked);
    // Gathered lanes past the end would be read: go one by one, into the first lane.
    const single = this.#rename(vector);
    const one = body(new Map([...at, [vector.name, variable(single, vector.size)]]), { variable: single, lanes: 1 }, 0, 1);
    return loopOver(single, [start, vector.size, 1], one);
  }

  #accumulate(
    reductions: readonly LoopMember[],
    full: readonly LoopMember[],
    at: ReadonlyMap<string, Index>,
    lanes: Lanes | undefined,
    count: number | undefined,
    keep: number | undefined,
    registers: ReadonlyMap<Node, readonly string[]>,
    sum: number,
    known: ReadonlyMap<Node, Expr>,
  ): Statement[] {
    const here = new Map(known);
    const out = this.#elementwise(full, at, lanes, count, here);
    const pull = this.#pull(here, lanes, undefined, (reductions[0] ?? full[0])?.phase);
    const domain = this.#domainAt(at);
    for (const { node } of reductions) {
      const name = registers.get(node)![sum]!;
      const dtype = registerType[node.type.dtype];
      const combine = instructionOf(combinerOf(node), dtype);
      const register = (width: number): Expr => local(name, dtype, width);
      const width = this.#vector?.isInner === true ? this.#lanes : (lanes?.lanes ?? 1);
      let value = cast(pull.value(node.inputs[0]!, this.#operandPlace(node, domain)), dtype);
      if (keep !== undefined && width > 1) {
        const kept = less(ramp(i32(0), 1, width), i32(keep));
        value = select(kept, value, identity(combinerOf(node), dtype));
      }
      out.push({ kind: "assign", name, value: apply(combine, register(width), value) });
    }
    return out;
  }

  /** Members computed element by element: all values first, then all stores, so that updates in place see the old values. */
  #elementwise(
    members: readonly LoopMember[],
    at: ReadonlyMap<string, Index>,
    lanes: Lanes | undefined,
    count: number | undefined,
    known: Map<Node, Expr>,
  ): Statement[] {
    const out: Statement[] = [];
    const domain = this.#domainAt(at);
    const phase = members[0]?.phase ?? 0;
    for (const member of members) {
      const pull = this.#pull(known, lanes, member.node, phase);
      const value = pull.value(member.node, this.#placeOf(member, domain));
      known.set(member.node, this.#scope.named("t", value, out));
    }
    return [...out, ...this.#stores(members, at, lanes, count, known)];
  }

  #stores(
    members: readonly LoopMember[],
    at: ReadonlyMap<string, Index>,
    lanes: Lanes | undefined,
    count: number | undefined,
    known: ReadonlyMap<Node, Expr>,
  ): Statement[] {
    const domain = this.#domainAt(at);
    const pull = this.#pull(known, lanes, undefined);
    const stored = members.filter(({ node }) => this.#memory.isStored(node));
    return stored.map((member): Statement => {
      const memory = this.#memory.of(member.node)!;
      const place = flatten(this.#placeOf(member, domain), member.node.type.shape);
      const { index, lanes: width } = pull.loadIndex(place, undefined, memory.length);
      const value = known.get(member.node)!;
      const kept = count !== undefined && width > 1 && count < width ? { count } : {};
      return { kind: "store", buffer: this.#scope.write(memory), index, value: splat(value, width), ...kept };
    });
  }

  /** Values come from registers where this point has computed them, from memory where it's there, and are computed otherwise. */
  #pull(known: ReadonlyMap<Node, Expr>, lanes: Lanes | undefined, computing: Node | undefined, phase = 0): Pull {
    const register = (node: Node): Expr | undefined => {
      const member = this.#members.get(node);
      const isHere = member === undefined || member.space === "outer" || member.phase === phase || this.#group.inner.length === 0;
      return isHere ? known.get(node) : undefined;
    };
    return pullFrom({ memory: this.#memory, scope: this.#scope, register, computing }, lanes);
  }

  #domainAt(at: ReadonlyMap<string, Index>): Index[] {
    return this.#domain.map((index) => substitute(index, (name) => at.get(name)));
  }

  #rename(axis: Axis): string {
    return this.#scope.name(`${axis.name}_`);
  }
}

/** A variable known to lie in `start .. end - 1`. */
const between = (name: string, start: number, end: number): Index =>
  atomIndex({ kind: "variable", key: name, name, min: start, max: end - 1 });
const indexName = (index: Index): string => {
  const atom = index.terms[0]?.atom;
  if (atom?.kind !== "variable") throw new Error("a loop axis is a variable");
  return atom.name;
};

/** The narrowest vector of at most `most` lanes that holds `count` elements. */
export const lanesFor = (count: number, most: number): number => Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(1, count))));

const combinerOf = (node: Node): Reduce["combine"] => (node.op as Reduce).combine;

/** On bools, max and min are or and and. */
const instructionOf = (combine: Reduce["combine"], dtype: RegisterType): Associative =>
  dtype !== "bool" ? combine : combine === "max" || combine === "add" ? "or" : "and";

/** Whether statements load from positions that differ from lane to lane. */
export function gathers(statements: readonly Statement[]): boolean {
  const seen = new Set<Expr>();
  const inExpr = (expr: Expr): boolean => {
    if (seen.has(expr)) return false;
    seen.add(expr);
    return (expr.kind === "load" && expr.index.lanes > 1) || operandsOf(expr).some(inExpr);
  };
  let found = false;
  withExpressions(statements, (expr) => {
    found ||= inExpr(expr);
    return expr;
  });
  return found;
}

/** Divisions of loop variables by constants, which vectors can do where they remain. */
function isIndexArithmetic(expr: Expr): boolean {
  if (expr.dtype !== "i32") return false;
  if (expr.kind === "constant") return true;
  if (expr.kind === "local") return !expr.name.startsWith("m");
  return expr.kind === "apply" && expr.args.every(isIndexArithmetic);
}
