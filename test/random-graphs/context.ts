import type { DType, TypedArray } from "../../src/core/dtype.ts";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import type { Node } from "../../src/ir/graph.ts";
import { toStored } from "../../src/tensor/functions/element-arrays.ts";
import { inputNode, literalNode } from "../../src/tensor/ops/source.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import type { Float, Value } from "./value.ts";

/** What the steps of one graph share: its random numbers, its float type and the values of its inputs. */
export class Context {
  readonly float: Float;
  readonly inputs = new Map<Node, TypedArray>();
  #state: number;

  /** Steps don't depend on whether the float type is given. */
  constructor(seed: number, float?: Float) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
    const drawn = this.below(5) === 0 ? "f64" : "f32";
    this.float = float ?? drawn;
  }

  /** A whole number in 0 .. count - 1 (mulberry32). */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % count;
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }

  shape(): number[] {
    const empty = this.chance(40);
    const rank = this.pick([0, 1, 2, 2, 3, 3, 4]);
    const shape = Array.from({ length: rank }, () => this.pick([1, 1, 2, 3, 4, 5, 7, 8, 16, 19]));
    if (empty && rank > 0) shape[this.below(rank)] = 0;
    return sizeOf(shape) > 2500 ? shape.map((extent) => Math.min(extent, 5)) : shape;
  }

  /** A shape that broadcasts to `shape`: some axes 1, some leading ones missing. */
  narrower(shape: Shape): number[] {
    const kept = shape.slice(this.chance(2) ? 0 : this.below(shape.length + 1));
    return kept.map((extent) => (this.chance(3) ? 1 : extent));
  }

  /** Floats k/8 with |k| <= 16, integers up to 9 (0 to 9 where there is no sign), or bools; an input or a literal. */
  source(shape: Shape, dtype: DType): Value {
    const isFloat = dtype === this.float;
    const drawn = Array.from({ length: sizeOf(shape) }, () => {
      if (isFloat) return this.between(-16, 16) / 8;
      return dtype === "bool" ? this.below(2) : this.between(dtype === "i32" ? -9 : 0, 9);
    });
    const bound = isFloat ? 2 : dtype === "bool" ? 1 : 9;
    return { tensor: this.given(drawn, { dtype, shape }), bound, grid: isFloat ? 1 / 8 : 1, error: 0 };
  }

  /** i32 positions from `low` to `high`. */
  positions(shape: Shape, low: number, high: number): Tensor {
    return this.given(
      Array.from({ length: sizeOf(shape) }, () => this.between(low, high)),
      { dtype: "i32", shape },
    );
  }

  private given(values: readonly number[], type: { readonly dtype: DType; readonly shape: Shape }): Tensor {
    const data = toStored(values, type.dtype);
    if (this.chance(3)) return new Tensor(literalNode(data, type));
    const node = inputNode(this.inputs.size, type);
    this.inputs.set(node, data);
    return new Tensor(node);
  }
}

/** One way to go on from a value; undefined where it does not apply. */
export type Step = (value: Value, context: Context) => Value | undefined;
export type Steps = Readonly<Record<string, Step>>;
