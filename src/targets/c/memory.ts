import type { LaneType } from "./lane-type.ts";
import { cNames, laneBytes } from "./lane-type.ts";
import type { Prelude } from "./prelude.ts";
import { block, listed, onGcc, suffix } from "./prelude.ts";

/**
 * `p[index[k]]` for each lane. Where one instruction does it, it takes a third of the time (the transposed copy of 100x100: 6.9 -> 2.1 us). It
 * is no faster on AMD's processors, and slow on Intel's before Sapphire Rapids, whose microcode makes it safe: those that have AVX512-FP16
 * are neither.
 */
export function gatherFunction(prelude: Prelude, lane: LaneType, lanes: number): string {
  return prelude.use(`gather_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    const head = `${type} ${name}(const ${cNames[lane]} *p, ${p.type("i32", lanes)} index)`;
    const plain = listed(type, lanes, (k) => `p[index[${k}]]`);
    if (laneBytes[lane] !== 4 || lanes !== 16) return block(head, plain);
    const floats = p.type("f32", lanes);
    return block(head, ...onGcc("__AVX512FP16__", `return (${type})__builtin_ia32_gathersiv16sf((${floats}){}, p, index, -1, 4);`, plain));
  });
}

/** `p[index[k]] = x[k]` for the first lanes, in order. */
export function scatterFunction(prelude: Prelude, lane: LaneType, lanes: number): string {
  return prelude.use(`scatter_${suffix(lane, lanes)}`, (name, p) =>
    block(
      `void ${name}(${cNames[lane]} *p, ${p.type("i32", lanes)} index, ${p.type(lane, lanes)} x, int count)`,
      "for (int k = 0; k < count; k++) p[index[k]] = x[k];",
    ),
  );
}

/** Stores the first lanes and touches nothing after them. `count` is a literal, so that the copy is a few moves. */
export function putFunction(prelude: Prelude, lane: LaneType, lanes: number): string {
  return prelude.use(`put_${suffix(lane, lanes)}`, (name, p) => {
    const head = `void ${name}(${cNames[lane]} *p, ${p.type(lane, lanes)} x, int count)`;
    const plain = `__builtin_memcpy(p, &x, count * ${laneBytes[lane]});`;
    const masked = maskedStore(p, lane, lanes);
    return masked === undefined ? block(head, plain) : block(head, `#ifdef ${masked.feature}`, masked.call, "#else", plain, "#endif");
  });
}

function maskedStore(p: Prelude, lane: LaneType, lanes: number): { feature: string; call: string } | undefined {
  const bits = laneBytes[lane] * 8 * lanes;
  if (laneBytes[lane] < 4 || (bits !== 512 && bits !== 256)) return undefined;
  const float = laneBytes[lane] === 8 ? "f64" : "f32";
  const builtin = `__builtin_ia32_store${float === "f64" ? "upd" : "ups"}${bits}_mask`;
  const value = lane === float ? "x" : `(${p.type(float, lanes)})x`;
  // GCC and Clang differ in what the pointer points to.
  return { feature: bits === 512 ? "__AVX512F__" : "__AVX512VL__", call: `${builtin}((void *)p, ${value}, (1u << count) - 1);` };
}

/** Narrow unsigned elements as 32-bit ones. */
export function widenFunction(prelude: Prelude, lane: "u8" | "u16", lanes: number): string {
  return prelude.use(`widen_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.vector("u32", lanes);
    const head = `${type} ${name}(${p.vector(lane, lanes)} x)`;
    const plain = `return __builtin_convertvector(x, ${type});`;
    // GCC converts bytes to words one at a time; 9 instructions become 1.
    const bytes16 = "char __attribute__((vector_size(16)))";
    if (lane === "u8" && lanes === 16)
      return block(
        head,
        ...onGcc("__AVX512F__", `return (${type})__builtin_ia32_pmovzxbd512_mask((${bytes16})x, (${p.type("i32", 16)}){}, -1);`, plain),
      );
    if (lane === "u8" && lanes > 1)
      return block(head, `return __builtin_convertvector(__builtin_convertvector(x, ${p.vector("u16", lanes)}), ${type});`);
    return block(head, plain);
  });
}

/** The low bits of 32-bit elements. */
export function narrowFunction(prelude: Prelude, lane: "u8" | "u16", lanes: number): string {
  return prelude.use(`narrow_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.vector(lane, lanes);
    const head = `${type} ${name}(${p.vector("u32", lanes)} x)`;
    if (lane === "u16") return block(head, `return __builtin_convertvector(x, ${type});`);
    const plain = listed(type, lanes, (k) => `x[${k}]`);
    if (lanes !== 16) return block(head, plain);
    const bytes16 = "char __attribute__((vector_size(16)))";
    return block(
      head,
      ...onGcc("__AVX512F__", `return (${type})__builtin_ia32_pmovdb512_mask((${p.type("i32", 16)})x, (${bytes16}){}, -1);`, plain),
    );
  });
}

