import type { TypedArray } from "../core/dtype.ts";
import type { TensorType } from "../core/shape.ts";
import type { Associative, Expr } from "./expr.ts";
import type { Guard, Index } from "./index.ts";
import type { Statement } from "./kernel.ts";

/** One recorded operation. Nodes are immutable, and inputs always come before users. */
export interface Node<Op extends OpDef = OpDef> {
  readonly id: number;
  readonly op: Op;
  readonly type: TensorType;
  readonly inputs: readonly Node[];
  readonly attributes: unknown;
  /** Longest chain of ops below, so that unbounded graphs are noticed. */
  readonly depth: number;
}

/** What every op says about itself. Passes ask for `kind` and the members below, and never look at `name`. */
export type OpDef = Source | Elementwise | Reduce | Movement | Contract | Gather | Scatter | Shuffle | Scan;

interface Common {
  readonly name: string;
  /** The type of the result; throws a readable error where the inputs don't fit. */
  readonly infer: (inputs: readonly TensorType[], attributes: unknown) => TensorType;
}

/**
 * A value from outside the graph, told apart by `from`:
 * `input` a slot of a traced function (attributes: InputAttributes); `buffer` memory that holds a result (attributes belong to the runtime);
 * `literal` a small array (LiteralAttributes); `fill` one number everywhere (FillAttributes); `iota` the position along an axis (IotaAttributes).
 */
export interface Source extends Common {
  readonly kind: "source";
  readonly from: "input" | "buffer" | "literal" | "fill" | "iota";
}
export interface InputAttributes {
  readonly slot: number;
}
export interface LiteralAttributes {
  readonly data: TypedArray;
}
export interface FillAttributes {
  readonly value: number;
}
export interface IotaAttributes {
  readonly axis: number;
}

/** Each output element from the input elements at the same place, inputs broadcast to the output's shape. */
export interface Elementwise extends Common {
  readonly kind: "elementwise";
  /** One output element. Arguments have the register types of the inputs; the result that of the output. */
  readonly scalar: (args: readonly Expr[], attributes: unknown, result: TensorType) => Expr;
  /** Set on copies that must be made although they change no value. */
  readonly isKept?: boolean;
}

/** Inputs combined over `axes` (ascending), which disappear. Attributes: ReduceAttributes. */
export interface Reduce extends Common {
  readonly kind: "reduce";
  readonly combine: Extract<Associative, "add" | "mul" | "min" | "max">;
}
export interface ReduceAttributes {
  readonly axes: readonly number[];
}

/** The same elements in other places: a change of index, not a copy. */
export interface Movement extends Common {
  readonly kind: "movement";
  /** Where the output element at `out` comes from: the first case whose guards hold, else `fill`. */
  readonly source: (out: readonly Index[], inputs: readonly TensorType[], attributes: unknown) => MovementSource;
}
export interface MovementSource {
  readonly cases: readonly { readonly guards: readonly Guard[]; readonly input: number; readonly index: readonly Index[] }[];
  /** For elements that come from nowhere; needed only if the cases don't cover everything. */
  readonly fill: number;
}

/** A product of two tensors summed over the letters missing from the output, as in `mk,kn->mn`. Attributes: ContractAttributes. */
export interface Contract extends Common {
  readonly kind: "contract";
}
export interface ContractAttributes {
  readonly left: string;
  readonly right: string;
  readonly output: string;
  /** Whether operands are u32 that hold two bf16 each: products of the lower halves and of the upper halves are summed, in f32. */
  readonly isPaired?: boolean;
}

/**
 * Inputs `x`, `indices` (i32): `x` with `axis` replaced by the axes of `indices`. Indices are clamped to the axis. Attributes: GatherAttributes.
 */
export interface Gather extends Common {
  readonly kind: "gather";
}
export interface GatherAttributes {
  readonly axis: number;
}

/**
 * Inputs `updates` [...indices.shape, ...rest], `indices` (i32): zeros of shape [size, ...rest] with each update added at row `index`.
 * Updates outside are dropped. Attributes: ScatterAttributes.
 */
export interface Scatter extends Common {
  readonly kind: "scatter";
}
export interface ScatterAttributes {
  readonly size: number;
}

/** Input u32 random bits [n]: a permutation of 0 .. n-1 (i32) by Fisher-Yates: for i = n-1 .. 1, swap i with bits[i] mod (i + 1). */
export interface Shuffle extends Common {
  readonly kind: "shuffle";
  /** Its loops, whose order is its meaning: what fills the `count` elements of buffer `out`, given the random word at an index. */
  readonly statements: (out: number, count: number, bits: (at: Index) => Expr) => Statement[];
}

/**
 * One result of a loop with carried state. Inputs: the first carries, then what is read row by row, then constants, in the order of the
 * loop's slots. Attributes: ScanResult. Nodes with the same loop and inputs are results of one run of it.
 */
export interface Scan extends Common {
  readonly kind: "scan";
}

/** How attributes and ops are told apart in texts. */
export interface Identities {
  of(thing: unknown): number;
  text(value: unknown): string;
}
/** Attributes that are more than plain data say themselves what they are: equal text, equal meaning. */
export interface Described {
  text(ids: Identities): string;
}

let nextId = 0;
export function makeNode<Op extends OpDef>(op: Op, inputs: readonly Node[], attributes: unknown, type?: TensorType): Node<Op> {
  const inferred =
    type ??
    op.infer(
      inputs.map((node) => node.type),
      attributes,
    );
  const depth = inputs.reduce((deepest, node) => Math.max(deepest, node.depth), 0) + 1;
  return { id: nextId++, op, type: inferred, inputs, attributes, depth };
}

/** Inputs first, each node once. What lies below `leaves` isn't looked at, and of other nodes only what `below` says. */
export function topological(
  roots: readonly Node[],
  leaves?: ReadonlySet<Node>,
  below: (node: Node) => readonly Node[] = ({ inputs }) => inputs,
): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    const seen = state.get(node);
    if (seen !== undefined) {
      stack.pop();
      if (seen === "open") {
        state.set(node, "done");
        order.push(node);
      }
      continue;
    }
    state.set(node, "open");
    if (leaves?.has(node) === true) continue;
    const inputs = below(node);
    for (let i = inputs.length - 1; i >= 0; i--) {
      if (!state.has(inputs[i]!)) stack.push(inputs[i]!);
    }
  }
  return order;
}

/** Sources whose values come from outside the graph. */
export const isGiven = ({ op }: Node): boolean =>
  op.kind === "source" && (op.from === "buffer" || op.from === "literal" || op.from === "input");
