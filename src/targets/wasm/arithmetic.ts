import { GradsmithError } from "../../core/errors.ts";
import type { Apply, Basic, Expr, Instruction, RegisterType } from "../../ir/expr.ts";
import { isFloating } from "../../ir/expr.ts";
import { joinMasks, pushMask } from "./convert.ts";
import { divideIntegers, floatRemainder } from "./divide.ts";
import { associativeOpcode, constantBytes, laneByLane } from "./lanes.ts";
import type { Opcode } from "./opcodes.ts";
import type { Printer } from "./printer.ts";

/** Leaves part number `part` of an instruction's result on the stack. */
export function applyInstruction(printer: Printer, expr: Apply, part: number): void {
  const spelling = isBasic(expr.instruction) ? spellings[expr.instruction] : undefined;
  if (spelling === undefined) {
    throw new GradsmithError("internal", "wasm", `${expr.instruction} must be expanded into basic instructions first.`);
  }
  spelling(printer, expr, part);
}

type Spelling = (printer: Printer, expr: Apply, part: number) => void;

const isBasic = (instruction: Instruction): instruction is Basic => Object.hasOwn(spellings, instruction);

const floatShape = (dtype: "f32" | "f64", lanes: number): "f32" | "f64" | "f32x4" | "f64x2" =>
  lanes === 1 ? dtype : dtype === "f32" ? "f32x4" : "f64x2";
const integerShape = (lanes: number): "i32" | "i32x4" => (lanes === 1 ? "i32" : "i32x4");
const signOf = (dtype: RegisterType): "s" | "u" => (dtype === "i32" ? "s" : "u");

function push(printer: Printer, args: readonly Expr[], part: number): void {
  for (const arg of args) printer.value(arg, part);
}

/** Of floats only. On integers rounding changes nothing. */
const rounding =
  (name: "floor" | "ceil" | "trunc" | "nearest"): Spelling =>
  (printer, expr, part) => {
    push(printer, expr.args, part);
    if (isFloating(expr.dtype)) printer.code.emit(`${floatShape(expr.dtype, expr.lanes)}.${name}`);
  };

const arithmetic =
  (name: "add" | "sub" | "mul"): Spelling =>
  (printer, expr, part) => {
    push(printer, expr.args, part);
    if (isFloating(expr.dtype)) printer.code.emit(`${floatShape(expr.dtype, expr.lanes)}.${name}`);
    else if (expr.dtype !== "bool") printer.code.emit(`${integerShape(expr.lanes)}.${name}`);
    else printer.code.emit(booleanArithmetic(name, expr.lanes));
  };

const booleanArithmetic = (name: "add" | "sub" | "mul", lanes: number): Opcode =>
  `${lanes === 1 ? "i32" : "v128"}.${name === "mul" ? "and" : name === "add" ? "or" : "xor"}`;

const bitwise =
  (name: "and" | "or" | "xor"): Spelling =>
  (printer, expr, part) => {
    push(printer, expr.args, part);
    printer.code.emit(`${expr.lanes === 1 ? "i32" : "v128"}.${name}`);
  };

const comparison =
  (name: "lt" | "le" | "eq" | "ne"): Spelling =>
  (printer, expr, part) => {
    const { code } = printer;
    const { dtype } = expr.args[0]!;
    if (dtype === "f64" && expr.lanes > 1) {
      joinMasks(printer, expr.args[0]!, part, (half) => {
        push(printer, expr.args, half);
        code.emit(`f64x2.${name}`);
      });
      return;
    }
    push(printer, expr.args, part);
    if (isFloating(dtype)) code.emit(`${floatShape(dtype, expr.lanes)}.${name}`);
    else if (name === "eq" || name === "ne") code.emit(`${integerShape(expr.lanes)}.${name}`);
    else code.emit(`${integerShape(expr.lanes)}.${name}_${signOf(dtype)}`);
  };

const shift =
  (name: "shl" | "shr"): Spelling =>
  (printer, expr, part) => {
    const { code } = printer;
    const [x, amount] = expr.args as [Expr, Expr];
    const suffix = name === "shl" ? name : (`shr_${signOf(expr.dtype)}` as const);
    if (expr.lanes > 1 && amount.kind === "splat") {
      printer.value(x, part);
      printer.value(amount.x, 0);
      code.emit(`i32x4.${suffix}`);
    } else if (expr.lanes > 1) {
      laneByLane(printer, [amount, x], part, expr.dtype, () => code.emit(`i32.${suffix}`));
    } else {
      push(printer, expr.args, 0);
      code.emit(`i32.${suffix}`);
    }
  };

const extremum =
  (name: "min" | "max"): Spelling =>
  (printer, expr, part) => {
    const { code } = printer;
    const { dtype, lanes } = expr;
    const [x, y] = expr.args as [Expr, Expr];
    if (lanes > 1) {
      if (isFloating(dtype) && (extremumWithConstant(printer, name, [x, y], part) || extremumWithConstant(printer, name, [y, x], part)))
        return;
      push(printer, expr.args, part);
      code.emit(associativeOpcode(name, dtype));
    } else if (isFloating(dtype)) {
      push(printer, expr.args, 0);
      code.emit(`${dtype}.${name}`);
    } else if (dtype === "bool") {
      push(printer, expr.args, 0);
      code.emit(name === "min" ? "i32.and" : "i32.or");
    } else {
      printer.bind(x, (a) =>
        printer.bind(y, (b) => {
          push(printer, name === "min" ? [a, b, a, b] : [b, a, a, b], 0);
          code.emit(`i32.lt_${signOf(dtype)}`, "select");
        }),
      );
    }
  };

