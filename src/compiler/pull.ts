import { dtypes } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../ir/expr.ts";
import { and, apply, cast, constant, i32, lessEqual, local, max, min, ramp, registerType, select, splat } from "../ir/expr.ts";
import type { FillAttributes, GatherAttributes, IotaAttributes, Node } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { computed, fixed, keyOf, sameIndices, scaleOf, toExpr } from "../ir/index.ts";
import { operandsOf } from "../ir/operands.ts";
import { isTranscendental } from "./expand.ts";

/** The loop variable whose next `lanes` values are computed at once. */
export interface Lanes {
  readonly variable: string;
  readonly lanes: number;
}

/** What a node's value at an index is when it isn't to be inlined: a load, or a register. `guard` says when the index is valid. */
export type Leaf = (node: Node, indices: readonly Index[], guard: Expr | undefined) => Expr | undefined;

/** Hears of every index whose value, not only whose element, is used; of those that are compared also with what. */
export type Watch = (index: Index, guard?: Guard) => void;

/** What a node's value turned out to be at a place. */
interface Pulled {
  readonly indices: readonly Index[];
  readonly guard: Expr | undefined;
  readonly value: Expr;
}

/**
 * The value of a node at an index, as one expression: elementwise ops are applied, movements change the index, and recursion ends at leaves.
 * This is how fusion happens: nothing is materialised that a consumer can pull. One `Pull` shares work between everything pulled through it.
 */
export class Pull {
  readonly #memo = new Map<Node, Pulled[]>();
  readonly #leaf: Leaf;
  readonly #vector: Lanes | undefined;
  readonly #watch: Watch | undefined;

  constructor(leaf: Leaf, vector?: Lanes, watch?: Watch) {
    this.#leaf = leaf;
    this.#vector = vector;
    this.#watch = watch;
  }

  value(node: Node, indices: readonly Index[], guard?: Expr): Expr {
    // Comparing with the few places there are is cheaper than a text for each.
    const places = this.#memo.get(node) ?? [];
    if (places.length === 0) this.#memo.set(node, places);
    const known = places.find((place) => place.guard === guard && sameIndices(place.indices, indices));
    if (known !== undefined) return known.value;
    const value = this.#leaf(node, indices, guard) ?? this.#inline(node, indices, guard);
    places.push({ indices, guard, value });
    return value;
  }

  #inline(node: Node, indices: readonly Index[], guard: Expr | undefined): Expr {
    const { op, type } = node;
    const dtype = registerType[type.dtype];
    switch (op.kind) {
      case "source": {
        if (op.from === "fill") return constant((node.attributes as FillAttributes).value, dtype);
        if (op.from === "iota") return cast(this.indexExpr(indices[(node.attributes as IotaAttributes).axis]!), dtype);
        break;
      }
      case "elementwise": {
        const args = node.inputs.map((input) => this.value(input, broadcastIndices(indices, input.type.shape), guard));
        return op.scalar(args, node.attributes, type);
      }
      case "movement": {
        const { cases, fill } = op.source(
          indices,
          node.inputs.map((input) => input.type),
          node.attributes,
        );
        let value: Expr | undefined;
        for (const { guards, input, index } of [...cases].reverse()) {
          const condition = this.#condition(guards);
          if (condition === "never") continue;
          if (condition === "always") value = this.value(node.inputs[input]!, index, guard);
          else {
            const both = guard === undefined ? condition : and(guard, condition);
            value = select(condition, this.value(node.inputs[input]!, index, both), value ?? constant(fill, dtype));
          }
        }
        return value ?? constant(fill, dtype);
      }
      case "gather": {
        const [x, positions] = node.inputs as readonly [Node, Node];
        const { axis } = node.attributes as GatherAttributes;
        const rank = positions.type.shape.length;
        const at = indices.slice(axis, axis + rank);
        const last = Math.max(0, x.type.shape[axis]! - 1);
        const clamped = clamp(cast(this.value(positions, at, guard), "i32"), last);
        const key = `${positions.id}[${at.map(keyOf)}]`;
        const index = [...indices.slice(0, axis), computed(clamped, key, 0, last), ...indices.slice(axis + rank)];
        return this.value(x, index, guard);
      }
    }
    throw new Error(`${op.name} must be a leaf`);
  }

  /** An index as an expression: one position, or one for each lane where it changes with the vector variable. */
  indexExpr(index: Index): Expr {
    this.#watch?.(index);
    const vector = this.#vector;
    if (vector === undefined || vector.lanes === 1) return toExpr(index);
    const scale = scaleOf(index, vector.variable);
    if (scale === 0) return toExpr(index);
    const position = toExpr(index);
    // A computed part may differ from lane to lane already.
    return scale !== undefined && position.lanes === 1 ? ramp(position, scale, vector.lanes) : spread(position, vector);
  }

  /**
   * The index expression of a load: scalar for one element or neighbouring ones, else an index for each lane. Where the guard doesn't hold,
   * it's some element of a memory of this length.
   */
  loadIndex(index: Index, guard: Expr | undefined, length: number): { index: Expr; lanes: number } {
    const vector = this.#vector;
    const lanes = vector?.lanes ?? 1;
    const scale = vector === undefined || lanes === 1 ? 0 : scaleOf(index, vector.variable);
    const safe = (position: Expr): Expr => (guard === undefined ? position : select(guard, position, i32(0)));
    if (scale === 0) {
      const position = toExpr(index);
      if (guard !== undefined && guard.lanes > 1 && position.lanes === 1) {
        const clamped = index.min < 0 || index.max >= length ? clamp(position, length - 1) : position;
        return { index: clamped, lanes: 1 };
      }
      const guarded = safe(position);
      return { index: guarded, lanes: guarded.lanes };
    }
    if (scale === 1 && (guard === undefined || guard.lanes === 1)) {
      const base = toExpr(index);
      if (base.lanes === 1) return { index: safe(base), lanes };
    }
    return { index: safe(this.indexExpr(index)), lanes };
  }

  #condition(guards: readonly Guard[]): Expr | "always" | "never" {
    let condition: Expr | undefined;
    for (const guard of guards) {
      const { index, min: low, max: high } = guard;
      if (index.max < low || index.min > high) return "never";
      if (index.min < low || index.max > high) this.#watch?.(index, guard);
      const bounds: Expr[] = [];
      const value = this.indexExpr(index);
      if (index.min < low) bounds.push(lessEqual(i32(low), value));
      if (index.max > high) bounds.push(lessEqual(value, i32(high)));
      for (const bound of bounds) condition = condition === undefined ? bound : and(condition, bound);
    }
    return condition ?? "always";
  }
}

