import type { DType } from "../core/dtype.ts";

/**
 * What a generated kernel can compute on one element (or on `lanes` of them at once): an expression over loads, loop variables and
 * constants. Ops say what they mean by building one; the reference backend interprets it, the targets print it.
 */
export type Expr = Constant | Local | Load | Apply | Convert | Splat | Ramp | Across | Rare;

/** The types registers have. Storage is narrower: `u8` is computed as `u32`, `f16` and `bf16` as `f32`. */
export type RegisterType = "f32" | "f64" | "i32" | "u32" | "bool";

interface Typed {
  readonly dtype: RegisterType;
  /** How many elements are computed at once; 1 is a scalar. */
  readonly lanes: number;
}
/** A scalar literal. Bools are 0 or 1. */
export interface Constant extends Typed {
  readonly kind: "constant";
  readonly value: number;
}
/** A loop variable, a `let`, or a register. */
export interface Local extends Typed {
  readonly kind: "local";
  readonly name: string;
}
/**
 * An element of the kernel's buffer number `buffer`, converted from storage to register type. `index` counts elements: with one lane it
 * names the first of `lanes` neighbours, with as many lanes as the load it names each element (a gather).
 * A contiguous load may touch up to 64 bytes past its buffer's end; memory always has that slack.
 */
export interface Load extends Typed {
  readonly kind: "load";
  readonly buffer: number;
  readonly index: Expr;
}
export interface Apply extends Typed {
  readonly kind: "apply";
  readonly instruction: Instruction;
  readonly args: readonly Expr[];
}
/** `cast` changes the value's type and keeps its meaning; `bitcast` keeps the 32 bits. */
export interface Convert extends Typed {
  readonly kind: "convert";
  readonly how: "cast" | "bitcast";
  readonly x: Expr;
}
/** A scalar in every lane. */
export interface Splat extends Typed {
  readonly kind: "splat";
  readonly x: Expr;
}
/** `base + step · lane`, an index for each lane. */
export interface Ramp extends Typed {
  readonly kind: "ramp";
  readonly base: Expr;
  readonly step: number;
}
/** All lanes combined into one scalar, pairwise: lane i with lane i + n/2, and so on down. */
export interface Across extends Typed {
  readonly kind: "across";
  readonly instruction: Associative;
  readonly x: Expr;
}
/** Lane by lane, what `call` gives for `x` where `when` holds, which is seldom, and `common` elsewhere. */
export interface Rare extends Typed {
  readonly kind: "rare";
  readonly when: Expr;
  readonly common: Expr;
  readonly x: Expr;
  readonly call: Outlined;
}
/** A scalar function that targets print once, by itself. Equal names, equal functions. */
export interface Outlined {
  readonly name: string;
  readonly parameter: Local;
  /** The last is what the function gives. */
  readonly body: readonly Let[];
}
/** A name for a value, never assigned again. Names are unique in a kernel. */
export interface Let {
  readonly kind: "let";
  readonly name: string;
  readonly value: Expr;
}

/**
 * Basic instructions: every target spells these. Integers wrap; integer division truncates, and by zero gives 0; `min` and `max` give NaN
 * if either side is NaN; comparisons give bool; `shr` is arithmetic on i32 and logical on u32; `round` goes to even on a tie;
 * `fma` is x·y + z, with one rounding where the machine has it; casts from float to integer truncate and saturate, NaN becoming 0.
 */
export type Basic =
  | "neg"
  | "abs"
  | "sqrt"
  | "floor"
  | "ceil"
  | "trunc"
  | "round"
  | "not"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "rem"
  | "min"
  | "max"
  | "less"
  | "lessEqual"
  | "equal"
  | "notEqual"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "select"
  | "fma";

/** Expanded into basic instructions for targets without a vector form of their own (`compiler/expand.ts`). */
export type Transcendental = "exp" | "expm1" | "log" | "log1p" | "sin" | "cos" | "tan" | "tanh" | "erf" | "pow";

export type Instruction = Basic | Transcendental;
export type Associative = "add" | "mul" | "min" | "max" | "or" | "and";

/** How a stored element looks in a register. */
export const registerType: Readonly<Record<DType, RegisterType>> = {
  f32: "f32",
  f64: "f64",
  f16: "f32",
  bf16: "f32",
  i32: "i32",
  u32: "u32",
  u8: "u32",
  bool: "bool",
};

export const isFloating = (dtype: RegisterType): dtype is "f32" | "f64" => dtype === "f32" || dtype === "f64";

const comparisons: ReadonlySet<Instruction> = new Set(["less", "lessEqual", "equal", "notEqual"]);

