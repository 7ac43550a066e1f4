import { anyNumber, countingNumber, knownDType, listOf, positiveInteger, text, wholeNumber } from "../core/checks.ts";
import type { DType, TypedArray } from "../core/dtype.ts";
import { isFloat, promote } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { elementOf } from "../core/number.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import type { Shape, TensorType } from "../core/shape.ts";
import { checkedShape, normalizeAxes, normalizeAxis, sameShape, showShape, showType, sizeOf } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { AxisArgument, ReduceArgument } from "./axes.ts";
import { axesOf, axisChecks, axisOf, keepsDims, reduceChecks } from "./axes.ts";
import { execution, graphsAreHeld, limitDepth } from "./execution.ts";
import type { EluOptions, GeluOptions, LeakyReluOptions } from "./functions/activations.ts";
import * as activations from "./functions/activations.ts";
import * as arrangement from "./functions/arrangement.ts";
import { countAxis } from "./functions/count-axis.ts";
import * as products from "./functions/matmul.ts";
import type { NestedNumbers } from "./functions/nested.ts";
import { nest } from "./functions/nested.ts";
import { sliceAttributes } from "./functions/slice-attributes.ts";
import * as softmaxes from "./functions/softmax.ts";
import type { VarianceArgument } from "./functions/statistics.ts";
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
import type { TensorJson } from "./shown.ts";
import { shown, tensorJson } from "./shown.ts";

export interface ContractOptions {
  /** Who asks, for error messages. */
  readonly where?: string | undefined;
}
export interface SliceOptions {
  /** Takes every so-many-th element along each axis; all of them by default. */
  readonly strides?: readonly number[] | undefined;
}
export interface PadOptions {
  /** What to put around; 0 by default. */
  readonly value?: number | undefined;
  /** How far apart the elements lie in the result, for each axis; 1, the default, leaves no gaps. */
  readonly spacing?: readonly number[] | undefined;
}
export interface ScatterOptions {
  /** How long the first axis of the result is. */
  readonly size: number;
}

