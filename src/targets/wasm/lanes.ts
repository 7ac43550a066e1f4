import type { Associative, Expr, RegisterType } from "../../ir/expr.ts";
import type { Opcode } from "./opcodes.ts";
import { lanesIn, lanesPerPart, type Printer, partsOf } from "./printer.ts";

/** Which lane accessors a type uses. */
export const laneShape = (dtype: RegisterType): "f32x4" | "f64x2" | "i32x4" =>
  dtype === "f32" ? "f32x4" : dtype === "f64" ? "f64x2" : "i32x4";

/** The 16 bytes of a vector with the same number in each lane. */
export function constantBytes(dtype: RegisterType, values: readonly number[]): readonly number[] {
  switch (dtype) {
    case "f32":
      return [...new Uint8Array(Float32Array.from({ length: 4 }, (_, i) => values[i % values.length]!).buffer)];
    case "f64":
      return [...new Uint8Array(Float64Array.from({ length: 2 }, (_, i) => values[i % values.length]!).buffer)];
    case "bool":
      return constantBytes(
        "i32",
        values.map((value) => (value === 0 ? 0 : -1)),
      );
    case "i32":
    case "u32":
      return [...new Uint8Array(Int32Array.from({ length: 4 }, (_, i) => values[i % values.length]!).buffer)];
  }
}

/** Applies `scalar`, which finds one lane of each argument on the stack, to every lane. Arguments and result have 32-bit lanes or all have f64. */
export function laneByLane(
  printer: Printer,
  args: readonly Expr[],
  part: number,
  dtype: RegisterType,
  scalar: (lane: number) => void,
): void {
  const { code } = printer;
  const [arg, ...rest] = args;
  if (arg !== undefined) {
    printer.scratch("v128", (vector) => {
      printer.value(arg, part);
      code.emit("local.set", vector);
      laneByLane(printer, rest, part, dtype, (lane) => {
        code.emit("local.get", vector, `${laneShape(arg.dtype)}.extract_lane`, lane);
        scalar(lane);
      });
    });
    return;
  }
  code.emit("v128.const", ...constantBytes("i32", [0]));
  for (let lane = 0; lane < lanesPerPart(dtype); lane++) {
    scalar(lane);
    code.emit(`${laneShape(dtype)}.replace_lane`, lane);
  }
}

/** Combines two vectors (or, for bools, masks). */
export function associativeOpcode(instruction: Associative, dtype: RegisterType): Opcode {
  if (dtype === "bool") return instruction === "min" || instruction === "mul" || instruction === "and" ? "v128.and" : "v128.or";
  if (instruction === "and" || instruction === "or") return `v128.${instruction}`;
  if (dtype === "f32" || dtype === "f64") return `${dtype === "f32" ? "f32x4" : "f64x2"}.${instruction}`;
  if (instruction === "add" || instruction === "mul") return `i32x4.${instruction}`;
  return `i32x4.${instruction}_${dtype === "i32" ? "s" : "u"}`;
}

/** All lanes combined pairwise, lane i with lane i + n/2 and so on down, as a scalar. */
export function across(printer: Printer, expr: Expr & { kind: "across" }): void {
  const { code } = printer;
  const { x } = expr;
  const opcode = associativeOpcode(expr.instruction, x.dtype);
  const parts = partsOf(x);
  const halve = (part: number, width: number): void => {
    if (width === parts) {
      printer.value(x, part);
      return;
    }
    halve(part, width * 2);
    halve(part + width, width * 2);
    code.emit(opcode);
  };
  halve(0, 1);
  const laneBytes = 16 / lanesPerPart(x.dtype);
  for (let lanes = lanesIn(x, 0); lanes > 1; lanes /= 2) {
    printer.scratch("v128", (vector) => {
      code.emit("local.tee", vector, "local.get", vector, "local.get", vector);
      code.emit("i8x16.shuffle", ...Array.from({ length: 16 }, (_, i) => (i + (lanes / 2) * laneBytes) % 16), opcode);
    });
  }
  code.emit(`${laneShape(x.dtype)}.extract_lane`, 0);
  if (x.dtype === "bool") booleanOfMask(printer);
}

/** An i32 of -1 or 0, on the stack, as 1 or 0. */
export function booleanOfMask({ code }: Printer): void {
  code.emit("i32.const", 1, "i32.and");
}
