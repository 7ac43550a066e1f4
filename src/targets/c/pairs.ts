import { blockSize } from "../../ir/kernel.ts";
import type { Prelude } from "./prelude.ts";
import { block } from "./prelude.ts";

/** The operands of a product of pairs, as functions take them; strides are in pairs. */
export const pairOperands = "const unsigned *left, long left_stride, const unsigned *right, long right_stride";

/** Lanes of the registers that sums are kept in, where it isn't ARM's instruction that makes them, and how many rows of two. */
const lanes = 16;
const rowsAtOnce = 8;
/** Rows and columns that ARM's instruction makes of four registers and four, sixteen times two by two. */
const armTile = 8;

const onArm = "#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)";

/** One turn of a block: what rows of pairs times columns of pairs come to is added to its sums. */
export function multiplyPairs(prelude: Prelude, rows: number, columns: number): string[] {
  const call = (name: string, row: string, column: string): string =>
    `${name}(sums + ${row} * ${blockSize}${column}, left + ${row} * left_stride, left_stride, right${column}, right_stride, depth);`;
  const inParts = (size: number, most: number, spell: (rows: number, from: string) => string): string[] => {
    const whole = size - (size % most);
    return [
      ...(whole > 0 ? [`for (int i = 0; i < ${whole}; i += ${most}) ${spell(most, "i")}`] : []),
      ...(whole < size ? [spell(size - whole, String(whole))] : []),
    ];
  };
  const byMatrices = inParts(rows, armTile, (count, i) => `  ${call(matrixFunction(prelude, count), i, " + j")}`);
  const vectors = Math.ceil(columns / lanes);
  return [
    onArm,
    // Sums of columns two by two lie in the place of two rows of half as many.
    `for (int j = 0; j < ${columns}; j += ${armTile}) {`,
    ...byMatrices.map((line) => line.replace(/ \+ j, left/, " + 2 * j, left")),
    "}",
    "#else",
    ...inParts(rows, rowsAtOnce, (count, i) => call(rowsFunction(prelude, count, vectors), i, "")),
    "#endif",
  ];
}

/** Afterwards the sums lie row by row. */
export function storePairs(prelude: Prelude, rows: number): string[] {
  const half = prelude.type("f32", 2);
  const width = blockSize;
  return [
    onArm,
    `for (float *pair = sums; pair < sums + ${rows * width}; pair += ${2 * width}) {`,
    `  ${half} two[${width}];`,
    `  __builtin_memcpy(two, pair, sizeof two);`,
    `  for (int j = 0; j < ${width / 2}; j++) *(${half} *)(pair + 2 * j) = two[2 * j], *(${half} *)(pair + ${width} + 2 * j) = two[2 * j + 1];`,
    "}",
    "#endif",
  ];
}

/** Some rows of a turn, their sums in vector registers: a pair of the left operand with a vector of pairs of the right one. */
function rowsFunction(prelude: Prelude, rows: number, vectors: number): string {
  return prelude.use(
    `multiply_rows_${rows}x${vectors}`,
    (name, p) => {
      const [f32, u32] = [p.type("f32", lanes), p.type("u32", lanes)];
      const add = addFunction(p);
      const each = (spell: (i: number, j: number) => string): string[] =>
        Array.from({ length: rows }, (_, i) => Array.from({ length: vectors }, (__, j) => spell(i, j)).join(" "));
      return block(
        `void ${name}(float *sums, ${pairOperands}, int depth)`,
        ...each((i, j) => `${f32} s${i}_${j} = *(const ${f32} *)(sums + ${i * blockSize + j * lanes});`),
        "for (int p = 0; p < depth; p++) {",
        ...Array.from({ length: vectors }, (_, j) => `  const ${u32} r${j} = *(const ${u32} *)(right + p * right_stride + ${j * lanes});`),
        ...each((i, j) => `  s${i}_${j} = ${add}(s${i}_${j}, left[${i} * left_stride + p], r${j});`),
        "}",
        ...each((i, j) => `*(${f32} *)(sums + ${i * blockSize + j * lanes}) = s${i}_${j};`),
      );
    },
    "static NOINLINE",
  );
}

/** `sum + left * right`, where products of pairs are products of their halves, added up. */
function addFunction(prelude: Prelude): string {
  return prelude.use("add_pairs", (name, p) => {
    const [f32, u32] = [p.type("f32", lanes), p.type("u32", lanes)];
    const half = (x: string, which: "low" | "high"): string => `(${f32})(${which === "low" ? `${x} << 16` : `${x} & 0xffff0000`})`;
    return block(
      `${f32} ${name}(${f32} sum, unsigned left, ${u32} right)`,
      `const ${u32} l = left - (${u32}){};`,
      // Processors with AMX, which may be refused, take four times as long for it as for a multiply-add: 1024^3 in 26 ms instead of 23.
      "#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)",
      '__asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(l), "v"(right));',
      "return sum;",
      "#else",
      `return sum + ${half("l", "low")} * ${half("right", "low")} + ${half("l", "high")} * ${half("right", "high")};`,
      "#endif",
    );
  });
}

