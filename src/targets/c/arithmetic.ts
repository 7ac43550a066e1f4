import type { Associative } from "../../ir/expr.ts";
import { cNames } from "./lane-type.ts";
import type { Prelude } from "./prelude.ts";
import { block, listed, onGcc, suffix } from "./prelude.ts";

type Lane = "f32" | "f64" | "i32" | "u32";

const isFloat = (lane: Lane): lane is "f32" | "f64" => lane === "f32" || lane === "f64";
/** The integer type whose vectors are masks of this one's. */
const maskLane = (lane: Lane): "i32" | "i64" => (lane === "f64" ? "i64" : "i32");

/** `x` in every lane. Subtracting zero, unlike adding it, keeps the sign of zero. */
export function splatFunction(prelude: Prelude, lane: Lane, lanes: number): string {
  return prelude.use(`splat_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    return block(`${type} ${name}(${cNames[lane]} x)`, `return x - (${type}){};`);
  });
}

/** 0, 1, 2, ... */
export function lanesFunction(prelude: Prelude, lane: Lane, lanes: number): string {
  return prelude.use(`lanes_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    return block(`${type} ${name}(void)`, listed(type, lanes, String));
  });
}

/** `mask ? x : y` for each lane, with a mask of i32. */
export function selectFunction(prelude: Prelude, lane: Lane, lanes: number): string {
  return prelude.use(`select_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    const mask = p.type(maskLane(lane), lanes);
    const widened = lane === "f64" ? `__builtin_convertvector(mask, ${mask})` : "mask";
    return block(
      `${type} ${name}(${p.type("i32", lanes)} mask, ${type} x, ${type} y)`,
      `return (${type})((((${mask})x ^ (${mask})y) & ${widened}) ^ (${mask})y);`,
    );
  });
}

/** `x > y ? x : y` (or `<`): what the machine's own instruction computes. Gives y if either is NaN. */
export function extremeFunction(prelude: Prelude, which: "larger" | "smaller", lane: Lane, lanes: number): string {
  const sign = which === "larger" ? ">" : "<";
  return prelude.use(`${which}_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    const head = `${type} ${name}(${type} x, ${type} y)`;
    if (lanes === 1) return block(head, `return x ${sign} y ? x : y;`);
    const condition = lane === "f64" ? `__builtin_convertvector(x ${sign} y, ${p.type("i32", lanes)})` : `x ${sign} y`;
    const plain = `return ${selectFunction(p, lane, lanes)}(${condition}, x, y);`;
    const builtin = `__builtin_ia32_${which === "larger" ? "max" : "min"}ps`;
    if (lane === "f32" && lanes === 16) return block(head, ...onGcc("__AVX512F__", `return ${builtin}512_mask(x, y, x, -1, 4);`, plain));
    if (lane === "f32" && lanes === 8) return block(head, ...onGcc("__AVX__", `return ${builtin}256(x, y);`, plain));
    if (lane === "f32" && lanes === 4) return block(head, ...onGcc("__SSE__", `return ${builtin}(x, y);`, plain));
    return block(head, plain);
  });
}

