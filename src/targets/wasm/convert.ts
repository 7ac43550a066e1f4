import type { Expr, RegisterType } from "../../ir/expr.ts";
import { isFloating } from "../../ir/expr.ts";
import { constantBytes } from "./lanes.ts";
import type { Opcode } from "./opcodes.ts";
import { type Printer, partsOf } from "./printer.ts";

const signOf = (dtype: RegisterType): "s" | "u" => (dtype === "i32" ? "s" : "u");

export function convert(printer: Printer, expr: Expr & { kind: "convert" }, part: number): void {
  if (expr.how === "bitcast") bitcast(printer, expr, part);
  else if (expr.lanes === 1) castScalar(printer, expr.x, expr.dtype);
  else castVector(printer, expr.x, expr.dtype, part);
}

function bitcast(printer: Printer, { dtype, lanes, x }: Expr & { kind: "convert" }, part: number): void {
  printer.value(x, part);
  if (lanes > 1 || (dtype === "f32") === (x.dtype === "f32")) return;
  printer.code.emit(dtype === "f32" ? "f32.reinterpret_i32" : "i32.reinterpret_f32");
}

function castScalar(printer: Printer, x: Expr, to: RegisterType): void {
  const { code } = printer;
  printer.value(x, 0);
  const from = x.dtype;
  if (to === "bool") {
    const shape = isFloating(from) ? from : "i32";
    code.emit(`${shape}.const`, 0, `${shape}.ne`);
  } else if (isFloating(from)) {
    if (isFloating(to)) code.emit(to === "f32" ? "f32.demote_f64" : "f64.promote_f32");
    else code.emit(`i32.trunc_sat_${from}_${signOf(to)}`);
  } else if (isFloating(to)) {
    code.emit(`${to}.convert_i32_${signOf(from)}`);
  }
}

function castVector(printer: Printer, x: Expr, to: RegisterType, part: number): void {
  const { code } = printer;
  const from = x.dtype;
  if (from === "f64") {
    castFromDouble(printer, x, to, part);
  } else if (to === "f64") {
    // Two doubles come from the lower or the upper half of four narrow lanes.
    printer.value(x, part >> 1);
    if (part % 2 === 1)
      printer.scratch("v128", (vector) => {
        code.emit("local.tee", vector, "local.get", vector, "i8x16.shuffle", ...Array.from({ length: 16 }, (_, i) => (i + 8) % 16));
      });
    if (from === "bool") code.emit("i32x4.neg");
    code.emit(from === "f32" ? "f64x2.promote_low_f32x4" : `f64x2.convert_low_i32x4_${signOf(from)}`);
  } else {
    printer.value(x, part);
    castWord(printer, from, to);
  }
}

/** Casts between types of 32-bit lanes. */
function castWord({ code }: Printer, from: RegisterType, to: RegisterType): void {
  if (to === "bool") {
    code.emit("v128.const", ...constantBytes("i32", [0]), from === "f32" ? "f32x4.ne" : "i32x4.ne");
  } else if (from === "bool") {
    // A mask has all bits set: what is left of them is one.
    code.emit("v128.const", ...constantBytes(to, [1]), "v128.and");
  } else if (from === "f32") {
    code.emit(`i32x4.trunc_sat_f32x4_${signOf(to)}`);
  } else if (to === "f32") {
    code.emit(`f32x4.convert_i32x4_${signOf(from)}`);
  }
}

function castFromDouble(printer: Printer, x: Expr, to: RegisterType, part: number): void {
  const { code } = printer;
  if (to === "bool") {
    joinMasks(printer, x, part, (half) => {
      printer.value(x, half);
      code.emit("v128.const", ...constantBytes("f64", [0]), "f64x2.ne");
    });
    return;
  }
  const opcode: Opcode = to === "f32" ? "f32x4.demote_f64x2_zero" : `i32x4.trunc_sat_f64x2_${signOf(to)}_zero`;
  printer.value(x, 2 * part);
  code.emit(opcode);
  if (2 * part + 1 >= partsOf(x)) return;
  printer.value(x, 2 * part + 1);
  code.emit(opcode, "i8x16.shuffle", ...Array.from({ length: 16 }, (_, i) => (i < 8 ? i : i + 8)));
}

/** Two masks of 64-bit lanes as one of 32-bit lanes. `mask` leaves part number `half` on the stack. */
export function joinMasks({ code }: Printer, wide: Expr, part: number, mask: (half: number) => void): void {
  mask(2 * part);
  if (2 * part + 1 < partsOf(wide)) mask(2 * part + 1);
  else code.emit("v128.const", ...constantBytes("i32", [0]));
  code.emit("i8x16.shuffle", ...[0, 8, 16, 24].flatMap((lane) => [lane, lane + 1, lane + 2, lane + 3]));
}

/** The condition for part number `part` of a value of this type: of vectors a mask. */
export function pushMask(printer: Printer, condition: Expr, dtype: RegisterType, part: number): void {
  const isWide = dtype === "f64" && condition.lanes > 1;
  printer.value(condition, isWide ? part >> 1 : part);
  if (isWide) printer.code.emit(part % 2 === 0 ? "i64x2.extend_low_i32x4_s" : "i64x2.extend_high_i32x4_s");
}