/** The value of two-byte floats: exact, since each is a float of single precision. */
export function expandFunction(prelude: Prelude, from: "f16" | "bf16", lanes: number): string {
  return prelude.use(`f32_from_${from}x${lanes}`, (name, p) => {
    const [f32, u32] = [p.vector("f32", lanes), p.vector("u32", lanes)];
    const head = `${f32} ${name}(${p.vector("u16", lanes)} x)`;
    const bits = `${u32} bits = ${widenFunction(p, "u16", lanes)}(x);`;
    if (from === "bf16") return block(head, bits, `return (${f32})(bits << 16);`);
    return block(
      head,
      bits,
      `${u32} exponent = bits & 0x7c00;`,
      `${u32} magnitude = ((bits & 0x7fff) << 13) + 0x38000000;`,
      `${u32} special = (${u32})(exponent == 0x7c00);`,
      `${u32} small = (${u32})(exponent == 0);`,
      "magnitude += special & 0x38000000;",
      // A half's subnormal is m * 2^-24: (1 + m / 2^10) * 2^-14 less 2^-14, which no flushing of subnormals disturbs.
      `${u32} tiny = (${u32})((${f32})(magnitude + 0x00800000) - 0x1p-14f);`,
      `return (${f32})(((magnitude & ~small) | (tiny & small)) | ((bits & 0x8000) << 16));`,
    );
  });
}

/** The nearest two-byte float, the even one on a tie; what is too large becomes infinity, NaN stays NaN. */
export function shrinkFunction(prelude: Prelude, to: "f16" | "bf16", lanes: number): string {
  return prelude.use(`${to}_from_f32x${lanes}`, (name, p) => {
    const [f32, u32, u16] = [p.vector("f32", lanes), p.vector("u32", lanes), p.vector("u16", lanes)];
    const head = `${u16} ${name}(${f32} x)`;
    const narrow = narrowFunction(p, "u16", lanes);
    const bits = `${u32} bits = (${u32})x;`;
    const nanTest = `${u32} nan = (${u32})((bits & 0x7fffffff) > 0x7f800000);`;
    if (to === "bf16") {
      const plain = [
        bits,
        nanTest,
        `${u32} rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;`,
        `return ${narrow}((((bits >> 16) | 0x40) & nan) | (rounded & ~nan));`,
      ];
      if (lanes !== 16) return block(head, ...plain);
      return block(head, ...onGcc("__AVX512BF16__", `return (${u16})__builtin_ia32_cvtneps2bf16_v16sf(x);`, ...plain));
    }
    return block(
      head,
      bits,
      nanTest,
      `${u32} magnitude = bits & 0x7fffffff;`,
      `${u32} huge = (${u32})(magnitude >= 0x47800000);`,
      `${u32} small = (${u32})(magnitude < 0x38800000);`,
      `${u32} rounded = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;`,
      // Adding 1/2 leaves the bits of a subnormal half, rounded by the addition itself.
      `${u32} tiny = (${u32})((${f32})magnitude + 0.5f) - 0x3f000000;`,
      `${u32} result = (rounded & ~small) | (tiny & small);`,
      "result = (result & ~huge) | ((0x7c00 | (nan & 0x200)) & huge);",
      `return ${narrow}(result | ((bits >> 16) & 0x8000));`,
    );
  });
}
