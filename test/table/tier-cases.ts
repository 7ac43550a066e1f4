import type { DType } from "../../src/core/dtype.ts";
import { dtypes, isFloat } from "../../src/core/dtype.ts";
import type { Shape } from "../../src/core/shape.ts";
import { makeNode } from "../../src/ir/graph.ts";
import { arange, full, tensor } from "../../src/tensor/create.ts";
import type { ElementwiseRow, Operands, ReduceRow } from "../../src/tensor/ops/define.ts";
import { table } from "../../src/tensor/ops/table.ts";
import { spread, unspread } from "../../src/tensor/ops/windows.ts";
import { random } from "../../src/tensor/random.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { bounds } from "./bounds.ts";
import { domainOf } from "./domains.ts";
import { randomNumbers, sample } from "./reference.ts";

/** One result that all tiers must give, and how far it may be off. */
export interface Case {
  readonly name: string;
  readonly y: Tensor;
  /** In units of the last place; 0.5 is the nearest float. */
  readonly ulps?: number;
  /** Instead, absolute and relative, of a sum of so many terms of unit size. */
  readonly terms?: number;
  /** Elements left out, by place: where float arithmetic has no say any more. */
  readonly except?: (place: number, want: number) => boolean;
}

const rows = Object.values(table);
const elementwise = rows.filter((row): row is ElementwiseRow => row.kind === "elementwise");

/** Of all sizes of numbers; targets of a cross-entropy are only of 0 to 1. */
const isTranscendental = (name: string): boolean => name in bounds && name !== "rsqrt" && name !== "sigmoidCrossEntropy";

const special: Readonly<Record<DType, readonly number[]>> = {
  f32: [0, -0, 1, -1, 0.5, -0.5, 2, -2, 1.5, -2.5, 3, Infinity, -Infinity, Number.NaN, 3e38, -3e38, 1.2e-38, 16777217, 1e10, -7.25, 0.1],
  f64: [0, -0, 1, -1, 0.5, -0.5, 2, -2, 1.5, -2.5, 3, Infinity, -Infinity, Number.NaN, 1e300, -1e300, 1e-300, 4294967297, -7.25, 0.1],
  f16: [0, -0, 1, -1, 0.5, -2.5, Infinity, -Infinity, Number.NaN, 65504, -65504, 2 ** -14, 2 ** -24],
  bf16: [0, -0, 1, -1, 0.5, -2.5, Infinity, -Infinity, Number.NaN, 2 ** 120, -(2 ** 120)],
  i32: [0, 1, -1, 2, -2, 3, -3, 5, -7, 10, 31, 100, 65536, 123456789, -987654321, 2147483647, -2147483648],
  u32: [0, 1, 2, 3, 5, 7, 10, 31, 100, 65536, 123456789, 3987654321, 2147483648, 4294967295],
  u8: [0, 1, 2, 3, 5, 7, 10, 31, 100, 127, 128, 200, 255],
  bool: [0, 1],
};

/** dtypes a row's operands may have, after they were brought to one. */
const taken: Readonly<Record<Operands, readonly DType[]>> = {
  float: ["f32", "f64", "f16"],
  arithmetic: ["f32", "f64", "f16", "bf16", "i32", "u32", "u8"],
  comparison: ["f32", "f64", "bf16", "i32", "u32", "u8"],
  logical: ["bool"],
  bits: ["i32", "u32", "u8"],
  choice: ["f32", "f64", "i32", "u8", "bool"],
  "as given": dtypes,
};

const literal = (values: readonly number[], dtype: DType, shape: Shape = [values.length]): Tensor => tensor([...values], { dtype, shape });
const apply = (row: ElementwiseRow | ReduceRow, x: readonly Tensor[], attributes?: unknown): Tensor =>
  new Tensor(
    makeNode(
      row,
      x.map((t) => t.node),
      attributes,
    ),
  );

/** Every special value with every other, in as many columns as the row has operands, and numbers of its domain. */
function columns(row: ElementwiseRow, dtype: DType): number[][] {
  const values = special[dtype];
  const count = domainOf(row).length;
  const next = randomNumbers(11);
  const pairs =
    count === 1 ? values.map((x) => [x]) : values.flatMap((x, i) => values.map((y, j) => [x, y, values[(i + 2 * j) % values.length]!]));
  const drawn = isFloat(dtype) ? Array.from({ length: 60 }, () => domainOf(row).map(([low, high]) => low + (high - low) * next())) : [];
  const all = [...pairs, ...drawn];
  return domainOf(row).map((_, k) => all.map((one) => one[k % one.length]!));
}

