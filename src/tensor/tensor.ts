import type { DType, TypedArray } from "../core/dtype.ts";
import { isDType, isFloat, promote } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape, TensorType } from "../core/shape.ts";
import { normalizeAxes, normalizeAxis, sameShape, showShape, showType, sizeOf } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { AxisArgument, ReduceArgument } from "./axes.ts";
import { axesOf, axisOf, reduceOptions } from "./axes.ts";
import { execution, graphsAreHeld, limitDepth } from "./execution.ts";
import type { GeluOptions } from "./functions/activations.ts";
import * as activations from "./functions/activations.ts";
import * as arrangement from "./functions/arrangement.ts";
import { countAxis } from "./functions/count-axis.ts";
import * as products from "./functions/matmul.ts";
import type { NestedNumbers } from "./functions/nested.ts";
import { nest } from "./functions/nested.ts";
import { sliceAttributes } from "./functions/slice-attributes.ts";
import * as softmaxes from "./functions/softmax.ts";
import type { VarianceOptions } from "./functions/statistics.ts";
import * as statistics from "./functions/statistics.ts";
import type { FoldOptions, WindowsOptions } from "./functions/windows.ts";
import { foldAttributes, windowsAttributes } from "./functions/windows.ts";
import * as binary from "./ops/binary.ts";
import { contract, parseFormula } from "./ops/contraction.ts";
import { bitcast } from "./ops/conversion.ts";
import type { ElementwiseRow, ReduceRow, Row } from "./ops/define.ts";
import { floating } from "./ops/define.ts";
import { identity, stopGradient } from "./ops/identity.ts";
import { gather, scatter } from "./ops/indexing.ts";
import { erfinv } from "./ops/inverse-error.ts";
import * as logic from "./ops/logic.ts";
import { broadcast, flip, reshape, transpose } from "./ops/movement.ts";
import { castNode, elementwiseNode } from "./ops/record.ts";
import * as reduction from "./ops/reduction.ts";
import { concat, pad, slice } from "./ops/slicing.ts";
import { fillNode, iotaNode } from "./ops/source.ts";
import * as unary from "./ops/unary.ts";
import { spread, windows } from "./ops/windows.ts";

export interface ContractOptions {
  /** Who asks, for error messages. */
  readonly where?: string | undefined;
}
export interface SliceOptions {
  /** Takes every so-many-th element along each axis. */
  readonly strides?: readonly number[] | undefined;
}
export interface PadOptions {
  /** What to put around; 0 by default. */
  readonly value?: number | undefined;
  /** How far apart the elements lie in the result; 1 leaves no gaps. */
  readonly spacing?: readonly number[] | undefined;
}

/**
 * An array of numbers that is not computed until someone asks: a node of the graph, with methods that record more of it. Nothing runs here.
 * Words, axes and broadcasting are NumPy's.
 */
export class Tensor {
  #node: Node;

  constructor(node: Node) {
    this.#node = node;
    limitDepth(this);
  }

  /** What computes this tensor. */
  get node(): Node {
    return this.#node;
  }
  get shape(): Shape {
    return this.#node.type.shape;
  }
  get dtype(): DType {
    return this.#node.type.dtype;
  }
  get type(): TensorType {
    return this.#node.type;
  }
  get rank(): number {
    return this.shape.length;
  }
  /** How many elements there are. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** For the runtime: the value is known and `node` holds it, so what led to it can be forgotten. */
  settle(node: Node): void {
    if (!graphsAreHeld()) this.#node = node;
  }

  /** Computes the elements: a typed array, row-major. `f16` and `bf16` come as Float32Array, `bool` as zeros and ones. */
  read(): Promise<TypedArray> {
    return execution().read(this);
  }
  /** Computes the elements as nested arrays. */
  async array(): Promise<NestedNumbers> {
    return nest(await this.read(), this.shape);
  }
  /** Computes the only element. */
  async item(): Promise<number> {
    if (this.size === 1) return (await this.read())[0]!;
    throw new GradsmithError(
      "shape",
      "item",
      `a tensor of shape ${showShape(this.shape)} is not one number.`,
      "Use read(), or sum() or mean() it first.",
    );
  }