/** The larger or smaller of two, NaN if either is NaN. */
export function limitFunction(prelude: Prelude, which: "max" | "min", lane: Lane, lanes: number): string {
  const extreme = which === "max" ? "larger" : "smaller";
  if (!isFloat(lane)) return extremeFunction(prelude, extreme, lane, lanes);
  return prelude.use(`${which}_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    const head = `${type} ${name}(${type} x, ${type} y)`;
    if (lanes === 1) return block(head, `return x ${which === "max" ? ">" : "<"} y || x != x ? x : y;`);
    const nanTest = lane === "f64" ? `__builtin_convertvector(x != x, ${p.type("i32", lanes)})` : "x != x";
    const plain = `return ${selectFunction(p, lane, lanes)}(${nanTest}, x, ${extremeFunction(p, extreme, lane, lanes)}(x, y));`;
    if (lane !== "f32" || lanes !== 16) return block(head, plain);
    // 7 compares "ordered": where x is a number the extreme is taken, elsewhere x stays. Two instructions for five.
    const fast = `return __builtin_ia32_${which}ps512_mask(x, y, x, __builtin_ia32_cmpps512_mask(x, x, 7, -1, 4), 4);`;
    return block(head, ...onGcc("__AVX512F__", fast, plain));
  });
}

const roundings = { sqrt: "sqrt", floor: "floor", ceil: "ceil", trunc: "trunc", round: "rint" } as const;

/** One rounding (or square root) of each lane. GCC and Clang make one instruction of all where the machine has it. */
export function roundingFunction(prelude: Prelude, which: keyof typeof roundings, lane: "f32" | "f64", lanes: number): string {
  const builtin = `__builtin_${roundings[which]}${lane === "f32" ? "f" : ""}`;
  return lanes === 1 ? builtin : eachLane(prelude, which, lane, lanes, (x) => `${builtin}(${x})`);
}

/** `|x|`. */
export function absFunction(prelude: Prelude, lane: "f32" | "f64" | "i32", lanes: number): string {
  return prelude.use(`abs_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    const head = `${type} ${name}(${type} x)`;
    if (lane === "i32") return lanes === 1 ? block(head, "return x < 0 ? -x : x;") : block(head, "return (x ^ (x >> 31)) - (x >> 31);");
    if (lanes === 1) return block(head, `return __builtin_fabs${lane === "f32" ? "f" : ""}(x);`);
    const bits = lane === "f32" ? "0x7fffffff" : "0x7fffffffffffffffLL";
    return block(head, `return (${type})((${p.type(maskLane(lane), lanes)})x & ${bits});`);
  });
}

/** Integer division and remainder where dividing by zero gives 0 and nothing traps; the floats' remainder is C's. */
export function divisionFunction(prelude: Prelude, which: "div" | "rem", lane: Lane, lanes: number): string {
  if (isFloat(lane)) {
    const builtin = `__builtin_fmod${lane === "f32" ? "f" : ""}`;
    return lanes === 1 ? builtin : eachLane(prelude, which, lane, lanes, (x, y) => `${builtin}(${x}, ${y})`);
  }
  const scalar = prelude.use(`${which}_${lane}`, (name) => {
    const head = `${cNames[lane]} ${name}(${cNames[lane]} x, ${cNames[lane]} y)`;
    if (lane === "u32") return block(head, `return y == 0 ? 0 : x ${which === "div" ? "/" : "%"} y;`);
    return block(head, which === "div" ? "return y == 0 ? 0 : y == -1 ? -x : x / y;" : "return y == 0 || y == -1 ? 0 : x % y;");
  });
  return lanes === 1 ? scalar : eachLane(prelude, which, lane, lanes, (x, y) => `${scalar}(${x}, ${y})`);
}

function eachLane(prelude: Prelude, what: string, lane: Lane, lanes: number, spell: (x: string, y: string) => string): string {
  const isBinary = spell("", "y").includes("y");
  return prelude.use(`${what}_${suffix(lane, lanes)}`, (name, p) => {
    const type = p.type(lane, lanes);
    const head = `${type} ${name}(${type} x${isBinary ? `, ${type} y` : ""})`;
    return block(
      head,
      listed(type, lanes, (k) => spell(`x[${k}]`, `y[${k}]`)),
    );
  });
}