/**
 * Eight columns of some rows, two pairs at a time: `bfmmla` multiplies two rows of two pairs by two columns of two pairs, 16 multiply-adds. For
 * each two pairs, eight rows take 16 of them, 12 loads, and 4 to interleave the right operand's rows; f32's multiply-adds would be 64.
 */
function matrixFunction(prelude: Prelude, rows: number): string {
  const define = (name: string, p: Prelude): string => {
    const [f32, u32] = [p.type("f32", 4), p.type("u32", 4)];
    const [joined, multiplied] = [joinFunction(p), matrixProduct(p)];
    const doubles = Array.from({ length: Math.ceil(rows / 2) }, (_, i) => i);
    const columns = [0, 1, 2, 3];
    const each = (spell: (i: number, j: number) => string): string[] => doubles.map((i) => columns.map((j) => spell(i, j)).join(" "));
    const sum = (i: number, j: number): string => `*(${f32} *)(sums + ${2 * i * blockSize + 4 * j})`;
    const row = (i: number): string => `left + ${Math.min(i, rows - 1)} * left_stride + p`;
    const right = (from: number, ahead: number): string => `*(const ${u32} *)(right + (p + ${ahead}) * right_stride + ${from})`;
    const turn = (isWhole: boolean): string[] =>
      [
        ...[0, 4].map((from) => `const ${u32} x${from} = ${right(from, 0)}, y${from} = ${isWhole ? right(from, 1) : "{}"};`),
        ...columns.map((j) => `const ${u32} r${j} = ${interleaveFunction(p, j % 2)}(x${j < 2 ? 0 : 4}, y${j < 2 ? 0 : 4});`),
        ...doubles.map((i) =>
          [
            `const ${u32} l${i} =`,
            isWhole ? `${joined}(${row(2 * i)}, ${row(2 * i + 1)});` : `{(${row(2 * i)})[0], 0, (${row(2 * i + 1)})[0], 0};`,
          ].join(" "),
        ),
        ...each((i, j) => `s${i}_${j} = ${multiplied}(s${i}_${j}, l${i}, r${j});`),
      ].map((line) => `  ${line}`);
    return block(
      `void ${name}(float *sums, ${pairOperands}, int depth)`,
      ...each((i, j) => `${f32} s${i}_${j} = ${sum(i, j)};`),
      "int p = 0;",
      "for (; p + 1 < depth; p += 2) {",
      ...turn(true),
      "}",
      "if (p < depth) {",
      ...turn(false),
      "}",
      ...each((i, j) => `${sum(i, j)} = s${i}_${j};`),
    );
  };
  return prelude.use(`multiply_matrices_${rows}`, define, "static NOINLINE");
}

/** Two pairs of one row, two of another. */
const joinFunction = (prelude: Prelude): string =>
  prelude.use("join_pairs", (name, p) => {
    const [two, one] = [p.vector("f64", 2), p.vector("f64", 1)];
    const read = (row: string): string => `(*(const ${one} *)${row})[0]`;
    return block(
      `${p.type("u32", 4)} ${name}(const unsigned *x, const unsigned *y)`,
      `return (${p.type("u32", 4)})(${two}){${read("x")}, ${read("y")}};`,
    );
  });

/** `x0 y0 x1 y1`, or of the second halves. */
const interleaveFunction = (prelude: Prelude, half: number): string =>
  prelude.use(`interleave_${half}`, (name, p) =>
    armFunction(
      p.type("u32", 4),
      `${name}(${p.type("u32", 4)} x, ${p.type("u32", 4)} y)`,
      `"zip${half + 1} %0.4s, %1.4s, %2.4s" : "=w"(result) : "w"(x), "w"(y)`,
    ),
  );

const matrixProduct = (prelude: Prelude): string =>
  prelude.use("multiply_matrix", (name, p) =>
    armFunction(
      p.type("f32", 4),
      `${name}(${p.type("f32", 4)} result, ${p.type("u32", 4)} x, ${p.type("u32", 4)} y)`,
      '"bfmmla %0.4s, %1.8h, %2.8h" : "+w"(result) : "w"(x), "w"(y)',
    ),
  );

/** One instruction, on ARM. */
const armFunction = (type: string, head: string, instruction: string): string =>
  block(
    `${type} ${head}`,
    ...(head.includes(" result") ? [] : [`${type} result;`]),
    onArm,
    `__asm__(${instruction});`,
    "#endif",
    "return result;",
  );