  /** A description that runs nothing. */
  toString(): string {
    return `Tensor(${showType(this)}, ${this.#node.op.name})`;
  }
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new GradsmithError(
      "usage",
      "tensor",
      "a tensor is not a JavaScript number: + - * / < do not work on it.",
      "Use add, sub, mul, div, less, or await item().",
    );
  }

  /** Any row of the op table, as it is. For rules and composites inside the library. */
  record(row: Row, attributes: unknown, ...others: readonly Tensor[]): Tensor {
    return new Tensor(makeNode(row, [this.#node, ...others.map((t) => t.node)], attributes));
  }

  // Arithmetic. Numbers take the tensor's dtype if it can hold them.
  add(y: Tensor | number): Tensor {
    return elementwise(binary.add, this, y);
  }
  sub(y: Tensor | number): Tensor {
    return elementwise(binary.sub, this, y);
  }
  mul(y: Tensor | number): Tensor {
    return elementwise(binary.mul, this, y);
  }
  /** True division: integers give f32. */
  div(y: Tensor | number): Tensor {
    return elementwise(binary.div, this, y);
  }
  /** floor(x / y); integers stay integers. */
  floorDivide(y: Tensor | number): Tensor {
    return elementwise(binary.floorDivide, this, y);
  }
  /** The remainder, with the sign of the divisor. */
  mod(y: Tensor | number): Tensor {
    return elementwise(binary.mod, this, y);
  }
  pow(y: Tensor | number): Tensor {
    if (y === 2) return this.square();
    return y === 1 && this.dtype !== "bool" ? this : elementwise(binary.pow, this, y);
  }
  maximum(y: Tensor | number): Tensor {
    return elementwise(binary.maximum, this, y);
  }
  minimum(y: Tensor | number): Tensor {
    return elementwise(binary.minimum, this, y);
  }
  neg(): Tensor {
    return elementwise(unary.neg, this);
  }
  abs(): Tensor {
    return elementwise(unary.abs, this);
  }
  /** -1, 0 or 1. */
  sign(): Tensor {
    return elementwise(unary.sign, this);
  }
  square(): Tensor {
    return elementwise(unary.square, this);
  }
  floor(): Tensor {
    return rounded(unary.floor, this);
  }
  ceil(): Tensor {
    return rounded(unary.ceil, this);
  }
  trunc(): Tensor {
    return rounded(unary.trunc, this);
  }
  /** To the nearest integer, the even one on a tie. */
  round(): Tensor {
    return rounded(unary.round, this);
  }

  // Functions of floats; integers are taken as f32.
  exp(): Tensor {
    return elementwise(unary.exp, this);
  }
  /** exp(x) - 1, exact near 0. */
  expm1(): Tensor {
    return elementwise(unary.expm1, this);
  }
  log(): Tensor {
    return elementwise(unary.log, this);
  }
  /** log(1 + x), exact near 0. */
  log1p(): Tensor {
    return elementwise(unary.log1p, this);
  }
  sqrt(): Tensor {
    return elementwise(unary.sqrt, this);
  }
  /** 1 / sqrt(x). */
  rsqrt(): Tensor {
    return elementwise(unary.rsqrt, this);
  }
  reciprocal(): Tensor {
    return elementwise(unary.reciprocal, this);
  }
  sin(): Tensor {
    return elementwise(unary.sin, this);
  }
  cos(): Tensor {
    return elementwise(unary.cos, this);
  }
  tan(): Tensor {
    return elementwise(unary.tan, this);
  }
  tanh(): Tensor {
    return elementwise(unary.tanh, this);
  }
  erf(): Tensor {
    return elementwise(unary.erf, this);
  }
  /** The inverse of erf. */
  erfinv(): Tensor {
    return elementwise(erfinv, this);
  }

  // Activations.
  sigmoid(): Tensor {
    return elementwise(unary.sigmoid, this);
  }
  relu(): Tensor {
    return elementwise(unary.relu, this);
  }
  softplus(): Tensor {
    return elementwise(unary.softplus, this);
  }
  gelu(options?: GeluOptions): Tensor {
    return activations.gelu(this, options);
  }
  elu(options?: { readonly alpha?: number | undefined }): Tensor {
    return activations.elu(this, options);
  }
  silu(): Tensor {
    return activations.silu(this);
  }
  leakyRelu(options?: { readonly slope?: number | undefined }): Tensor {
    return activations.leakyRelu(this, options);
  }
  softmax(argument?: AxisArgument): Tensor {
    return softmaxes.softmax(this, argument);
  }
  logSoftmax(argument?: AxisArgument): Tensor {
    return softmaxes.logSoftmax(this, argument);
  }

  // Comparisons give bool.
  equal(y: Tensor | number): Tensor {
    return elementwise(binary.equal, this, y);
  }
  notEqual(y: Tensor | number): Tensor {
    return elementwise(binary.notEqual, this, y);
  }
  less(y: Tensor | number): Tensor {
    return elementwise(binary.less, this, y);
  }
  lessEqual(y: Tensor | number): Tensor {
    return elementwise(binary.lessEqual, this, y);
  }
  greater(y: Tensor | number): Tensor {
    return elementwise(binary.less, y, this);
  }
  greaterEqual(y: Tensor | number): Tensor {
    return elementwise(binary.lessEqual, y, this);
  }
  isNaN(): Tensor {
    return this.notEqual(this);
  }
  isFinite(): Tensor {
    return this.abs().less(Infinity);
  }

  // Logic, on anything: what is not 0 is true.
  and(y: Tensor | number): Tensor {
    return elementwise(logic.and, this, y);
  }
  or(y: Tensor | number): Tensor {
    return elementwise(logic.or, this, y);
  }
  xor(y: Tensor | number): Tensor {
    return elementwise(logic.xor, this, y);
  }
  not(): Tensor {
    return elementwise(logic.not, this);
  }
  /** `x` where this holds, `y` elsewhere. */
  where(x: Tensor | number, y: Tensor | number): Tensor {
    return elementwise(logic.where, this, x, y);
  }
  /** Between two bounds, either of which may be left out. */
  clip(low?: Tensor | number, high?: Tensor | number): Tensor {
    return activations.clip(this, low, high);
  }

  // The bits of integers.
  bitwiseAnd(y: Tensor | number): Tensor {
    return elementwise(logic.bitwiseAnd, this, y);
  }
  bitwiseOr(y: Tensor | number): Tensor {
    return elementwise(logic.bitwiseOr, this, y);
  }
  bitwiseXor(y: Tensor | number): Tensor {
    return elementwise(logic.bitwiseXor, this, y);
  }
  bitwiseNot(): Tensor {
    return elementwise(logic.bitwiseNot, this);
  }
  shiftLeft(y: Tensor | number): Tensor {
    return elementwise(logic.shiftLeft, this, y);
  }
  shiftRight(y: Tensor | number): Tensor {
    return elementwise(logic.shiftRight, this, y);
  }

  /** The same values in another dtype: float to integer truncates and saturates, anything but 0 is true. */
  cast(dtype: DType): Tensor {
    if (!isDType(dtype))
      throw new GradsmithError(
        "dtype",
        "cast",
        `unknown dtype "${String(dtype)}".`,
        'Use "f32", "f64", "f16", "bf16", "i32", "u32", "u8" or "bool".',
      );
    return dtype === this.dtype ? this : new Tensor(castNode(this.#node, dtype));
  }
  /** The same 32 bits read as another dtype. */
  bitcast(dtype: "f32" | "i32" | "u32"): Tensor {
    if (["f32", "i32", "u32"].includes(this.dtype)) return this.record(bitcast, { dtype });
    throw new GradsmithError("dtype", "bitcast", `${this.dtype} is not 32 bits wide.`, "Cast it to f32, i32 or u32 first.");
  }
  /** The tensor itself if it holds floats, else as f32. */
  floating(): Tensor {
    return this.cast(floating(this.dtype));
  }

  // Reductions, over all axes unless some are named.
  sum(argument?: ReduceArgument): Tensor {
    return reduce(reduction.sum, this.dtype === "u8" ? this.cast("i32") : this, argument);
  }
  prod(argument?: ReduceArgument): Tensor {
    return reduce(reduction.prod, this.dtype === "u8" ? this.cast("i32") : this, argument);
  }
  max(argument?: ReduceArgument): Tensor {
    return reduce(reduction.max, this, argument);
  }
  min(argument?: ReduceArgument): Tensor {
    return reduce(reduction.min, this, argument);
  }
  mean(argument?: ReduceArgument): Tensor {
    return statistics.mean(this, argument);
  }
  variance(options?: VarianceOptions): Tensor {
    return statistics.variance(this, options);
  }
  std(options?: VarianceOptions): Tensor {
    return statistics.std(this, options);
  }
  norm(argument?: ReduceArgument): Tensor {
    return statistics.norm(this, argument);
  }
  logSumExp(argument?: ReduceArgument): Tensor {
    return softmaxes.logSumExp(this, argument);
  }
  any(argument?: ReduceArgument): Tensor {
    return statistics.any(this, argument);
  }
  all(argument?: ReduceArgument): Tensor {
    return statistics.all(this, argument);
  }
  argmax(argument?: ReduceArgument): Tensor {
    return statistics.argmax(this, argument);
  }
  argmin(argument?: ReduceArgument): Tensor {
    return statistics.argmin(this, argument);
  }

  // Products.
  matmul(y: Tensor): Tensor {
    return products.matmul(this, y);
  }
  dot(y: Tensor): Tensor {
    return products.dot(this, y);
  }
  outer(y: Tensor): Tensor {
    return products.outer(this, y);
  }
  /** A product summed over the letters missing from the output, as in `x.contract("mk,kn->mn", y)`. */
  contract(formula: string, y: Tensor, { where = "contract" }: ContractOptions = {}): Tensor {
    const { left, right, output } = parseFormula(where, formula, [this.rank, y.rank]);
    const [x2, left2] = sumOut(this, left, right + output);
    const [y2, right2] = sumOut(y, right, left + output);
    const [a, b] = [countable(promoted(x2, y2)), countable(promoted(y2, x2))];
    return a.record(contract, { left: left2, right: right2, output, where }, b);
  }

  // The same elements in other places.
  /** The same elements in row-major order; one axis may be -1. */
  reshape(shape: Shape): Tensor {
    const counted = countAxis(shape, this.shape);
    return sameShape(counted, this.shape) ? this : this.record(reshape, { shape: counted });
  }
  /** One axis; from `axis` on, keeping those before it. */
  flatten(axis = 0): Tensor {
    const from = this.rank === 0 ? 0 : normalizeAxis("flatten", axis, this.rank);
    return this.reshape([...this.shape.slice(0, from), sizeOf(this.shape.slice(from))]);
  }
  /** Axes in the opposite order, or in the order given. */
  transpose(axes?: readonly number[]): Tensor {
    return this.permute(axes ?? this.shape.map((_, i) => this.rank - 1 - i));
  }
  /** Axis i of the result is axis `axes[i]`. */
  permute(axes: readonly number[]): Tensor {
    normalizeAxes("permute", axes, this.rank);
    if (axes.length !== this.rank)
      throw new GradsmithError(
        "shape",
        "permute",
        `${showShape(this.shape)} has ${this.rank} axes, [${axes.join(", ")}] names ${axes.length}.`,
        "Name each axis once.",
      );
    const order = axes.map((axis) => normalizeAxis("permute", axis, this.rank));
    return order.every((axis, i) => axis === i) ? this : this.record(transpose, { axes: order });
  }
  swapAxes(a: number, b: number): Tensor {
    const [i, j] = [normalizeAxis("swapAxes", a, this.rank), normalizeAxis("swapAxes", b, this.rank)];
    return this.permute(this.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)));
  }
  broadcastTo(shape: Shape): Tensor {
    return sameShape(shape, this.shape) ? this : this.record(broadcast, { shape });
  }
  /** Axes of 1 put in, at these places of the result. */
  expandDims(axes: number | readonly number[]): Tensor {
    const count = typeof axes === "number" ? 1 : axes.length;
    const places = new Set(normalizeAxes("expandDims", axes, this.rank + count));
    let next = 0;
    return this.reshape(Array.from({ length: this.rank + count }, (_, i) => (places.has(i) ? 1 : this.shape[next++]!)));
  }
  /** Without these axes of 1; without all of them when none are named. */
  squeeze(axes?: number | readonly number[]): Tensor {
    const dropped =
      axes === undefined ? this.shape.flatMap((size, i) => (size === 1 ? [i] : [])) : normalizeAxes("squeeze", axes, this.rank);
    const wide = dropped.find((axis) => this.shape[axis] !== 1);
    if (wide === undefined) return this.reshape(this.shape.filter((_, axis) => !dropped.includes(axis)));
    throw new GradsmithError(
      "shape",
      "squeeze",
      `axis ${wide} of ${showShape(this.shape)} is ${this.shape[wide]}, not 1.`,
      "Only axes of 1 can go.",
    );
  }
  /** `sizes[i]` elements from `starts[i]` along axis i; a negative start counts from the end, -1 as size takes the rest. */
  slice(starts: readonly number[], sizes?: readonly number[], { strides = [] }: SliceOptions = {}): Tensor {
    const attributes = sliceAttributes(this.shape, starts, sizes ?? [], strides);
    return sameShape(attributes.sizes, this.shape) && attributes.starts.every((s) => s === 0) ? this : this.record(slice, attributes);
  }
  /** Axis 0 at one position, or at all that a tensor of integers names. */
  get(index: number | Tensor): Tensor {
    return arrangement.get(this, index);
  }
  /** `[before, after]` for each axis, filled with a value (0 by default). */
  pad(widths: readonly (readonly [number, number])[] | readonly number[][], options: number | PadOptions = {}): Tensor {
    const { value = 0, spacing } = typeof options === "number" ? { value: options } : options;
    if (widths.length !== this.rank || widths.some((w) => w.length !== 2 || w.some((n) => !Number.isInteger(n) || n < 0))) {
      throw new GradsmithError(
        "shape",
        "pad",
        `${showShape(this.shape)} needs ${this.rank} pairs of widths, got ${JSON.stringify(widths)}.`,
        "Give [before, after] for each axis, 0 or more.",
      );
    }
    const steps = spacing ?? this.shape.map(() => 1);
    if (widths.every(([a, b]) => a === 0 && b === 0) && steps.every((s) => s === 1)) return this;
    return this.record(pad, { before: widths.map((w) => w[0]!), after: widths.map((w) => w[1]!), spacing: steps, value });
  }
  /** Backwards along some axes, or all. */
  flip(argument?: AxisArgument): Tensor {
    return this.record(flip, { axes: axesOf("flip", argument, this.rank) });
  }
  /** This tensor and others, one after the other along an axis. */
  concat(others: Tensor | readonly Tensor[], argument?: AxisArgument): Tensor {
    const list = others instanceof Tensor ? [others] : others;
    if (list.length === 0) return this;
    const dtype = list.reduce((common, t) => promote(common, t.dtype), this.dtype);
    const all = [this, ...list].map((t) => t.cast(dtype));
    return all[0]!.record(concat, { axis: axisOf("concat", argument, this.rank, 0) }, ...all.slice(1));
  }
  stack(others: Tensor | readonly Tensor[], argument?: AxisArgument): Tensor {
    return arrangement.stack([this, ...(others instanceof Tensor ? [others] : others)], argument);
  }
  split(parts: number | readonly number[], argument?: AxisArgument): Tensor[] {
    return arrangement.split(this, parts, argument);
  }
  repeat(count: number, argument?: AxisArgument): Tensor {
    return arrangement.repeat(this, count, argument);
  }
  tile(counts: number | readonly number[]): Tensor {
    return arrangement.tile(this, counts);
  }
  /** Sliding windows: each named axis becomes the windows and, right after it, the places in one. */
  windows(options: WindowsOptions): Tensor {
    return this.record(windows, windowsAttributes(options, this.rank));
  }
  /** The adjoint of `windows`: each window added back to where it was taken from. */
  fold(options: FoldOptions): Tensor {
    const attributes = foldAttributes(options, this.shape);
    return this.record(spread, attributes).sum({ axes: attributes.axes.map((axis, i) => axis + i + 1) });
  }

  // By index.
  /** The slices along an axis (0 by default) that integers name; the axis is replaced by theirs. Indices outside are moved to the nearest end. */
  gather(indices: Tensor, argument?: AxisArgument): Tensor {
    return this.record(gather, { axis: axisOf("gather", argument, this.rank, 0) }, integers("gather", indices));
  }
  /** `gather` under NumPy's name. */
  take(indices: Tensor, argument?: AxisArgument): Tensor {
    return this.gather(indices, argument);
  }
  /** Zeros of `[size, ...]`, with this tensor's slices added at the rows that integers name; those outside are dropped. */
  scatter(indices: Tensor, { size }: { readonly size: number }): Tensor {
    return (this.dtype === "bool" ? this.cast("i32") : this).record(scatter, { size }, integers("scatter", indices));
  }
  /** This tensor with updates added at the rows that integers name. */
  scatterAdd(indices: Tensor, updates: Tensor): Tensor {
    return this.add(updates.broadcastTo([...indices.shape, ...this.shape.slice(1)]).scatter(indices, { size: this.shape[0]! }));
  }
  /** 1 at the position each integer names along a new last axis of `depth`, else 0; f32. */
  oneHot(depth: number): Tensor {
    return arrangement.oneHot(integers("oneHot", this), depth);
  }

  // Of the same shape.
  /** One number everywhere, in this shape and dtype. */
  fill(value: number): Tensor {
    return new Tensor(fillNode(value, this.dtype, this.shape));
  }
  /** Each element's position along an axis, i32. */
  positions(argument?: AxisArgument): Tensor {
    return new Tensor(iotaNode(this.shape, axisOf("positions", argument, this.rank, -1)));
  }
  /** The same value, a constant to `grad`. */
  stopGradient(): Tensor {
    return elementwise(stopGradient, this);
  }
  /** The same value as a node of its own. */
  identity(): Tensor {
    return elementwise(identity, this);
  }
}

const operand = (x: Tensor | number): Node | number => (typeof x === "number" ? x : checked(x).node);
const elementwise = (row: ElementwiseRow, ...operands: readonly (Tensor | number)[]): Tensor =>
  new Tensor(elementwiseNode(row, operands.map(operand)));

function checked(x: Tensor): Tensor {
  if (x instanceof Tensor) return x;
  throw new GradsmithError(
    "usage",
    "tensor",
    `expected a tensor or a number, got ${x === null ? "null" : typeof x}.`,
    "Wrap arrays with tensor(...).",
  );
}

/** Integers are whole already. */
const rounded = (row: ElementwiseRow, x: Tensor): Tensor => (isFloat(x.dtype) ? elementwise(row, x) : x);
/** `x` in the dtype of both, and a bool as i32. */
const promoted = (x: Tensor, y: Tensor): Tensor => x.cast(promote(x.dtype, y.dtype));
const countable = (x: Tensor): Tensor => (x.dtype === "bool" ? x.cast("i32") : x);

function reduce(row: ReduceRow, x: Tensor, argument: ReduceArgument | undefined): Tensor {
  const axes = axesOf(row.name, argument, x.rank);
  const result = axes.length === 0 ? countable(x) : countable(x).record(row, { axes });
  if (reduceOptions(argument).keepDims !== true) return result;
  return result.reshape(x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
}

/** Without the letters that neither the other side nor the result names, as summing them early is cheaper. */
function sumOut(x: Tensor, letters: string, needed: string): readonly [Tensor, string] {
  const axes = [...letters].flatMap((letter, axis) => (needed.includes(letter) ? [] : [axis]));
  return axes.length === 0 ? [x, letters] : [x.sum({ axes }), [...letters].filter((_, axis) => !axes.includes(axis)).join("")];
}

function integers(where: string, indices: Tensor): Tensor {
  if (!isFloat(indices.dtype)) return indices.cast("i32");
  throw new GradsmithError("dtype", where, `indices must be integers, got ${indices.dtype}.`, 'Use cast("i32").');
}
