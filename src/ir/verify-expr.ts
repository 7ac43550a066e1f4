import { GradsmithError } from "../core/errors.ts";
import type { Apply, Convert, Expr, Instruction, Rare, RegisterType } from "./expr.ts";
import { registerType } from "./expr.ts";
import type { KernelBuffer } from "./kernel.ts";
import { showExpr } from "./print.ts";

/** What an expression may refer to. */
export interface Scope {
  /** Where, for error messages. */
  readonly where: string;
  readonly names: ReadonlyMap<string, Pick<Expr, "dtype" | "lanes">>;
  readonly buffers: readonly KernelBuffer[];
  /** Buffers that have been written by earlier statements. */
  readonly written: ReadonlySet<number>;
  /** Whether transcendentals must have been expanded. */
  readonly basicOnly: boolean;
}

type Operands = "any" | "float" | "integer" | "bits" | "comparison" | "select";
interface Rule {
  readonly count: number;
  readonly operands: Operands;
}
const rule = (count: number, operands: Operands): Rule => ({ count, operands });

const rules: Readonly<Record<Instruction, Rule>> = {
  neg: rule(1, "any"),
  abs: rule(1, "any"),
  sqrt: rule(1, "float"),
  floor: rule(1, "float"),
  ceil: rule(1, "float"),
  trunc: rule(1, "float"),
  round: rule(1, "float"),
  not: rule(1, "bits"),
  add: rule(2, "any"),
  sub: rule(2, "any"),
  mul: rule(2, "any"),
  div: rule(2, "any"),
  rem: rule(2, "any"),
  min: rule(2, "any"),
  max: rule(2, "any"),
  less: rule(2, "comparison"),
  lessEqual: rule(2, "comparison"),
  equal: rule(2, "comparison"),
  notEqual: rule(2, "comparison"),
  and: rule(2, "bits"),
  or: rule(2, "bits"),
  xor: rule(2, "bits"),
  shl: rule(2, "integer"),
  shr: rule(2, "integer"),
  select: rule(3, "select"),
  fma: rule(3, "any"),
  exp: rule(1, "float"),
  expm1: rule(1, "float"),
  log: rule(1, "float"),
  log1p: rule(1, "float"),
  sin: rule(1, "float"),
  cos: rule(1, "float"),
  tan: rule(1, "float"),
  tanh: rule(1, "float"),
  erf: rule(1, "float"),
  pow: rule(2, "any"),
};

const transcendental: ReadonlySet<Instruction> = new Set(["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "tanh", "erf", "pow"]);
const isFloat = (dtype: RegisterType): boolean => dtype === "f32" || dtype === "f64";
const isInteger = (dtype: RegisterType): boolean => dtype === "i32" || dtype === "u32";

/** Checks the types, lanes and names of an expression; throws on the first piece that is not right. */
export function verifyExpr(expr: Expr, scope: Scope): void {
  const seen = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    const problem = problemOf(e, scope);
    if (problem !== undefined) throw new GradsmithError("internal", scope.where, `${problem}: ${showExpr(e)}.`);
    partsOf(e).forEach(visit);
  };
  visit(expr);
}

function partsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case "constant":
    case "local":
      return [];
    case "load":
      return [e.index];
    case "apply":
      return e.args;
    case "convert":
    case "splat":
    case "across":
      return [e.x];
    case "ramp":
      return [e.base];
    case "rare":
      return [e.when, e.common, e.x];
  }
}

/** What is wrong with the outermost step. */
function problemOf(e: Expr, scope: Scope): string | undefined {
  if (!Number.isInteger(e.lanes) || e.lanes < 1 || (e.lanes & (e.lanes - 1)) !== 0) return `${e.lanes} lanes`;
  switch (e.kind) {
    case "constant":
      return constantProblem(e.value, e.dtype, e.lanes);
    case "local": {
      const known = scope.names.get(e.name);
      if (known === undefined) return `"${e.name}" is not defined here`;
      return same(known, e) ? undefined : `"${e.name}" is ${known.dtype} in ${known.lanes} lanes, used as ${e.dtype} in ${e.lanes}`;
    }
    case "load": {
      const buffer = scope.buffers[e.buffer];
      if (buffer === undefined) return `there is no buffer ${e.buffer}`;
      if (buffer.access === "write" && !scope.written.has(e.buffer)) return `buffer ${e.buffer} is only written`;
      if (registerType[buffer.dtype] !== e.dtype) return `a load of ${e.dtype} from a buffer of ${buffer.dtype}`;
      return indexProblem(e.index, e.lanes, { length: buffer.length, count: 1 });
    }
    case "apply":
      return applyProblem(e, scope.basicOnly);
    case "convert":
      return convertProblem(e);
    case "splat":
      return e.x.lanes === 1 && e.x.dtype === e.dtype ? undefined : "a splat of something else than a scalar of its type";
    case "ramp":
      return e.base.lanes === 1 && e.dtype === "i32" && e.base.dtype === "i32" ? undefined : "a ramp that is not of i32 from a scalar";
    case "across":
      return e.lanes === 1 && e.x.dtype === e.dtype ? undefined : "an across that is not a scalar of its lanes' type";
    case "rare":
      return rareProblem(e);
  }
}

