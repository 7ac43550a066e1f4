import type { Expr, Local, RegisterType } from "../../ir/expr.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { FunctionBuilder, ValueType, WasmFunction } from "./function.ts";
import type { Linear } from "./linear.ts";

/** What the parts of the kernel printer share. Values wider than 16 bytes are computed in parts of one v128 each. */
export interface Printer {
  readonly kernel: Kernel;
  readonly code: FunctionBuilder;
  readonly relaxedSimd: boolean;
  /** Leaves part number `part` of a value on the stack. */
  value(expr: Expr, part: number): void;
  /** Leaves an address for the element at `index` of a buffer on the stack and returns the constant offset to add in the access. */
  address(buffer: number, index: Linear): number;
  linear(index: Expr): Linear | undefined;
  /** Gives `use` an expression that names the value, computed once. */
  bind(expr: Expr, use: (name: Local) => void): void;
  /** Gives `use` a local of this type that nobody else writes to meanwhile. */
  scratch(type: ValueType, use: (index: number) => void): void;
  /** Calls the function of this name, which is made at its first call in the module. */
  call(name: string, make: () => WasmFunction): void;
}

/** Lanes that fit into one v128. Bools are masks as wide as an i32. */
export const lanesPerPart = (dtype: RegisterType): number => (dtype === "f64" ? 2 : 4);

/** How many v128 (or scalars) a value takes. */
export const partsOf = (expr: { readonly dtype: RegisterType; readonly lanes: number }): number =>
  Math.ceil(expr.lanes / lanesPerPart(expr.dtype));

export function valueTypeOf(expr: { readonly dtype: RegisterType; readonly lanes: number }): ValueType {
  if (expr.lanes > 1) return "v128";
  return expr.dtype === "f32" || expr.dtype === "f64" ? expr.dtype : "i32";
}

/** How many of a value's lanes are in part number `part`. */
export const lanesIn = (expr: { readonly dtype: RegisterType; readonly lanes: number }, part: number): number =>
  Math.min(lanesPerPart(expr.dtype), expr.lanes - part * lanesPerPart(expr.dtype));