/**
 * With a constant that is a number, `pmin` and `pmax` (one machine instruction each; `min` and `max` take eight) keep a NaN on the other
 * side. Only max(-0, 0) would come out as -0: adding 0 mends that.
 */
function extremumWithConstant(printer: Printer, name: "min" | "max", [x, bound]: readonly [Expr, Expr], part: number): boolean {
  if (bound.kind !== "splat" || bound.x.kind !== "constant" || Number.isNaN(bound.x.value)) return false;
  if (name === "min" && Object.is(bound.x.value, -0)) return false;
  const shape = x.dtype === "f32" ? "f32x4" : "f64x2";
  printer.value(x, part);
  printer.value(bound, part);
  printer.code.emit(`${shape}.p${name}`);
  if (name === "max" && Object.is(bound.x.value, 0)) {
    printer.code.emit("v128.const", ...constantBytes(x.dtype, [0]), `${shape}.add`);
  }
  return true;
}

const select: Spelling = (printer, expr, part) => {
  const { code } = printer;
  const [condition, x, y] = expr.args as [Expr, Expr, Expr];
  push(printer, [x, y], part);
  if (expr.lanes === 1) {
    printer.value(condition, 0);
    code.emit("select");
  } else if (condition.kind === "splat") {
    printer.value(condition.x, 0);
    code.emit("select");
  } else {
    pushMask(printer, condition, expr.dtype, part);
    code.emit("v128.bitselect");
  }
};

const fusedMultiplyAdd: Spelling = (printer, expr, part) => {
  const { code } = printer;
  const { dtype, lanes } = expr;
  const [x, y, z] = expr.args as [Expr, Expr, Expr];
  if (printer.relaxedSimd && lanes > 1 && isFloating(dtype)) {
    const negated = x.kind === "apply" && x.instruction === "neg";
    push(printer, [negated ? x.args[0]! : x, y, z], part);
    code.emit(`${dtype === "f32" ? "f32x4" : "f64x2"}.relaxed_${negated ? "nmadd" : "madd"}`);
    return;
  }
  push(printer, [x, y], part);
  code.emit(isFloating(dtype) ? `${floatShape(dtype, lanes)}.mul` : `${integerShape(lanes)}.mul`);
  printer.value(z, part);
  code.emit(isFloating(dtype) ? `${floatShape(dtype, lanes)}.add` : `${integerShape(lanes)}.add`);
};

const not: Spelling = (printer, expr, part) => {
  const { code } = printer;
  push(printer, expr.args, part);
  if (expr.lanes > 1) {
    code.emit("v128.not");
  } else if (expr.dtype === "bool") {
    code.emit("i32.eqz");
  } else {
    code.emit("i32.const", -1, "i32.xor");
  }
};

const negate: Spelling = (printer, expr, part) => {
  const { code } = printer;
  if (isFloating(expr.dtype) || expr.lanes > 1) {
    push(printer, expr.args, part);
    code.emit(isFloating(expr.dtype) ? `${floatShape(expr.dtype, expr.lanes)}.neg` : "i32x4.neg");
    return;
  }
  code.emit("i32.const", 0);
  push(printer, expr.args, part);
  code.emit("i32.sub");
};

const absolute: Spelling = (printer, expr, part) => {
  const { code } = printer;
  const { dtype, lanes } = expr;
  const x = expr.args[0]!;
  if (isFloating(dtype)) {
    printer.value(x, part);
    code.emit(`${floatShape(dtype, lanes)}.abs`);
  } else if (dtype !== "i32") {
    printer.value(x, part);
  } else if (lanes > 1) {
    printer.value(x, part);
    code.emit("i32x4.abs");
  } else {
    printer.bind(x, (name) => {
      code.emit("i32.const", 0);
      printer.value(name, 0);
      code.emit("i32.sub");
      printer.value(name, 0);
      printer.value(name, 0);
      code.emit("i32.const", 0, "i32.lt_s", "select");
    });
  }
};

const squareRoot: Spelling = (printer, expr, part) => {
  push(printer, expr.args, part);
  printer.code.emit(`${floatShape(expr.dtype as "f32" | "f64", expr.lanes)}.sqrt`);
};

const divide: Spelling = (printer, expr, part) => {
  if (!isFloating(expr.dtype)) {
    divideIntegers(printer, expr, part);
    return;
  }
  push(printer, expr.args, part);
  printer.code.emit(`${floatShape(expr.dtype, expr.lanes)}.div`);
};

const remainder: Spelling = (printer, expr, part) =>
  isFloating(expr.dtype) ? floatRemainder(printer, expr, part) : divideIntegers(printer, expr, part);

const spellings: Readonly<Record<Basic, Spelling>> = {
  neg: negate,
  abs: absolute,
  sqrt: squareRoot,
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  trunc: rounding("trunc"),
  round: rounding("nearest"),
  not,
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  div: divide,
  rem: remainder,
  min: extremum("min"),
  max: extremum("max"),
  less: comparison("lt"),
  lessEqual: comparison("le"),
  equal: comparison("eq"),
  notEqual: comparison("ne"),
  and: bitwise("and"),
  or: bitwise("or"),
  xor: bitwise("xor"),
  shl: shift("shl"),
  shr: shift("shr"),
  select,
  fma: fusedMultiplyAdd,
};