const isShift = (row: ElementwiseRow): boolean => row.name.startsWith("shift");

/** The attributes to try, where a row has some, for operands of a dtype; none where it takes no such operands. */
function attributesFor(row: ElementwiseRow, dtype: DType): readonly unknown[] {
  if (row.name === "cast") return dtypes.map((to) => ({ dtype: to }));
  if (row.name === "bitcast")
    return dtype === "f32" || dtype === "i32" || dtype === "u32" ? ["f32", "i32", "u32"].map((to) => ({ dtype: to })) : [];
  if (row.name === "threefry") return dtype === "u32" ? ["first", "second", "xor"].map((word) => ({ word })) : [];
  return [undefined];
}

function casesOf(row: ElementwiseRow): Case[] {
  return taken[row.operands].flatMap((dtype) =>
    attributesFor(row, dtype).map((attributes): Case => {
      const values = columns(row, dtype);
      const x = values.map((column, i) => {
        if (row.operands === "choice" && i === 0)
          return literal(
            column.map((v) => Math.abs(Math.trunc(v)) & 1),
            "bool",
          );
        return literal(isShift(row) && i === 1 ? column.map((v) => v & 31) : column, dtype);
      });
      const ulps = bounds[row.name]?.[dtype] ?? 0.5;
      const to = attributes === undefined ? "" : ` ${Object.values(attributes as object).join()}`;
      return { name: `${row.name}${to} of ${dtype}`, y: apply(row, x, attributes), ulps };
    }),
  );
}

/** f32 numbers of every size and both signs, and a grid where functions bend. */
function sweep(): number[] {
  const word = new DataView(new ArrayBuffer(4));
  const points: number[] = [];
  for (let bits = 0x00800000; bits < 0x7f800000; bits += 1500007) {
    word.setUint32(0, bits);
    points.push(word.getFloat32(0), -word.getFloat32(0));
  }
  for (let i = -2000; i < 2000; i++) points.push(i * 0.0101 + 1e-6);
  for (let i = -500; i < 500; i++) points.push(i * 0.213);
  return points;
}

function sweepCases(): Case[] {
  const points = sweep();
  const next = randomNumbers(29);
  const powers = Array.from({ length: 4000 }, () => [
    [Math.exp((next() - 0.5) * 174), (next() - 0.5) * 4],
    [1 + (next() - 0.5) * 0.01, (next() - 0.5) * 2e4],
    [(next() - 0.5) * 10, Math.floor(next() * 20 - 10)],
  ]).flat();
  return (["f32", "f64"] as const).flatMap((dtype) => {
    const x = literal(points, dtype);
    const [base, power] = [0, 1].map((k) =>
      literal(
        powers.map((pair) => pair[k]!),
        dtype,
      ),
    );
    return elementwise
      .filter((row) => isTranscendental(row.name))
      .map(
        (row): Case => ({
          name: `${row.name} of ${dtype} over all sizes`,
          y: apply(row, domainOf(row).length === 2 ? [base!, power!] : [x]),
          ulps: bounds[row.name]![dtype]!,
        }),
      );
  });
}

const sizes = [0, 1, 3, 15, 17, 33, 100];
const next = randomNumbers(7);
const drawn = (shape: Shape, dtype: DType = "f32"): Tensor =>
  literal(
    sample(next, shape).map((x) => (isFloat(dtype) ? x : dtype === "bool" ? Math.abs(Math.round(x)) & 1 : Math.abs(Math.round(x * 50)))),
    dtype,
    shape,
  );
/** With all that float arithmetic treats specially strewn in. */
const strewn = (shape: Shape, dtype: DType = "f32"): Tensor => {
  const odd = isFloat(dtype) ? [Number.NaN, Infinity, -Infinity, -0, 0] : [];
  return literal(
    sample(next, shape).map((x, i) =>
      i % 7 === 3 && odd.length > 0 ? odd[Math.floor(i / 7) % odd.length]! : isFloat(dtype) ? x : Math.round(x * 40) & 127,
    ),
    dtype,
    shape,
  );
};

