import type { DType } from "../../core/dtype.ts";
import { isFloat } from "../../core/dtype.ts";
import type { Shape, TensorType } from "../../core/shape.ts";
import { broadcastShapes } from "../../core/shape.ts";
import type { Expr } from "../../ir/expr.ts";
import { and, constant } from "../../ir/expr.ts";
import type {
  Contract,
  Elementwise,
  Gather,
  Movement,
  MovementSource,
  Node,
  Reduce,
  Scan,
  Scatter,
  Shuffle,
  Source,
} from "../../ir/graph.ts";
import type { Index } from "../../ir/index.ts";
import type { Tensor } from "../tensor.ts";
import { rounded } from "./rounding.ts";

/**
 * The gradients of the inputs, given `g`, the gradient of the output. A rule uses only methods of the tensors it is given. `null` says that
 * nothing flows back. A gradient may keep the output's shape where the input was broadcast: the walk sums it.
 */
export type Vjp<A = unknown> = (g: Tensor, inputs: readonly Tensor[], output: Tensor, attributes: A) => readonly (Tensor | null)[];

export interface Differentiable {
  readonly vjp: Vjp;
  /** The nodes `vjp` answers for, where they are not the inputs of the node itself. */
  readonly gradientInputs?: readonly Node[];
}

/**
 * How operands are brought to one dtype before an elementwise op: `arithmetic` promotes (bools to i32), `float` promotes to a float,
 * `comparison` promotes and gives bool, `logical` turns into bool, `bits` wants integers, `choice` keeps the first a bool, `as given` does nothing.
 */
export type Operands = "arithmetic" | "float" | "comparison" | "logical" | "bits" | "choice" | "as given";

export interface ElementwiseRow extends Elementwise, Differentiable {
  readonly operands: Operands;
}
export type SourceRow = Source & Differentiable;
export type ReduceRow = Reduce & Differentiable;
export type MovementRow = Movement & Differentiable;
export type ContractRow = Contract & Differentiable;
export type GatherRow = Gather & Differentiable;
export type ScatterRow = Scatter & Differentiable;
export type ShuffleRow = Shuffle & Differentiable;
/** A scan's results have one gradient together: asked once for all nodes of a run whose gradient is known. */
export interface ScanRow extends Scan {
  readonly jointVjp: (results: readonly { readonly node: Node; readonly gradient: Tensor }[]) => readonly (Tensor | null)[];
}
/** One row of the op table: all there is to know about an op. */
export type Row = ElementwiseRow | SourceRow | ReduceRow | MovementRow | ContractRow | GatherRow | ScatterRow | ShuffleRow | ScanRow;

/** The rule of an op through which nothing flows back. */
export const noGradient: Vjp = (_g, inputs) => inputs.map(() => null);

interface ElementwiseSpec {
  readonly operands: Operands;
  /** One output element. */
  readonly scalar: (args: readonly Expr[], attributes: unknown, result: TensorType) => Expr;
  readonly vjp: Vjp;
  /** The result's dtype, where it is not that of the last operand. */
  readonly result?: (dtype: DType, attributes: unknown) => DType;
}

export function elementwise(name: string, spec: ElementwiseSpec): ElementwiseRow {
  const fixed = spec.operands === "comparison" || spec.operands === "logical" ? ("bool" as const) : undefined;
  const wraps = spec.operands === "arithmetic" || spec.operands === "bits";
  const computes = spec.operands === "arithmetic" || spec.operands === "float";
  return {
    name,
    kind: "elementwise",
    operands: spec.operands,
    vjp: spec.vjp,
    infer(inputs, attributes) {
      const shape = inputs.reduce<Shape>((common, { shape: other }) => broadcastShapes(name, common, other), []);
      const dtype = inputs[inputs.length - 1]!.dtype;
      return { dtype: fixed ?? spec.result?.(dtype, attributes) ?? dtype, shape };
    },
    scalar(args, attributes, result) {
      const value = spec.scalar(args, attributes, result);
      // Registers are wider than u8, f16 and bf16: what is not narrowed now would be seen by a fused reader.
      if (result.dtype === "u8") return wraps ? and(value, constant(255, "u32")) : value;
      return computes && (result.dtype === "f16" || result.dtype === "bf16") ? rounded(value, result.dtype) : value;
    },
  };
}

interface UnarySpec {
  readonly scalar: (x: Expr) => Expr;
  /** The gradient of `x`, given `g`, the gradient of the output `y`. */
  readonly vjp: (g: Tensor, x: Tensor, y: Tensor) => Tensor | null;
  readonly operands?: Operands;
}

/** An op of one input; by default a function of floats. */
export const unary = (name: string, { scalar, vjp, operands = "float" }: UnarySpec): ElementwiseRow =>
  elementwise(name, { operands, scalar: ([x]) => scalar(x!), vjp: (g, [x], y) => [vjp(g, x!, y)] });

interface BinarySpec {
  readonly scalar: (x: Expr, y: Expr) => Expr;
  /** The gradients of `x` and `y`, given `g`, the gradient of the output `z`. */
  readonly vjp?: (g: Tensor, x: Tensor, y: Tensor, z: Tensor) => readonly [Tensor | null, Tensor | null];
  readonly operands?: Operands;
}

/** An op of two inputs; by default arithmetic. */
export const binary = (name: string, { scalar, vjp, operands = "arithmetic" }: BinarySpec): ElementwiseRow =>
  elementwise(name, {
    operands,
    scalar: ([x, y]) => scalar(x!, y!),
    vjp: (g, [x, y], z) => vjp?.(g, x!, y!, z) ?? [null, null],
  });

interface MovementSpec<A> {
  readonly infer: (inputs: readonly TensorType[], attributes: A) => Shape;
  readonly source: (out: readonly Index[], inputs: readonly TensorType[], attributes: A) => MovementSource;
  readonly vjp: Vjp<A>;
}

/** An op that only moves elements. `A` is the type of its attributes. */
export const movement = <A>(name: string, spec: MovementSpec<A>): MovementRow => ({
  name,
  kind: "movement",
  infer: (inputs, attributes) => ({ dtype: inputs[0]!.dtype, shape: spec.infer(inputs, attributes as A) }),
  source: (out, inputs, attributes) => spec.source(out, inputs, attributes as A),
  vjp: (g, inputs, output, attributes) => spec.vjp(g, inputs, output, attributes as A),
});

/** A movement whose every element comes from the one input. */
export const everywhere = (index: readonly Index[]): MovementSource => ({ cases: [{ guards: [], input: 0, index }], fill: 0 });

/** The dtype float functions compute in: the input's, or f32 for integers and bools. */
export const floating = (dtype: DType): DType => (isFloat(dtype) ? dtype : "f32");