const contractChecks: OptionChecks<ContractOptions> = { where: text };
const sliceChecks: OptionChecks<SliceOptions> = { strides: listOf(wholeNumber) };
const padChecks: OptionChecks<PadOptions> = { value: anyNumber, spacing: listOf(positiveInteger) };
const scatterChecks: OptionChecks<ScatterOptions> = { size: countingNumber };

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

  /** What computes this tensor. For the library's own parts. */
  get node(): Node {
    return this.#node;
  }
  /** How long each axis is; none for a single number. */
  get shape(): Shape {
    return this.#node.type.shape;
  }
  /** The type of its elements. */
  get dtype(): DType {
    return this.#node.type.dtype;
  }
  /** Dtype and shape. */
  get type(): TensorType {
    return this.#node.type;
  }
  /** How many axes there are. */
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

  /**
   * Computes the elements: a typed array of one's own, row-major. `f16` and `bf16` come as Float32Array, `bool` as zeros and ones.
   *
   * @throws GradsmithError "usage" for a tensor that is being traced, or whose memory was donated; "device" where the machine refuses.
   * @example const values = await x.read();
   */
  read(): Promise<TypedArray> {
    return execution().read(this);
  }
  /** Computes the elements as nested arrays of numbers, as `read` does; a number for a tensor without axes. */
  async array(): Promise<NestedNumbers> {
    return nest(await this.read(), this.shape);
  }
  /** Computes the only element. @throws GradsmithError "shape" unless there is exactly one. */
  async item(): Promise<number> {
    if (this.size === 1) return (await this.read())[0]!;
    throw new GradsmithError(
      "shape",
      "item",
      `a tensor of shape ${showShape(this.shape)} is not one number.`,
      "Use read(), or sum() or mean() it first.",
    );
  }

  /** A description that runs nothing: `Tensor(f32 [2, 3], relu)`. */
  toString(): string {
    return `Tensor(${showType(this)}, ${this.#node.op.name})`;
  }
  /** What `console.log` shows in Node: `toString`, and the numbers where they are at hand. */
  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return shown(this, (value) => inspect(value, options));
  }
  /** What `JSON.stringify` makes of it: dtype, shape, what computes it, and `values` where they are at hand; `array()` always has them. */
  toJSON(): TensorJson {
    return tensorJson(this);
  }
  /** What browsers' consoles call it, however a bundler has named its class. */
  get [Symbol.toStringTag](): string {
    return "Tensor";
  }
  /** Text as `toString` gives it; arithmetic with it is an error. */
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
    return tensorOf(makeNode(row, [this.#node, ...others.map((t) => t.node)], attributes));
  }

  // Arithmetic. Numbers take the tensor's dtype if it can hold them.
  /** x + y, broadcast. */
  add(y: Tensor | number): Tensor {
    return elementwise(binary.add, this, y);
  }
  /** x − y, broadcast. */
  sub(y: Tensor | number): Tensor {
    return elementwise(binary.sub, this, y);
  }
  /** x · y element by element, broadcast; `matmul` for matrices. */
  mul(y: Tensor | number): Tensor {
    return elementwise(binary.mul, this, y);
  }
  /** x / y, broadcast: true division, integers give f32. */
  div(y: Tensor | number): Tensor {
    return elementwise(binary.div, this, y);
  }
  /** ⌊x / y⌋, broadcast; integers stay integers. */
  floorDivide(y: Tensor | number): Tensor {
    return elementwise(binary.floorDivide, this, y);
  }
  /** The remainder x − y·⌊x / y⌋, with the sign of the divisor, broadcast. */
  mod(y: Tensor | number): Tensor {
    return elementwise(binary.mod, this, y);
  }
  /** x to the power of y, broadcast. */
  pow(y: Tensor | number): Tensor {
    if (y === 2) return this.square();
    return y === 1 && this.dtype !== "bool" ? this : elementwise(binary.pow, this, y);
  }
  /** The larger of x and y, broadcast; NaN if either is. */
  maximum(y: Tensor | number): Tensor {
    return elementwise(binary.maximum, this, y);
  }
  /** The smaller of x and y, broadcast; NaN if either is. */
  minimum(y: Tensor | number): Tensor {
    return elementwise(binary.minimum, this, y);
  }
  /** −x. */
  neg(): Tensor {
    return elementwise(unary.neg, this);
  }
  /** |x|. */
  abs(): Tensor {
    return elementwise(unary.abs, this);
  }
  /** −1, 0 or 1. */
  sign(): Tensor {
    return elementwise(unary.sign, this);
  }
  /** x². */
  square(): Tensor {
    return elementwise(unary.square, this);
  }
  /** ⌊x⌋, the integer below, in the same dtype. */
  floor(): Tensor {
    return rounded(unary.floor, this);
  }
  /** ⌈x⌉, the integer above, in the same dtype. */
  ceil(): Tensor {
    return rounded(unary.ceil, this);
  }
  /** The integer towards 0, in the same dtype. */
  trunc(): Tensor {
    return rounded(unary.trunc, this);
  }
  /** To the nearest integer, the even one on a tie, in the same dtype. */
  round(): Tensor {
    return rounded(unary.round, this);
  }

  // Functions of floats; integers are taken as f32.
  /** eˣ. */
  exp(): Tensor {
    return elementwise(unary.exp, this);
  }
  /** eˣ − 1, exact near 0. */
  expm1(): Tensor {
    return elementwise(unary.expm1, this);
  }
  /** The natural logarithm; −∞ at 0, NaN below. */
  log(): Tensor {
    return elementwise(unary.log, this);
  }
  /** ln(1 + x), exact near 0. */
  log1p(): Tensor {
    return elementwise(unary.log1p, this);
  }
  /** √x; NaN below 0. */
  sqrt(): Tensor {
    return elementwise(unary.sqrt, this);
  }
  /** 1 / √x. */
  rsqrt(): Tensor {
    return elementwise(unary.rsqrt, this);
  }
  /** 1 / x. */
  reciprocal(): Tensor {
    return elementwise(unary.reciprocal, this);
  }
  /** The sine of x in radians. */
  sin(): Tensor {
    return elementwise(unary.sin, this);
  }
  /** The cosine of x in radians. */
  cos(): Tensor {
    return elementwise(unary.cos, this);
  }
  /** The tangent of x in radians. */
  tan(): Tensor {
    return elementwise(unary.tan, this);
  }
  /** The hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). */
  tanh(): Tensor {
    return elementwise(unary.tanh, this);
  }
  /** The error function, 2/√π · ∫₀ˣ exp(−t²) dt. */
  erf(): Tensor {
    return elementwise(unary.erf, this);
  }
  /** The inverse of erf, on −1 to 1. */
  erfinv(): Tensor {
    return elementwise(erfinv, this);
  }

  // Activations.
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): Tensor {
    return elementwise(unary.sigmoid, this);
  }
  /** max(x, 0); its gradient at 0 is 0. */
  relu(): Tensor {
    return elementwise(unary.relu, this);
  }
  /** ln(1 + eˣ), in a form that never overflows. */
  softplus(): Tensor {
    return elementwise(unary.softplus, this);
  }
  /**
   * x·Φ(x) with Φ the normal distribution's, exact by default (Hendrycks and Gimpel, 2016).
   *
   *     x·(1 + erf(x/√2)) / 2, or with `approximate` x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2
   *
   * @throws GradsmithError "option" for an unknown option.
   * @example x.gelu({ approximate: true })
   */
  gelu(options?: GeluOptions): Tensor {
    return activations.gelu(this, options);
  }
  /**
   * x where positive, alpha·(eˣ − 1) elsewhere; `alpha` 1 by default (Clevert et al., 2015).
   *
   * @throws GradsmithError "option" for an unknown option or an `alpha` that is no number.
   * @example x.elu({ alpha: 0.5 })
   */
  elu(options?: EluOptions): Tensor {
    return activations.elu(this, options);
  }
  /** x·sigmoid(x), also known as swish (Ramachandran et al., 2017). */
  silu(): Tensor {
    return activations.silu(this);
  }
  /**
   * x where positive, negativeSlope·x elsewhere; `negativeSlope` 0.2 by default, as in Keras (Maas et al., 2013).
   *
   * @throws GradsmithError "option" for an unknown option or a slope that is no number.
   * @example x.leakyRelu({ negativeSlope: 0.01 })
   */
  leakyRelu(options?: LeakyReluOptions): Tensor {
    return activations.leakyRelu(this, options);
  }
  /**
   * Positive numbers that add up to 1 along an axis, the last by default. Shifted by the maximum, so that nothing overflows.
   *
   *     exp(x) / Σ exp(x)
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or several axes.
   * @example logits.softmax({ axis: -1 })
   */
  softmax(argument?: AxisArgument): Tensor {
    return softmaxes.softmax(this, argument);
  }
  /**
   * The logarithm of `softmax`, exact where softmax is too small for a float: x − log Σ exp(x) along an axis, the last by default.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or several axes.
   * @example logits.logSoftmax({ axis: -1 })
   */
  logSoftmax(argument?: AxisArgument): Tensor {
    return softmaxes.logSoftmax(this, argument);
  }

  // Comparisons give bool.
  /** Where x = y, broadcast; bool. NaN equals nothing. */
  equal(y: Tensor | number): Tensor {
    return elementwise(binary.equal, this, y);
  }
  /** Where x ≠ y, broadcast; bool. */
  notEqual(y: Tensor | number): Tensor {
    return elementwise(binary.notEqual, this, y);
  }
  /** Where x < y, broadcast; bool. */
  less(y: Tensor | number): Tensor {
    return elementwise(binary.less, this, y);
  }
  /** Where x ≤ y, broadcast; bool. */
  lessEqual(y: Tensor | number): Tensor {
    return elementwise(binary.lessEqual, this, y);
  }
  /** Where x > y, broadcast; bool. */
  greater(y: Tensor | number): Tensor {
    return elementwise(binary.less, y, this);
  }
  /** Where x ≥ y, broadcast; bool. */
  greaterEqual(y: Tensor | number): Tensor {
    return elementwise(binary.lessEqual, y, this);
  }
  /** Where x is not a number; bool. */
  isNaN(): Tensor {
    return this.notEqual(this);
  }
  /** Where x is neither NaN nor infinite; bool. */
  isFinite(): Tensor {
    return this.abs().less(Infinity);
  }

  // Logic, on anything: what is not 0 is true.
  /** Where both are true, broadcast; bool. */
  and(y: Tensor | number): Tensor {
    return elementwise(logic.and, this, y);
  }
  /** Where one or both are true, broadcast; bool. */
  or(y: Tensor | number): Tensor {
    return elementwise(logic.or, this, y);
  }
  /** Where exactly one is true, broadcast; bool. */
  xor(y: Tensor | number): Tensor {
    return elementwise(logic.xor, this, y);
  }
  /** Where x is 0; bool. */
  not(): Tensor {
    return elementwise(logic.not, this);
  }
  /** `x` where this holds, `y` elsewhere; the three broadcast. */
  where(x: Tensor | number, y: Tensor | number): Tensor {
    return elementwise(logic.where, this, x, y);
  }
  /** Between two bounds, either of which may be left out; the high one where they cross. The gradient at a bound is 1. NaN stays; a bound of NaN gives NaN. */
  clip(low?: Tensor | number, high?: Tensor | number): Tensor {
    return activations.clip(this, low, high);
  }

  // The bits of integers.
  /** The bits that both integers have. */
  bitwiseAnd(y: Tensor | number): Tensor {
    return elementwise(logic.bitwiseAnd, this, y);
  }
  /** The bits that one or both integers have. */
  bitwiseOr(y: Tensor | number): Tensor {
    return elementwise(logic.bitwiseOr, this, y);
  }
  /** The bits that exactly one of the integers has. */
  bitwiseXor(y: Tensor | number): Tensor {
    return elementwise(logic.bitwiseXor, this, y);
  }
  /** The bits that an integer has not. */
  bitwiseNot(): Tensor {
    return elementwise(logic.bitwiseNot, this);
  }
  /** An integer's bits, y places to the left: x · 2^y. */
  shiftLeft(y: Tensor | number): Tensor {
    return elementwise(logic.shiftLeft, this, y);
  }
  /** An integer's bits, y places to the right: ⌊x / 2^y⌋, with the sign kept. */
  shiftRight(y: Tensor | number): Tensor {
    return elementwise(logic.shiftRight, this, y);
  }

  /**
   * The same values in another dtype: float to integer truncates and saturates, anything but 0 is true.
   *
   * @throws GradsmithError "dtype" for an element type that is none.
   * @example images.cast("f32").div(255)
   */
  cast(dtype: DType): Tensor {
    knownDType("cast", "dtype", dtype);
    return dtype === this.dtype ? this : tensorOf(castNode(this.#node, dtype));
  }
  /**
   * The same 32 bits read as another dtype.
   *
   * @throws GradsmithError "dtype" unless both are f32, i32 or u32.
   * @example x.bitcast("u32").shiftRight(23)
   */
  bitcast(dtype: "f32" | "i32" | "u32"): Tensor {
    const other = [this.dtype, dtype].find((each) => !["f32", "i32", "u32"].includes(each));
    if (other === undefined) return this.record(bitcast, { dtype });
    throw new GradsmithError("dtype", "bitcast", `${described(other)} is not 32 bits wide.`, 'Use "f32", "i32" and "u32".');
  }
  /** The tensor itself if it holds floats, else as f32. */
  floating(): Tensor {
    return this.cast(floating(this.dtype));
  }

  // Reductions, over all axes unless some are named.
  /**
   * Σ x over axes, all by default; bool gives i32, u8 gives u32. Sums of integers that their dtype can't hold wrap: cast to f64 before.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example x.sum({ axis: 1, keepDims: true })
   */
  sum(argument?: ReduceArgument): Tensor {
    return reduce(reduction.sum, this.dtype === "u8" ? this.cast("u32") : this, argument);
  }
  /**
   * Π x over axes, all by default; bool gives i32, u8 gives u32. Products of integers that their dtype can't hold wrap: cast to f64 before.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example x.prod({ axis: 1 })
   */
  prod(argument?: ReduceArgument): Tensor {
    return reduce(reduction.prod, this.dtype === "u8" ? this.cast("u32") : this, argument);
  }
  /**
   * The largest element over axes, all by default; NaN if there is one.
   *
   * @throws GradsmithError "shape" for an axis that isn't there or nothing to choose from, "option" for an unknown option.
   * @example x.max({ axis: -1 })
   */
  max(argument?: ReduceArgument): Tensor {
    return reduce(reduction.max, this, argument);
  }
  /**
   * The smallest element over axes, all by default; NaN if there is one.
   *
   * @throws GradsmithError "shape" for an axis that isn't there or nothing to choose from, "option" for an unknown option.
   * @example x.min({ axis: -1 })
   */
  min(argument?: ReduceArgument): Tensor {
    return reduce(reduction.min, this, argument);
  }
  /**
   * Σ x / n over axes, all by default; integers give f32.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example x.mean({ axes: [0, 1] })
   */
  mean(argument?: ReduceArgument): Tensor {
    return statistics.mean(this, argument);
  }
  /**
   * Σ (x − mean)² / (n − ddof) over axes, all by default, in two passes, so that a large mean loses nothing; `ddof` 0 by default.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or a negative `ddof`.
   * @example x.variance({ axis: 0, ddof: 1 })
   */
  variance(argument?: VarianceArgument): Tensor {
    return statistics.variance(this, argument);
  }
  /**
   * The square root of the variance; its gradient is 0 where the variance is.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or a negative `ddof`.
   * @example x.std({ axis: 0, ddof: 1 })
   */
  std(argument?: VarianceArgument): Tensor {
    return statistics.std(this, argument);
  }
  /**
   * √(Σ x²) over axes, all by default; its gradient at a zero vector is 0.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example x.norm({ axis: -1 })
   */
  norm(argument?: ReduceArgument): Tensor {
    return statistics.norm(this, argument);
  }
  /**
   * log Σ eˣ over axes, all by default, shifted by the maximum, so that nothing overflows.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example logits.logSumExp({ axis: -1 })
   */
  logSumExp(argument?: ReduceArgument): Tensor {
    return softmaxes.logSumExp(this, argument);
  }
  /**
   * Whether any element over axes, all by default, is not 0; bool.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example x.isNaN().any()
   */
  any(argument?: ReduceArgument): Tensor {
    return statistics.any(this, argument);
  }
  /**
   * Whether no element over axes, all by default, is 0; bool.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example x.isFinite().all()
   */
  all(argument?: ReduceArgument): Tensor {
    return statistics.all(this, argument);
  }
  /**
   * Where the largest element along an axis is, i32: the first of equals, the first NaN if there is one. Over the flattened tensor by default.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or several axes.
   * @example scores.argmax({ axis: -1 })
   */
  argmax(argument?: ReduceArgument): Tensor {
    return statistics.argmax(this, argument);
  }
  /**
   * Where the smallest element along an axis is, i32: the first of equals, the first NaN if there is one. Over the flattened tensor by default.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or several axes.
   * @example distances.argmin({ axis: -1 })
   */
  argmin(argument?: ReduceArgument): Tensor {
    return statistics.argmin(this, argument);
  }

  // Products.
  /**
   * NumPy's matrix product: [..., m, k] · [..., k, n] gives [..., m, n]. A vector is a row on the left and a column on the right; leading axes
   * broadcast.
   *
   * @throws GradsmithError "shape" unless the shared axes agree.
   * @example x.matmul(weights).add(bias)
   */
  matmul(y: Tensor): Tensor {
    return products.matmul(this, checked(y));
  }
  /**
   * NumPy's dot: the sum over the last axis of x and the last but one of y, or the only one of a vector. Other axes stay side by side.
   *
   * @throws GradsmithError "shape" unless the shared axes agree.
   * @example tensor([1, 2]).dot(tensor([3, 4])) // 11
   */
  dot(y: Tensor): Tensor {
    return products.dot(this, checked(y));
  }
  /** Every product of an element of x with one of y, both flattened: [m, n]. */
  outer(y: Tensor): Tensor {
    return products.outer(this, checked(y));
  }
  /**
   * A product summed over the letters that the output leaves out, one letter an axis: Einstein's notation for two tensors.
   *
   * @throws GradsmithError "shape" for a formula that isn't one or doesn't suit the shapes, "option" for an unknown option.
   * @example x.contract("bmk,kn->bmn", y)
   */
  contract(formula: string, y: Tensor, options?: ContractOptions): Tensor {
    const where = (options === undefined ? undefined : checkOptions("contract", options, contractChecks).where) ?? "contract";
    const { left, right, output } = parseFormula(where, formula, [this.rank, checked(y).rank]);
    const [x2, left2] = sumOut(this, left, right + output);
    const [y2, right2] = sumOut(y, right, left + output);
    const [a, b] = [countable(promoted(x2, y2)), countable(promoted(y2, x2))];
    return widened(contract, { left: left2, right: right2, output, where }, a, b);
  }

  // The same elements in other places.
  /**
   * The same elements in row-major order, in another shape; one axis may be −1 and is counted.
   *
   * @throws GradsmithError "shape" for a shape that is none or holds another number of elements.
   * @example x.reshape([32, -1])
   */
  reshape(shape: Shape): Tensor {
    const counted = countAxis(shape, this.shape);
    return sameShape(counted, this.shape) ? this : this.record(reshape, { shape: counted });
  }
  /** The axes from `axis` on (0 by default) as one, those before it kept. */
  flatten(axis = 0): Tensor {
    const from = this.rank === 0 ? 0 : normalizeAxis("flatten", axis, this.rank);
    return this.reshape([...this.shape.slice(0, from), sizeOf(this.shape.slice(from))]);
  }
  /** The axes in the opposite order, or in the order given, as `permute`. */
  transpose(axes?: readonly number[]): Tensor {
    return this.permute(axes ?? this.shape.map((_, i) => this.rank - 1 - i));
  }
  /**
   * The axes in another order: axis i of the result is axis `axes[i]`.
   *
   * @throws GradsmithError "shape" unless each axis is named once.
   * @example images.permute([0, 3, 1, 2])
   */
  permute(axes: readonly number[]): Tensor {
    normalizeAxes("permute", axes, this.rank);
    if (axes.length !== this.rank)
      throw new GradsmithError(
        "shape",
        "permute",
        `${showShape(this.shape)} has ${this.rank} axes, ${described(axes)} names ${axes.length ?? 1}.`,
        "Name each axis once.",
      );
    const order = axes.map((axis) => normalizeAxis("permute", axis, this.rank));
    return order.every((axis, i) => axis === i) ? this : this.record(transpose, { axes: order });
  }
  /** Axes a and b in each other's place. */
  swapAxes(a: number, b: number): Tensor {
    const [i, j] = [normalizeAxis("swapAxes", a, this.rank), normalizeAxis("swapAxes", b, this.rank)];
    return this.permute(this.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)));
  }
  /**
   * Stretched to a shape, as arithmetic stretches its operands: aligned right, axes of 1 repeated. Nothing is copied.
   *
   * @throws GradsmithError "shape" for a shape that is none or that this one doesn't stretch to.
   * @example bias.broadcastTo([32, 10])
   */
  broadcastTo(shape: Shape): Tensor {
    checkedShape("broadcastTo", shape);
    return sameShape(shape, this.shape) ? this : this.record(broadcast, { shape });
  }
  /** Axes of 1 put in, at these places of the result. */
  expandDims(axes: number | readonly number[]): Tensor {
    const count = Array.isArray(axes) ? axes.length : 1;
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
  /**
   * `sizes[i]` elements from `starts[i]` along axis i, every `strides[i]`-th of them. A negative start counts from the end, −1 as size takes
   * the rest; axes left out are whole.
   *
   * @throws GradsmithError "shape" for what doesn't fit, "option" for an unknown option or strides below 1.
   * @example x.slice([0, 2], [5, -1]), x.slice([0], [-1], { strides: [2] })
   */
  slice(starts: readonly number[], sizes?: readonly number[], options?: SliceOptions): Tensor {
    const strides = options === undefined ? [] : (checkOptions("slice", options, sliceChecks).strides ?? []);
    const attributes = sliceAttributes(this.shape, starts, sizes ?? [], strides);
    return sameShape(attributes.sizes, this.shape) && attributes.starts.every((s) => s === 0) ? this : this.record(slice, attributes);
  }
  /** Axis 0 at one position, negative from the end, or at all that a tensor of integers names. */
  get(index: number | Tensor): Tensor {
    return arrangement.get(this, index);
  }
  /**
   * More elements before and after those along each axis, and between them with `spacing`; 0 by default.
   *
   * @throws GradsmithError "shape" unless there is a pair of widths for each axis, "option" for an unknown option or a spacing below 1.
   * @example x.pad([[0, 0], [1, 1]], { value: -Infinity }), x.pad([[0, 0], [1, 1]], 1)
   */
  pad(widths: readonly (readonly [number, number])[] | readonly number[][], options: number | PadOptions = 0): Tensor {
    const { value = 0, spacing } = typeof options === "number" ? { value: options } : checkOptions("pad", options, padChecks);
    const isPair = (pair: readonly number[]): boolean => pair?.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
    if (!Array.isArray(widths) || widths.length !== this.rank || !widths.every(isPair)) {
      throw new GradsmithError(
        "shape",
        "pad",
        `${showShape(this.shape)} needs ${this.rank} pairs of widths, got ${JSON.stringify(widths)}.`,
        "Give [before, after] for each axis, 0 or more.",
      );
    }
    const steps = spacing ?? this.shape.map(() => 1);
    if (steps.length !== this.rank)
      throw new GradsmithError(
        "option",
        "pad",
        `spacing must have ${this.rank} numbers, got ${described(steps)}.`,
        "Give one for each axis.",
      );
    if (widths.every(([a, b]) => a === 0 && b === 0) && steps.every((s) => s === 1)) return this;
    const [before, after] = [widths.map((w) => w[0]!), widths.map((w) => w[1]!)];
    return this.record(pad, { before, after, spacing: steps, value: elementOf("pad", value, this.dtype) });
  }
  /**
   * Backwards along some axes, or all.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option.
   * @example images.flip({ axis: 2 })
   */
  flip(argument?: AxisArgument): Tensor {
    return this.record(flip, { axes: axesOf("flip", argument, this.rank, axisChecks) });
  }
  /**
   * This tensor and others, one after the other along an axis, the first by default; all other axes must agree.
   *
   * @throws GradsmithError "shape" for shapes that differ elsewhere, "option" for an unknown option.
   * @example x.concat([y, z], { axis: -1 })
   */
  concat(others: Tensor | readonly Tensor[], argument?: AxisArgument): Tensor {
    const axis = axisOf("concat", argument, this.rank, 0);
    const list = listed(others);
    if (list.length === 0) return this;
    const dtype = promote(this.dtype, ...list.map((t) => checked(t).dtype));
    const all = [this, ...list].map((t) => t.cast(dtype));
    return joined(all, axis);
  }
  /**
   * This tensor and others of its shape, as slices along a new axis, the first by default.
   *
   * @throws GradsmithError "shape" for shapes that differ, "option" for an unknown option.
   * @example x.stack([y, z], { axis: 1 })
   */
  stack(others: Tensor | readonly Tensor[], argument?: AxisArgument): Tensor {
    return arrangement.stack([this, ...listed(others)], argument);
  }
  /**
   * The parts along an axis, the first by default: so many equal ones, or ones of the given sizes.
   *
   * @throws GradsmithError "shape" unless the sizes add up to the axis, "option" for an unknown option or sizes that are none.
   * @example const [left, right] = x.split(2, { axis: 1 });
   */
  split(parts: number | readonly number[], argument?: AxisArgument): Tensor[] {
    return arrangement.split(this, parts, argument);
  }
  /**
   * Each element `count` times in a row along an axis; of the flattened tensor when no axis is named.
   *
   * @throws GradsmithError "shape" for an axis that isn't there, "option" for an unknown option or a count that is none.
   * @example tensor([1, 2]).repeat(2) // [1, 1, 2, 2]
   */
  repeat(count: number, argument?: AxisArgument): Tensor {
    return arrangement.repeat(this, count, argument);
  }
  /**
   * The whole tensor side by side, `counts[i]` times along axis i, aligned right as in NumPy.
   *
   * @throws GradsmithError "option" for counts that are none.
   * @example tensor([1, 2]).tile(2) // [1, 2, 1, 2]
   */
  tile(counts: number | readonly number[]): Tensor {
    return arrangement.tile(this, counts);
  }
  /**
   * Sliding windows: each named axis becomes the windows and, right after it, the places in one. Strides and dilations are 1 by default.
   *
   * @throws GradsmithError "shape" for a window that doesn't fit, "option" for an unknown option or numbers that are none.
   * @example images.windows({ axes: [1, 2], sizes: 3, strides: 2 }) // [n, h, w, c] to [n, rows, 3, columns, 3, c]
   */
  windows(options: WindowsOptions): Tensor {
    return this.record(windows, windowsAttributes(options, this.rank));
  }
  /**
   * The adjoint of `windows`: each window added back to where it was taken from, on axes as long as `lengths` says.
   *
   * @throws GradsmithError "shape" for windows that don't suit the lengths, "option" for an unknown option or numbers that are none.
   * @example patches.fold({ axes: 1, lengths: 28, strides: 2 })
   */
  fold(options: FoldOptions): Tensor {
    const attributes = foldAttributes(options, this.shape);
    return this.record(spread, attributes).sum({ axes: attributes.axes.map((axis, i) => axis + i + 1) });
  }

  // By index.
  /**
   * The slices along an axis (0 by default) that integers name; the axis is replaced by theirs. Indices outside are moved to the nearest end.
   *
   * @throws GradsmithError "dtype" for indices that are floats, "shape" for an axis that isn't there, "option" for an unknown option.
   * @example table.gather(tokens)
   */
  gather(indices: Tensor, argument?: AxisArgument): Tensor {
    return this.record(gather, { axis: axisOf("gather", argument, this.rank, 0) }, integers("gather", indices));
  }
  /** `gather` under NumPy's name. */
  take(indices: Tensor, argument?: AxisArgument): Tensor {
    return this.gather(indices, argument);
  }
  /**
   * Zeros of `[size, ...]`, with this tensor's slices added at the rows that integers name; those outside are dropped.
   *
   * @throws GradsmithError "dtype" for indices that are floats, "option" for an unknown option or a size that is none.
   * @example gradients.scatter(tokens, { size: 1000 })
   */
  scatter(indices: Tensor, options: ScatterOptions): Tensor {
    const { size } = checkOptions("scatter", options, scatterChecks, ["size"]);
    return (this.dtype === "bool" ? this.cast("i32") : this).record(scatter, { size }, integers("scatter", indices));
  }
  /** This tensor with updates added at the rows that integers name; those outside are dropped. */
  scatterAdd(indices: Tensor, updates: Tensor): Tensor {
    const wide = checked(updates).broadcastTo([...checked(indices).shape, ...this.shape.slice(1)]);
    return this.add(wide.scatter(indices, { size: this.shape[0]! }));
  }
  /** 1 at the position each integer names along a new last axis of `depth`, else 0; f32. Integers outside give only zeros. */
  oneHot(depth: number): Tensor {
    return arrangement.oneHot(integers("oneHot", this), depth);
  }

  // Of the same shape.
  /** One number everywhere, in this shape and dtype. */
  fill(value: number): Tensor {
    return tensorOf(fillNode(anyNumber("fill", "the value", value), this.dtype, this.shape));
  }
  /** Each element's position along an axis (the last by default), i32. */
  positions(argument?: AxisArgument): Tensor {
    return tensorOf(iotaNode(this.shape, axisOf("positions", argument, this.rank, -1)));
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

/** Not `new Tensor` inside the class: bundlers rename classes that name themselves, and stacks would show `_Tensor`. */
const tensorOf = (node: Node): Tensor => new Tensor(node);
const operand = (x: Tensor | number): Node | number => (typeof x === "number" ? x : checked(x).node);
const elementwise = (row: ElementwiseRow, ...operands: readonly (Tensor | number)[]): Tensor =>
  tensorOf(elementwiseNode(row, operands.map(operand)));

function checked(x: Tensor): Tensor {
  if (x instanceof Tensor) return x;
  throw new GradsmithError(
    "usage",
    "tensor",
    `expected a tensor or a number, got ${x === null ? "null" : typeof x}.`,
    "Wrap arrays with tensor(...).",
  );
}

/** So many side by side at a time: each is one more comparison where one of their elements is computed. */
const mostJoined = 64;

function joined(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length <= mostJoined) return parts[0]!.record(concat, { axis }, ...parts.slice(1));
  const count = Math.ceil(parts.length / mostJoined);
  const some = Array.from({ length: count }, (_, i) => joined(parts.slice(i * mostJoined, (i + 1) * mostJoined), axis));
  return joined(some, axis);
}

const listed = (others: Tensor | readonly Tensor[]): readonly Tensor[] => (Array.isArray(others) ? others : [checked(others as Tensor)]);

/** Integers are whole already. */
const rounded = (row: ElementwiseRow, x: Tensor): Tensor => (isFloat(x.dtype) ? elementwise(row, x) : x);
/** `x` in the dtype of both, and a bool as i32. */
const promoted = (x: Tensor, y: Tensor): Tensor => x.cast(promote(x.dtype, y.dtype));
const countable = (x: Tensor): Tensor => (x.dtype === "bool" ? x.cast("i32") : x);

function reduce(row: ReduceRow, x: Tensor, argument: ReduceArgument | undefined): Tensor {
  const axes = axesOf(row.name, argument, x.rank, reduceChecks);
  const result = axes.length === 0 ? countable(x) : widened(row, { axes }, countable(x));
  if (!keepsDims(argument)) return result;
  return result.reshape(x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
}

/** Two-byte floats are summed as f32 and rounded once, whether the result is stored or used where it is. */
function widened(row: Row, attributes: unknown, ...inputs: readonly Tensor[]): Tensor {
  const type = row.infer(
    inputs.map((x) => x.type),
    attributes,
  );
  const { dtype } = type;
  const isWide = dtype !== "bf16" && dtype !== "f16";
  const node = makeNode(
    row,
    inputs.map((x) => x.node),
    attributes,
    isWide ? type : { ...type, dtype: "f32" },
  );
  return tensorOf(castNode(node, dtype));
}

/** Without the letters that neither the other side nor the result names, as summing them early is cheaper. */
function sumOut(x: Tensor, letters: string, needed: string): readonly [Tensor, string] {
  const axes = [...letters].flatMap((letter, axis) => (needed.includes(letter) ? [] : [axis]));
  return axes.length === 0 ? [x, letters] : [x.sum({ axes }), [...letters].filter((_, axis) => !axes.includes(axis)).join("")];
}

function integers(where: string, indices: Tensor): Tensor {
  if (!isFloat(checked(indices).dtype)) return indices.cast("i32");
  throw new GradsmithError("dtype", where, `indices must be integers, got ${indices.dtype}.`, 'Use cast("i32").');
}