function shapeCases(): Case[] {
  const pairs: readonly (readonly [Shape, Shape])[] = [
    ...sizes.map((n) => [[n], [n]] as const),
    [
      [17, 1, 5],
      [3, 1],
    ],
    [
      [1, 33],
      [15, 1],
    ],
    [[], [3, 17]],
    [[0, 3], [1]],
    [[1, 1], [1]],
  ];
  return pairs.flatMap(([a, b]) => {
    const label = `[${a}] with [${b}]`;
    const [x, y] = [strewn(a), strewn(b)];
    const flag = drawn(a, "bool");
    return [
      { name: `sub ${label}`, y: x.sub(y) },
      { name: `tanh ${label}`, y: x.tanh(), ulps: 2 },
      { name: `less ${label}`, y: x.less(y) },
      { name: `where ${label}`, y: flag.where(x, y) },
      { name: `cast ${label}`, y: x.cast("f64").mul(y) },
      { name: `bytes ${label}`, y: drawn(a, "u8").add(drawn(b, "u8")) },
    ];
  });
}

const reduceRows = rows.filter((row): row is ReduceRow => row.kind === "reduce");
const reducedShapes: readonly (readonly [Shape, readonly number[]])[] = [
  ...sizes.map((n) => [[n], [0]] as const),
  [[33, 19], [0]],
  [[33, 19], [1]],
  [
    [33, 19],
    [0, 1],
  ],
  [[3, 15, 5], [1]],
  [
    [3, 15, 5],
    [0, 2],
  ],
  [[17, 1], [1]],
  [[1, 17], [0]],
  [[0, 3], [0]],
  [[3, 0], [1]],
  [[0, 3], [1]],
  [[100, 100], [1]],
  [[100, 100], [0]],
];

function reduceCases(): Case[] {
  return reduceRows.flatMap((row) =>
    reducedShapes.flatMap(([shape, axes]) => {
      const terms = axes.reduce((product, axis) => product * shape[axis]!, 1);
      if ((row.combine === "max" || row.combine === "min") && terms === 0) return [];
      const over = (x: Tensor): Tensor => apply(row, [x], { axes });
      // Factors near 1, so that no product leaves the range.
      const ordinary = (dtype: DType): Tensor =>
        row.combine === "mul" && isFloat(dtype) ? drawn(shape, dtype).mul(0.01).add(1) : drawn(shape, dtype);
      const label = `${row.name} of [${shape}] over [${axes}]`;
      const exact = row.combine === "max" || row.combine === "min";
      return [
        { name: `${label}, f32`, y: over(ordinary("f32")), ...(exact ? {} : { terms }) },
        { name: `${label}, f64`, y: over(ordinary("f64")), ...(exact ? {} : { terms }) },
        { name: `${label}, i32`, y: over(drawn(shape, "i32")) },
        { name: `${label}, u32`, y: over(drawn(shape, "u32")) },
        { name: `${label}, u8`, y: over(drawn(shape, "u8")) },
        { name: `${label}, with NaN and infinities`, y: over(strewn(shape)), ...(exact ? {} : { terms }) },
      ];
    }),
  );
}

function movementCases(): Case[] {
  const kinds: readonly DType[] = ["f32", "u8", "f64", "i32"];
  return kinds.flatMap((dtype) => {
    const x = (...shape: number[]): Tensor => strewn(shape, dtype);
    const moved: Record<string, Tensor> = {
      reshape: x(6, 17).reshape([3, -1]),
      "reshape of nothing": x(0, 4).reshape([2, 0]),
      transpose: x(17, 33).transpose(),
      "transpose of three axes": x(3, 5, 17).permute([2, 0, 1]),
      "transpose of axes of 1": x(1, 15, 1).permute([2, 1, 0]),
      broadcastTo: x(3, 1, 5).broadcastTo([2, 3, 17, 5]),
      "broadcastTo from one": x(1).broadcastTo([33]),
      flip: x(3, 17).flip(1),
      "flip of both": x(5, 33).flip([0, 1]),
      slice: x(17, 33).slice([1, 2], [15, 30]),
      "slice with strides": x(17, 33).slice([1, 0], [3, 11], { strides: [5, 3] }),
      "slice of nothing": x(5, 3).slice([2, 0], [0, 3]),
      pad: x(3, 15).pad(
        [
          [1, 2],
          [0, 3],
        ],
        1,
      ),
      "pad with spacing": x(3, 5).pad(
        [
          [0, 1],
          [2, 0],
        ],
        { spacing: [1, 2] },
      ),
      concat: x(3, 15).concat([x(3, 1), x(3, 0), x(3, 17)], { axis: 1 }),
      "concat along the first axis": x(1, 33).concat(x(2, 33)),
      windows: x(3, 17).windows({ axes: 1, sizes: 3, strides: 2, dilations: 2 }),
      "windows of two axes": x(7, 9, 3).windows({ axes: [0, 1], sizes: [2, 3], strides: [2, 1] }),
    };
    return Object.entries(moved).map(([name, y]) => ({ name: `${name} of ${dtype}`, y }));
  });
}