function rareProblem(e: Rare): string | undefined {
  const { parameter, body } = e.call;
  if (e.when.dtype !== "bool" || e.when.lanes !== e.lanes) return `a case by ${e.when.dtype} in ${e.when.lanes} lanes`;
  const results = [e.common, e.x].every((x) => same(x, e)) && [parameter, body.at(-1)!.value].every((x) => same(x, { ...e, lanes: 1 }));
  return results ? undefined : "a case of another type than the value's";
}

const same = (a: Pick<Expr, "dtype" | "lanes">, b: Pick<Expr, "dtype" | "lanes">): boolean => a.dtype === b.dtype && a.lanes === b.lanes;

function constantProblem(value: number, dtype: RegisterType, lanes: number): string | undefined {
  if (lanes !== 1) return "a constant is a scalar";
  if (isFloat(dtype)) return undefined;
  const [low, high] = dtype === "i32" ? [-2147483648, 2147483647] : dtype === "u32" ? [0, 4294967295] : [0, 1];
  return Number.isInteger(value) && value >= low && value <= high ? undefined : `not a constant of ${dtype}`;
}

function applyProblem(e: Apply, basicOnly: boolean): string | undefined {
  const { count, operands } = rules[e.instruction];
  if (basicOnly && transcendental.has(e.instruction)) return `${e.instruction} was not expanded`;
  if (e.args.length !== count) return `${e.instruction} takes ${count} arguments, not ${e.args.length}`;
  if (e.args.some((x) => x.lanes !== e.lanes))
    return `${e.instruction} in ${e.lanes} lanes of arguments in ${e.args.map((x) => x.lanes).join(", ")}`;
  const [first, ...rest] = e.args as [Expr, ...Expr[]];
  if (operands === "select" && first.dtype !== "bool") return `a select by ${first.dtype}`;
  const alike = operands === "select" ? rest : e.args;
  const operand = alike[0]!.dtype;
  if (alike.some((x) => x.dtype !== operand)) return `${e.instruction} of ${e.args.map((x) => x.dtype).join(", ")}`;
  const result: RegisterType = operands === "comparison" ? "bool" : operand;
  if (e.dtype !== result) return `${e.instruction} of ${operand} as ${e.dtype}`;
  const fits =
    operands === "float" ? isFloat(operand) : operands === "integer" ? isInteger(operand) : operands === "bits" ? !isFloat(operand) : true;
  return fits ? undefined : `${e.instruction} of ${operand}`;
}

function convertProblem(e: Convert): string | undefined {
  if (e.x.lanes !== e.lanes) return `a conversion of ${e.x.lanes} lanes to ${e.lanes}`;
  const isWord = (dtype: RegisterType): boolean => dtype === "f32" || isInteger(dtype);
  return e.how === "cast" || (isWord(e.dtype) && isWord(e.x.dtype)) ? undefined : `the bits of ${e.x.dtype} as ${e.dtype}`;
}

/** Whether `index` names elements for `lanes` lanes, the first `count` of which must lie inside where it is a constant. */
export function indexProblem(
  index: Expr,
  lanes: number,
  { length, count }: { readonly length: number; readonly count: number },
): string | undefined {
  if (index.dtype !== "i32") return `an index of ${index.dtype}`;
  if (index.lanes !== 1 && index.lanes !== lanes) return `an index in ${index.lanes} lanes for ${lanes}`;
  if (index.kind !== "constant") return undefined;
  return index.value >= 0 && index.value + count <= length ? undefined : `element ${index.value} of ${length}`;
}
