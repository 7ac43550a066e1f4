/** What follows an opcode in the binary format. `memory` is a constant offset, `memoryLane` an offset and a lane. */
export type Immediate = "none" | "block" | "index" | "i32" | "f32" | "f64" | "memory" | "atomic" | "memoryLane" | "lane" | "bytes";

type Encoding = readonly [code: number, immediate: Immediate];
type Words<Text extends string, Found = never> = Text extends `${infer Word} ${infer Rest}` ? Words<Rest, Found | Word> : Found | Text;

/** Instructions of one type whose codes follow each other from `first` on. */
function row<Type extends string, const Names extends string>(
  type: Type,
  first: number,
  names: Names,
  immediate: Immediate = "none",
): Record<`${Type}.${Words<Names> & string}`, Encoding> {
  const entries = names.split(" ").map((name, i) => [`${type}.${name}`, [first + i, immediate]]);
  return Object.fromEntries(entries) as Record<string, Encoding>;
}

/** Saturating conversions are spelled with the prefix 0xfc, vector instructions with 0xfd, atomic ones with 0xfe. */
const saturating = 0xfc000;
const vector = 0xfd000;
const atomic = 0xfe000;

const compareIntegers = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const compareFloats = "eq ne lt gt le ge";
const floatArithmetic = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign";
const vectorArithmetic = "sqrt add sub mul div min max pmin pmax";
const oneLane = "extract_lane replace_lane";

/**
 * The instructions our printer uses (and some that lie between them), by their names in the text format.
 * Source: WebAssembly specification, binary format; relaxed SIMD proposal, overview.
 */
export const opcodes = {
  unreachable: [0x00, "none"],
  block: [0x02, "block"],
  loop: [0x03, "block"],
  if: [0x04, "block"],
  end: [0x0b, "none"],
  br: [0x0c, "index"],
  br_if: [0x0d, "index"],
  return: [0x0f, "none"],
  call: [0x10, "index"],
  select: [0x1b, "none"],
  ...row("local", 0x20, "get set tee", "index"),
  "i32.load": [0x28, "memory"],
  "f32.load": [0x2a, "memory"],
  "f64.load": [0x2b, "memory"],
  ...row("i32", 0x2c, "load8_s load8_u load16_s load16_u", "memory"),
  "i32.store": [0x36, "memory"],
  "f32.store": [0x38, "memory"],
  "f64.store": [0x39, "memory"],
  ...row("i32", 0x3a, "store8 store16", "memory"),
  "i32.const": [0x41, "i32"],
  "f32.const": [0x43, "f32"],
  "f64.const": [0x44, "f64"],
  ...row("i32", 0x45, `eqz ${compareIntegers}`),
  ...row("f32", 0x5b, compareFloats),
  ...row("f64", 0x61, compareFloats),
  ...row("i32", 0x6a, "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u"),
  ...row("f32", 0x8b, floatArithmetic),
  ...row("f64", 0x99, floatArithmetic),
  ...row("f32", 0xb2, "convert_i32_s convert_i32_u convert_i64_s convert_i64_u demote_f64"),
  ...row("f64", 0xb7, "convert_i32_s convert_i32_u convert_i64_s convert_i64_u promote_f32"),
  ...row("i32", 0xbc, "reinterpret_f32"),
  ...row("f32", 0xbe, "reinterpret_i32"),
  ...row("i32", saturating, "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"),
  ...row("v128", vector, "load", "memory"),
  ...row("v128", vector + 0x09, "load32_splat load64_splat store", "memory"),
  ...row("v128", vector + 0x0c, "const", "bytes"),
  ...row("i8x16", vector + 0x0d, "shuffle", "bytes"),
  ...row("i32x4", vector + 0x11, "splat"),
  ...row("f32x4", vector + 0x13, "splat"),
  ...row("f64x2", vector + 0x14, "splat"),
  ...row("i32x4", vector + 0x1b, oneLane, "lane"),
  ...row("f32x4", vector + 0x1f, oneLane, "lane"),
  ...row("f64x2", vector + 0x21, oneLane, "lane"),
  ...row("i32x4", vector + 0x37, compareIntegers),
  ...row("f32x4", vector + 0x41, compareFloats),
  ...row("f64x2", vector + 0x47, compareFloats),
  ...row("v128", vector + 0x4d, "not and andnot or xor bitselect any_true"),
  ...row("v128", vector + 0x56, "load32_lane load64_lane store8_lane store16_lane store32_lane store64_lane", "memoryLane"),
  ...row("v128", vector + 0x5c, "load32_zero load64_zero", "memory"),
  ...row("f32x4", vector + 0x5e, "demote_f64x2_zero"),
  ...row("f64x2", vector + 0x5f, "promote_low_f32x4"),
  ...row("f32x4", vector + 0x67, "ceil floor trunc nearest"),
  ...row("f64x2", vector + 0x74, "ceil floor"),
  ...row("f64x2", vector + 0x7a, "trunc"),
  ...row("i16x8", vector + 0x89, "extend_low_i8x16_u"),
  ...row("f64x2", vector + 0x94, "nearest"),
  ...row("i32x4", vector + 0xa0, "abs neg"),
  ...row("i32x4", vector + 0xa9, "extend_low_i16x8_u"),
  ...row("i32x4", vector + 0xab, "shl shr_s shr_u add"),
  ...row("i32x4", vector + 0xb1, "sub"),
  ...row("i32x4", vector + 0xb5, "mul min_s min_u max_s max_u"),
  ...row("i64x2", vector + 0xc7, "extend_low_i32x4_s extend_high_i32x4_s"),
  ...row("f32x4", vector + 0xe0, "abs neg"),
  ...row("f32x4", vector + 0xe3, vectorArithmetic),
  ...row("f64x2", vector + 0xec, "abs neg"),
  ...row("f64x2", vector + 0xef, vectorArithmetic),
  ...row("i32x4", vector + 0xf8, "trunc_sat_f32x4_s trunc_sat_f32x4_u"),
  ...row("f32x4", vector + 0xfa, "convert_i32x4_s convert_i32x4_u"),
  ...row("i32x4", vector + 0xfc, "trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero"),
  ...row("f64x2", vector + 0xfe, "convert_low_i32x4_s convert_low_i32x4_u"),
  ...row("f32x4", vector + 0x105, "relaxed_madd relaxed_nmadd"),
  ...row("f64x2", vector + 0x107, "relaxed_madd relaxed_nmadd"),
  ...row("i64", 0xad, "extend_i32_u"),
  ...row("memory", atomic, "atomic.notify atomic.wait32", "atomic"),
  ...row("i32", atomic + 0x10, "atomic.load", "atomic"),
  ...row("i32", atomic + 0x17, "atomic.store", "atomic"),
  ...row("i32", atomic + 0x1e, "atomic.rmw.add", "atomic"),
  ...row("i32", atomic + 0x48, "atomic.rmw.cmpxchg", "atomic"),
} as const satisfies Record<string, Encoding>;

export type Opcode = keyof typeof opcodes;