function spreadCases(): Case[] {
  return [
    { name: "fold", y: drawn([3, 7, 3]).fold({ axes: 1, lengths: 15, strides: 2 }), terms: 3 },
    { name: "fold with dilations", y: drawn([2, 3, 5]).fold({ axes: 0, lengths: 9, strides: 3, dilations: 2 }), terms: 3 },
    { name: "spread", y: strewn([3, 7, 3]).record(spread, { axes: [1], sizes: [3], strides: [2], dilations: [1], lengths: [15] }) },
    { name: "unspread", y: strewn([17, 3, 5]).record(unspread, { axes: [0], sizes: [3], strides: [2], dilations: [3], lengths: [17] }) },
  ];
}

function contractCases(): Case[] {
  const formulas: readonly (readonly [string, Shape, Shape])[] = [
    ["mk,kn->mn", [17, 33], [33, 15]],
    ["mk,kn->mn", [1, 100], [100, 1]],
    ["mk,kn->mn", [33, 1], [1, 17]],
    ["mk,kn->mn", [3, 0], [0, 5]],
    ["mk,kn->mn", [0, 3], [3, 5]],
    ["mk,kn->mn", [100, 17], [17, 33]],
    ["km,kn->mn", [33, 15], [33, 17]],
    ["mk,nk->mn", [15, 33], [17, 33]],
    ["km,nk->mn", [3, 100], [1, 3]],
    ["bmk,bkn->bmn", [3, 5, 17], [3, 17, 15]],
    ["bmk,kn->bmn", [3, 5, 17], [17, 1]],
    ["i,j->ij", [17], [33]],
    ["i,i->", [100], [100]],
    ["ij,ji->ij", [3, 17], [17, 3]],
    ["ij,jk->k", [15, 3], [3, 33]],
    ["mk,k->m", [33, 17], [17]],
  ];
  return formulas.flatMap(([formula, left, right]) => {
    const summed = [...formula.split(",")[0]!].filter((letter) => !formula.split("->")[1]!.includes(letter));
    const terms = summed.reduce((product, letter) => product * left[formula.indexOf(letter)]!, 4);
    const name = `${formula} of [${left}] and [${right}]`;
    const of = (dtype: DType, make = drawn): Tensor => make(left, dtype).contract(formula, make(right, dtype));
    return [
      { name: `${name}, f32`, y: of("f32"), terms },
      { name: `${name}, f64`, y: of("f64"), terms },
      { name: `${name}, i32`, y: of("i32") },
      { name: `${name}, with NaN and infinities`, y: of("f32", strewn), terms },
    ];
  });
}