/** Float to integer: truncates, saturates, and takes NaN to 0. */
export function truncateFunction(prelude: Prelude, to: "i32" | "u32", from: "f32" | "f64", lanes: number): string {
  return prelude.use(`${to}_from_${suffix(from, lanes)}`, (name, p) => {
    const [type, source] = [p.type(to, lanes), p.type(from, lanes)];
    const head = `${type} ${name}(${source} x)`;
    const f = from === "f32" ? "f" : "";
    const [low, high, limit] =
      to === "i32" ? ["(-2147483647 - 1)", "2147483647", `2147483648.0${f}`] : ["0u", "4294967295u", `4294967296.0${f}`];
    if (lanes === 1) {
      const below = to === "i32" ? `-2147483648.0${f}` : `0.0${f}`;
      return block(head, `return x != x ? 0 : x >= ${limit} ? ${high} : x < ${below} ? ${low} : (${type})x;`);
    }
    const plain = wideTruncated(p, to, from, lanes);
    const converts = {
      16: ["__AVX512F__", "cvttps2dq512_mask(x, r, -1, 4)"],
      8: ["__AVX__", "cvttps2dq256(x)"],
      4: ["__SSE2__", "cvttps2dq(x)"],
    } as const;
    if (to === "u32" || from === "f64" || !(lanes in converts)) return block(head, ...plain);
    const [feature, call] = converts[lanes as keyof typeof converts];
    // The instruction gives the smallest integer for all that doesn't fit: flip its bits where x is too large, clear them where it is NaN.
    const fast = [`${type} r = {};`, `r = __builtin_ia32_${call};`, `r ^= x >= ${limit};`, "return r & (x == x);"];
    return block(head, `#ifdef ${feature}`, ...fast, "#else", ...plain, "#endif");
  });
}

/** All lanes at once: those that fit are converted, the others' limits masked in. */
function wideTruncated(p: Prelude, to: "i32" | "u32", from: "f32" | "f64", lanes: number): string[] {
  const [type, mask] = [p.type(to, lanes), p.type(maskLane(from), lanes)];
  const f = from === "f32" ? "f" : "";
  const [low, limit] = to === "i32" ? [`-2147483648.0${f}`, `2147483648.0${f}`] : [`0.0${f}`, `4294967296.0${f}`];
  const where = (condition: string): string =>
    from === "f32" ? `(${type})(${condition})` : `__builtin_convertvector(${condition}, ${type})`;
  return [
    `${mask} fits = (x >= ${low}) & (x < ${limit});`,
    `${type} result = __builtin_convertvector((${p.type(from, lanes)})((${mask})x & fits), ${type});`,
    ...(to === "u32"
      ? [`return result | ${where(`x >= ${limit}`)};`]
      : [`return result | (${where(`x < ${low}`)} & (-2147483647 - 1)) | (${where(`x >= ${limit}`)} & 2147483647);`]),
  ];
}

/** The 32 bits of one number as another type. */
export function bitcastFunction(prelude: Prelude, to: Lane, from: Lane): string {
  return prelude.use(`${to}_bits_of_${from}`, (name) =>
    block(`${cNames[to]} ${name}(${cNames[from]} x)`, `${cNames[to]} bits;`, "__builtin_memcpy(&bits, &x, 4);", "return bits;"),
  );
}

const combine: Readonly<Record<Associative, (p: Prelude, lane: Lane, lanes: number, x: string, y: string) => string>> = {
  add: (_, __, ___, x, y) => `${x} + ${y}`,
  mul: (_, __, ___, x, y) => `${x} * ${y}`,
  or: (_, __, ___, x, y) => `${x} | ${y}`,
  and: (_, __, ___, x, y) => `${x} & ${y}`,
  min: (p, lane, lanes, x, y) => `${limitFunction(p, "min", lane, lanes)}(${x}, ${y})`,
  max: (p, lane, lanes, x, y) => `${limitFunction(p, "max", lane, lanes)}(${x}, ${y})`,
};

/** All lanes combined, the lower half with the upper half until one is left. */
export function acrossFunction(prelude: Prelude, instruction: Associative, lane: Lane, lanes: number): string {
  return prelude.use(`${instruction}_across_${suffix(lane, lanes)}`, (name, p) => {
    const half = lanes / 2;
    const head = `${cNames[lane]} ${name}(${p.type(lane, lanes)} x)`;
    if (half === 1) return block(head, `return ${combine[instruction](p, lane, 1, "x[0]", "x[1]")};`);
    const type = p.type(lane, half);
    const rest = acrossFunction(p, instruction, lane, half);
    return block(
      head,
      `const ${type} *h = (const ${type} *)&x;`,
      `return ${rest}(${combine[instruction](p, lane, half, "h[0]", "h[1]")});`,
    );
  });
}
