import type { Expr, RegisterType } from "../../ir/expr.ts";
import type { WasmFunction } from "./function.ts";
import { FunctionBuilder } from "./function.ts";
import { laneByLane } from "./lanes.ts";
import type { Printer } from "./printer.ts";

/** Integer quotients and remainders, by zero 0, without the traps of the machine's instructions. */
export function divideIntegers(printer: Printer, expr: Expr & { kind: "apply" }, part: number): void {
  const [x, y] = expr.args as [Expr, Expr];
  const divisor = constantOf(y);
  const known = divisor !== undefined && divisor !== 0 && divisor !== -1;
  const scalar = (): void => divide(printer, expr.instruction as "div" | "rem", expr.dtype, known);
  if (expr.lanes === 1) {
    printer.value(x, 0);
    printer.value(y, 0);
    scalar();
  } else if (known) {
    laneByLane(printer, [x], part, expr.dtype, () => {
      printer.code.emit("i32.const", divisor);
      scalar();
    });
  } else {
    laneByLane(printer, [y, x], part, expr.dtype, scalar);
  }
}

const constantOf = (expr: Expr): number | undefined =>
  expr.kind === "constant" ? expr.value | 0 : expr.kind === "splat" ? constantOf(expr.x) : undefined;

/** Dividend and divisor are on the stack. */
function divide(printer: Printer, instruction: "div" | "rem", dtype: RegisterType, known: boolean): void {
  const { code } = printer;
  const opcode = `i32.${instruction}_${dtype === "i32" ? "s" : "u"}` as const;
  if (known) {
    code.emit(opcode);
    return;
  }
  printer.scratch("i32", (x) =>
    printer.scratch("i32", (y) => {
      code.emit("local.set", y, "local.set", x);
      if (instruction === "rem") {
        // x rem (y + (y = 0)): by zero becomes by one.
        code.emit("local.get", x);
        safeDivisor(printer, y);
        code.emit(opcode);
        return;
      }
      if (dtype === "i32") {
        // For a divisor of 0 or -1 the quotient we want is x · y.
        code.emit("local.get", x, "local.get", y, "i32.mul");
        code.emit("local.get", x, "i32.const", 1, "local.get", y);
        special(printer, y);
        code.emit("select", opcode);
        special(printer, y);
        code.emit("select");
        return;
      }
      code.emit("local.get", x);
      safeDivisor(printer, y);
      code.emit(opcode, "i32.const", 0, "local.get", y, "select");
    }),
  );
}

function safeDivisor({ code }: Printer, y: number): void {
  code.emit("local.get", y, "local.get", y, "i32.eqz", "i32.add");
}

/** Whether the divisor is 0 or -1. */
function special({ code }: Printer, y: number): void {
  code.emit("local.get", y, "i32.const", 1, "i32.add", "i32.const", 1, "i32.le_u");
}

/** The remainder of floats, with the sign of the dividend, through f64. */
export function floatRemainder(printer: Printer, expr: Expr & { kind: "apply" }, part: number): void {
  const { code } = printer;
  const [x, y] = expr.args as [Expr, Expr];
  if (expr.dtype === "f64") {
    if (expr.lanes > 1) {
      laneByLane(printer, [y, x], part, "f64", () => callRemainder(printer));
      return;
    }
    printer.value(x, 0);
    printer.value(y, 0);
    callRemainder(printer);
    return;
  }
  const remainder = (): void => {
    printer.scratch("f32", (divisor) => {
      code.emit("local.set", divisor, "f64.promote_f32", "local.get", divisor);
    });
    code.emit("f64.promote_f32");
    callRemainder(printer);
    code.emit("f32.demote_f64");
  };
  if (expr.lanes > 1) {
    laneByLane(printer, [y, x], part, "f32", remainder);
    return;
  }
  printer.value(x, 0);
  printer.value(y, 0);
  remainder();
}

const callRemainder = (printer: Printer): void => printer.call("remainder", remainderFunction);

/** `fmod` by long division, exact: multiples of |y| by powers of two are taken off |x| from the largest down. */
function remainderFunction(): WasmFunction {
  const code = new FunctionBuilder("remainder", ["f64", "f64"], ["f64"]);
  const [x, y] = [0, 1];
  const [rest, divisor, multiple] = [code.take("f64"), code.take("f64"), code.take("f64")];
  code.emit("local.get", x, "f64.abs", "local.set", rest);
  code.emit("local.get", y, "f64.abs", "local.tee", divisor, "local.set", multiple);
  // Not a number for x infinite, y zero, or either of them not a number.
  code.emit(
    "local.get",
    rest,
    "f64.const",
    Number.MAX_VALUE,
    "f64.le",
    "f64.const",
    0,
    "local.get",
    divisor,
    "f64.lt",
    "i32.and",
    "i32.eqz",
  );
  code.emit("if", "f64.const", Number.NaN, "return", "end");
  code.emit("local.get", rest, "local.get", divisor, "f64.lt");
  code.emit("if", "local.get", x, "return", "end");
  // While 2 · multiple <= rest. The difference is exact where it matters.
  code.emit("block", "loop");
  code.emit("local.get", multiple, "local.get", rest, "local.get", multiple, "f64.sub", "f64.le", "i32.eqz", "br_if", 1);
  code.emit("local.get", multiple, "local.get", multiple, "f64.add", "local.set", multiple);
  code.emit("br", 0, "end", "end");
  code.emit("loop");
  code.emit("local.get", multiple, "local.get", rest, "f64.le");
  code.emit("if", "local.get", rest, "local.get", multiple, "f64.sub", "local.set", rest, "end");
  code.emit("local.get", divisor, "local.get", multiple, "f64.const", 0.5, "f64.mul", "local.tee", multiple, "f64.le");
  code.emit("br_if", 0, "end");
  code.emit("local.get", rest, "local.get", x, "f64.copysign");
  return code.finish();
}