export const constant = (value: number, dtype: RegisterType): Constant => ({ kind: "constant", dtype, lanes: 1, value });
/** A position, or bits. */
export const i32 = (value: number): Constant => constant(value, "i32");
export const local = (name: string, dtype: RegisterType, lanes = 1): Local => ({ kind: "local", dtype, lanes, name });
export const load = (buffer: number, dtype: RegisterType, index: Expr, lanes = 1): Load => ({ kind: "load", dtype, lanes, buffer, index });
export const splat = (x: Expr, lanes: number): Expr => (lanes === 1 || x.lanes === lanes ? x : { kind: "splat", dtype: x.dtype, lanes, x });
export const ramp = (base: Expr, step: number, lanes: number): Expr =>
  lanes === 1 ? base : { kind: "ramp", dtype: base.dtype, lanes, base, step };
export const across = (instruction: Associative, x: Expr): Expr =>
  x.lanes === 1 ? x : { kind: "across", dtype: x.dtype, lanes: 1, instruction, x };
export const rare = (when: Expr, common: Expr, x: Expr, call: Outlined): Expr => ({
  kind: "rare",
  dtype: x.dtype,
  lanes: x.lanes,
  when,
  common,
  x,
  call,
});

/** Applies an instruction; scalar arguments are spread over the lanes of the widest one. */
export function apply(instruction: Instruction, ...args: readonly Expr[]): Expr {
  const lanes = Math.max(...args.map((x) => x.lanes));
  const operand = args[args.length - 1]!;
  const dtype: RegisterType = comparisons.has(instruction) ? "bool" : operand.dtype;
  return { kind: "apply", dtype, lanes, instruction, args: args.map((x) => splat(x, lanes)) };
}

export const cast = (x: Expr, dtype: RegisterType): Expr =>
  x.dtype === dtype ? x : { kind: "convert", how: "cast", dtype, lanes: x.lanes, x };
export const bitcast = (x: Expr, dtype: RegisterType): Expr =>
  x.dtype === dtype ? x : { kind: "convert", how: "bitcast", dtype, lanes: x.lanes, x };

/** A constant of the same type as `x`: how ops write literals. */
export const like = (x: Expr, value: number): Expr => constant(value, x.dtype);

export const neg = (x: Expr): Expr => apply("neg", x);
export const abs = (x: Expr): Expr => apply("abs", x);
export const sqrt = (x: Expr): Expr => apply("sqrt", x);
export const floor = (x: Expr): Expr => apply("floor", x);
export const ceil = (x: Expr): Expr => apply("ceil", x);
export const trunc = (x: Expr): Expr => apply("trunc", x);
export const round = (x: Expr): Expr => apply("round", x);
export const not = (x: Expr): Expr => apply("not", x);
export const add = (x: Expr, y: Expr): Expr => apply("add", x, y);
export const sub = (x: Expr, y: Expr): Expr => apply("sub", x, y);
export const mul = (x: Expr, y: Expr): Expr => apply("mul", x, y);
export const div = (x: Expr, y: Expr): Expr => apply("div", x, y);
export const rem = (x: Expr, y: Expr): Expr => apply("rem", x, y);
export const min = (x: Expr, y: Expr): Expr => apply("min", x, y);
export const max = (x: Expr, y: Expr): Expr => apply("max", x, y);
export const less = (x: Expr, y: Expr): Expr => apply("less", x, y);
export const lessEqual = (x: Expr, y: Expr): Expr => apply("lessEqual", x, y);
export const equal = (x: Expr, y: Expr): Expr => apply("equal", x, y);
export const notEqual = (x: Expr, y: Expr): Expr => apply("notEqual", x, y);
export const and = (x: Expr, y: Expr): Expr => apply("and", x, y);
export const or = (x: Expr, y: Expr): Expr => apply("or", x, y);
export const xor = (x: Expr, y: Expr): Expr => apply("xor", x, y);
export const shl = (x: Expr, y: Expr): Expr => apply("shl", x, y);
export const shr = (x: Expr, y: Expr): Expr => apply("shr", x, y);
export const select = (condition: Expr, x: Expr, y: Expr): Expr => apply("select", condition, x, y);
export const fma = (x: Expr, y: Expr, z: Expr): Expr => apply("fma", x, y, z);
export const exp = (x: Expr): Expr => apply("exp", x);
export const expm1 = (x: Expr): Expr => apply("expm1", x);
export const log = (x: Expr): Expr => apply("log", x);
export const log1p = (x: Expr): Expr => apply("log1p", x);
export const sin = (x: Expr): Expr => apply("sin", x);
export const cos = (x: Expr): Expr => apply("cos", x);
export const tan = (x: Expr): Expr => apply("tan", x);
export const tanh = (x: Expr): Expr => apply("tanh", x);
export const erf = (x: Expr): Expr => apply("erf", x);
export const pow = (x: Expr, y: Expr): Expr => apply("pow", x, y);