function indexCases(): Case[] {
  const at = (...values: number[]): Tensor => literal(values, "i32");
  const some = at(2, 0, -1, 2, 99, 1, 1, 14, 3, 2, 0, 5, 16, 4, 2);
  const cases: Case[] = [];
  for (const dtype of ["f32", "u8", "i32", "f64"] as const) {
    const add = (name: string, y: Tensor): void =>
      void cases.push({ name: `${name} of ${dtype}`, y, ...(isFloat(dtype) ? { terms: 15 } : {}) });
    add("gather", strewn([17, 3], dtype).gather(some));
    add("gather along the second axis", strewn([3, 15, 33], dtype).gather(some.reshape([3, 5]), { axis: 1 }));
    add("gather from one", strewn([1, 5], dtype).gather(some));
    add("gather by nothing", strewn([17, 3], dtype).gather(at(0, 1).slice([0], [0])));
    add("scatter", drawn([15, 3], dtype).scatter(some, { size: 17 }));
    add("scatter of scalars", drawn([15], dtype).scatter(some, { size: 4 }));
    add(
      "scatter of nothing",
      drawn([15, 3], dtype)
        .slice([0, 0], [0, 3])
        .scatter(some.slice([0], [0]), { size: 3 }),
    );
    add("scatterAdd", drawn([5, 33], dtype).scatterAdd(some, drawn([15, 33], dtype)));
  }
  cases.push({ name: "argmax", y: drawn([17, 33]).argmax({ axis: 1 }) }, { name: "argmin", y: drawn([17, 33]).argmin({ axis: 0 }) });
  return cases;
}

/** Values that are in no memory before they are used: one number everywhere, and positions. */
function constantCases(): Case[] {
  const [ones, count] = [full([17, 15], 2), arange(15, { dtype: "f32" })];
  const x = drawn([15, 17]);
  const at = arange(15).mod(4);
  return [
    { name: "product with a constant on the right", y: drawn([33, 17]).matmul(ones), terms: 34 },
    { name: "product with a constant on the left", y: ones.matmul(x), terms: 34 },
    { name: "product with a transposed constant", y: x.matmul(full([3, 17], 0.5).transpose()), terms: 17 },
    { name: "product of constants", y: ones.matmul(full([15, 3], 0.25)), terms: 15 },
    { name: "product with positions", y: count.matmul(x), terms: 15 * 15 },
    { name: "product with zeros", y: x.matmul(full([17, 1], 0)) },
    { name: "product with part of a constant", y: x.matmul(full([20, 3], 1).slice([1, 0], [17, 2])), terms: 17 },
    { name: "sum of a constant", y: ones.sum(0), terms: 17 },
    { name: "max of positions", y: count.max() },
    { name: "gather by positions", y: x.gather(at) },
    { name: "gather from a constant", y: ones.gather(at) },
    { name: "scatter of a constant", y: full([15, 3], 1).scatter(at, { size: 5 }), terms: 15 },
    { name: "scatter of positions to one place", y: count.scatter(full([15], 0, { dtype: "i32" }), { size: 2 }), terms: 15 * 15 },
    { name: "a constant", y: full([3, 5], -0) },
    { name: "positions", y: arange(17).add(0) },
  ];
}

function randomCases(): Case[] {
  const key = random.key(20);
  return [
    ...sizes.map((n): Case => ({ name: `bits [${n}]`, y: random.bits(key, [n]) })),
    ...sizes.map((n): Case => ({ name: `permutation of ${n}`, y: random.permutation(n, { key }) })),
    { name: "foldIn", y: random.foldIn(key, 7) },
    { name: "split", y: random.split(key, 3)[2]! },
    { name: "uniform", y: random.uniform([17, 33], { key }) },
    { name: "uniform in an interval", y: random.uniform([100], { key, low: -3, high: 5 }), terms: 4 },
    { name: "normal", y: random.normal([33, 17], { key }), ulps: 128 },
    { name: "truncatedNormal", y: random.truncatedNormal([100], { key }), terms: 16 },
    { name: "bernoulli", y: random.bernoulli([100], { key, probability: 0.3 }) },
    { name: "categorical", y: random.categorical(drawn([33, 15]), { key }) },
    { name: "permutation of rows", y: random.permutation(drawn([15, 3]), { key }) },
  ];
}

/** Every row of the op table in programs of many results. */
export const families: readonly { readonly family: string; readonly make: () => Case[] }[] = [
  { family: "elementwise rows on special values and numbers of their domains", make: () => elementwise.flatMap(casesOf) },
  { family: "functions within their error bounds over all sizes of numbers", make: sweepCases },
  { family: "elementwise rows of odd, empty and broadcast shapes", make: shapeCases },
  { family: "reductions", make: reduceCases },
  { family: "movements", make: () => [...movementCases(), ...spreadCases()] },
  { family: "contractions", make: contractCases },
  { family: "gather, scatter and arguments of extremes", make: indexCases },
  { family: "constants and positions as operands", make: constantCases },
  { family: "random numbers", make: randomCases },
];