const clamp = (position: Expr, last: number): Expr => max(min(position, i32(last)), i32(0));

/** Indices into a broadcast input: aligned right, 0 along axes of size one. */
export function broadcastIndices(indices: readonly Index[], shape: Shape): Index[] {
  const skip = indices.length - shape.length;
  return shape.map((size, axis) => (size === 1 ? fixed(0) : indices[skip + axis]!));
}

/** The expression with the vector variable replaced by its values in each lane. */
function spread(expr: Expr, vector: Lanes): Expr {
  switch (expr.kind) {
    case "constant":
      return expr;
    case "local":
      return expr.name === vector.variable ? ramp(local(expr.name, "i32"), 1, vector.lanes) : expr;
    case "apply":
      return apply(expr.instruction, ...expr.args.map((x) => spread(x, vector)));
    case "convert": {
      const x = spread(expr.x, vector);
      return { ...expr, x, lanes: x.lanes };
    }
    case "splat":
      return splat(spread(expr.x, vector), expr.lanes);
    default:
      // Loads and values already computed for each lane.
      return expr;
  }
}

/** For this many elements one value is as good as free. */
export const neighbours = 64;

/** How much work pulling a node costs for one element, down to leaves: instructions, transcendentals counted as several. */
export function inlineCost(node: Node, isLeaf: (node: Node) => boolean, known: Map<Node, number>): number {
  if (isLeaf(node)) return 1;
  const before = known.get(node);
  if (before !== undefined) return before;
  // Fills and positions are constants and loop variables.
  let cost = node.op.kind === "source" ? 0 : node.op.kind === "elementwise" ? scalarCost(node) : node.op.kind === "movement" ? 1 : 2;
  // What is so much smaller is either next to nothing or kept.
  for (const input of node.inputs) if (elements(input) * neighbours > elements(node)) cost += inlineCost(input, isLeaf, known);
  known.set(node, cost);
  return cost;
}

const scalarCosts = new WeakMap<object, Map<number, number>>();

/** Instructions of an elementwise op by itself, for one element. */
export function scalarCost(node: Node): number {
  if (node.op.kind !== "elementwise") return 0;
  const { op, inputs, attributes, type } = node;
  let key = dtypes.indexOf(type.dtype);
  for (const input of inputs) key = key * (dtypes.length + 1) + dtypes.indexOf(input.type.dtype) + 1;
  const byTypes = scalarCosts.get(op) ?? new Map<number, number>();
  scalarCosts.set(op, byTypes);
  const known = byTypes.get(key);
  if (known !== undefined) return known;
  const args = inputs.map((input, i) => local(`x${i}`, registerType[input.type.dtype]));
  const cost = countInstructions(op.scalar(args, attributes, type));
  byTypes.set(key, cost);
  return cost;
}

export function countInstructions(expr: Expr, seen = new Set<Expr>()): number {
  if (seen.has(expr)) return 0;
  seen.add(expr);
  // A load's address costs nothing.
  if (expr.kind === "load") return 0;
  return operandsOf(expr).reduce((n, x) => n + countInstructions(x, seen), instructionCost(expr));
}

function instructionCost(expr: Expr): number {
  if (expr.kind !== "apply") return expr.kind === "convert" ? 1 : 0;
  if (isTranscendental(expr.instruction)) return 16;
  return expr.instruction === "div" || expr.instruction === "sqrt" ? 4 : 1;
}

export const elements = (node: Node): number => sizeOf(node.type.shape);
