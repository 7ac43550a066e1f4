import type { DType } from "../../core/dtype.ts";
import type { RegisterType } from "../../ir/expr.ts";

/** What a vector's lanes can be in printed C: register types, masks of wider floats, and narrow storage. */
export type LaneType = "f32" | "f64" | "i32" | "u32" | "i64" | "u16" | "u8";

export const cNames: Readonly<Record<LaneType, string>> = {
  f32: "float",
  f64: "double",
  i32: "int",
  u32: "unsigned",
  i64: "long long",
  u16: "unsigned short",
  u8: "unsigned char",
};
export const laneBytes: Readonly<Record<LaneType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, i64: 8, u16: 2, u8: 1 };

/** How registers are spelled. A vector of bools is a mask of -1 and 0, a single bool an int of 1 or 0. */
export const registerLane: Readonly<Record<RegisterType, "f32" | "f64" | "i32" | "u32">> = {
  f32: "f32",
  f64: "f64",
  i32: "i32",
  u32: "u32",
  bool: "i32",
};

/** How elements lie in memory. */
export const storageLane: Readonly<Record<DType, LaneType>> = {
  f32: "f32",
  f64: "f64",
  f16: "u16",
  bf16: "u16",
  i32: "i32",
  u32: "u32",
  u8: "u8",
  bool: "u8",
};

export const isFloatRegister = (dtype: RegisterType): dtype is "f32" | "f64" => dtype === "f32" || dtype === "f64";
