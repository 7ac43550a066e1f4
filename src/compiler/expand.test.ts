import { describe, expect, it } from "vitest";
import { inNightly } from "../../test/nightly.ts";
import { roundedFunction } from "../../test/rounded.ts";
import { meanings } from "../ir/evaluate.ts";
import * as e from "../ir/expr.ts";
import { operandsOf } from "../ir/operands.ts";
import { expand, isTranscendental } from "./expand.ts";

type Unary = Exclude<e.Transcendental, "pow">;
type Float = "f32" | "f64";
const smallest = { f32: 2 ** -126, f64: 2 ** -1022 } as const;
const nearest = { f32: Math.fround, f64: (x: number): number => x } as const;

/** The distance between neighbouring floats at a value; that of the smallest normal number below it. */
function ulpAt(value: number, dtype: Float): number {
  const size = Math.max(Math.abs(value), smallest[dtype]);
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent--;
  return 2 ** (exponent - (dtype === "f32" ? 23 : 52));
}

/** An ordinary run takes every fifth number. */
const each = inNightly(5, 1);
const word = new DataView(new ArrayBuffer(4));
/** f32 numbers of every exponent and both signs, and a fine grid where functions bend. */
function* sweep(dtype: Float): Generator<number> {
  yield* [
    0,
    Infinity,
    Number.NaN,
    1,
    2 ** 24,
    88.72283,
    88.72284,
    -87.33654,
    -87.33655,
    3.4028234663852886e38,
    Math.PI,
    Math.PI / 2,
    0.55,
    0.92,
  ].flatMap((x) => [nearest[dtype](x), -nearest[dtype](x)]);
  for (let bits = 0; bits < 0x7f800000; bits += 200003 * each) {
    word.setUint32(0, bits);
    const x = word.getFloat32(0) * (dtype === "f64" ? 1 + bits * 1e-17 : 1);
    yield x;
    yield -x;
  }
  for (let i = -8000; i < 8000; i += each) yield nearest[dtype](i * 0.00132 + 1e-7);
  for (let i = -4000; i < 4000; i += each) yield nearest[dtype](i * 0.0253);
  if (dtype === "f64") for (let i = -1074; i < 1024; i += 0.37 * each) yield* [1.2345 * 2 ** i, -1.2345 * 2 ** i];
}

/** The largest error in ulp over the sweep, after all special values were found right. */
function worst(name: Unary, dtype: Float, fused: boolean): number {
  const compute = roundedFunction(expand(e.apply(name, e.local("x", dtype))), ["x"], fused);
  let largest = 0;
  for (const x of sweep(dtype)) {
    if (dtype === "f32" && Math.abs(x) < smallest.f32 && name === "log") continue;
    const exact = meanings[name]([x], dtype);
    const rounded = nearest[dtype](exact);
    const got = compute([x]);
    const fail = (wanted: string): never => expect.fail(`${name}(${x}) is ${got}, wanted ${wanted}`);
    if (!Number.isFinite(rounded) || exact === 0) Object.is(got, rounded) || fail(String(rounded));
    else if (Math.abs(exact) < smallest[dtype]) Math.abs(got) <= smallest[dtype] || fail("something tiny");
    else largest = Math.max(largest, Math.abs(got - exact) / ulpAt(exact, dtype));
  }
  return largest;
}

/** What the sweep finds, rounded up. The docstrings promise 2 ulp in f32 and 4 in f64. */
const bounds: Readonly<Record<Unary, Readonly<Record<Float, number>>>> = {
  exp: { f32: 1.2, f64: 1 },
  expm1: { f32: 1.6, f64: 2 },
  log: { f32: 0.9, f64: 1 },
  log1p: { f32: 0.9, f64: 1 },
  sin: { f32: 1.6, f64: 1 },
  cos: { f32: 1.6, f64: 1 },
  tan: { f32: 1.5, f64: 2 },
  tanh: { f32: 1.5, f64: 2 },
  erf: { f32: 1.2, f64: 2 },
};

describe("expanded functions agree with double precision, special values included", () => {
  for (const [name, bound] of Object.entries(bounds) as [Unary, Record<Float, number>][]) {
    for (const dtype of ["f32", "f64"] as const) {
      it(`${name} in ${dtype} within ${bound[dtype]} ulp, with and without fused multiply-add`, () => {
        expect(worst(name, dtype, false)).toBeLessThanOrEqual(bound[dtype]);
        expect(worst(name, dtype, true)).toBeLessThanOrEqual(bound[dtype]);
      });
    }
  }
});

describe("pow", () => {
  const special = [
    0,
    -0,
    1,
    -1,
    2,
    -2,
    3,
    -3,
    0.5,
    -0.5,
    Infinity,
    -Infinity,
    Number.NaN,
    1e10,
    -1e10,
    1e-10,
    1e30,
    4294967297,
    0.9999999,
    16777217,
  ];
  let state = 12345;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const drawn = Array.from(
    { length: 12_000 / each },
    () =>
      [
        [Math.exp((random() - 0.5) * 176), (random() - 0.5) * 4],
        [1 + (random() - 0.5) * 0.01, (random() - 0.5) * 2e4],
        [0.5 + random(), (random() - 0.5) * 250],
        [(random() - 0.5) * 10, Math.floor(random() * 20 - 10)],
      ] as [number, number][],
  ).flat();
  const pairs = [...special.flatMap((x) => special.map((y): [number, number] => [x, y])), ...drawn];

  for (const fused of [false, true]) {
    it(`in f32 agrees with double precision within 1.5 ulp, ${fused ? "fused" : "plain"}, and with IEEE 754 at special values`, () => {
      const compute = roundedFunction(expand(e.pow(e.local("x", "f32"), e.local("y", "f32"))), ["x", "y"], fused);
      let largest = 0;
      for (const [a, b] of pairs) {
        const [x, y] = [Math.fround(a), Math.fround(b)];
        if (x !== 0 && Math.abs(x) < smallest.f32) continue;
        const exact = meanings.pow([x, y], "f64");
        const rounded = Math.fround(exact);
        if (!Number.isFinite(rounded) || rounded === 0) expect(compute([x, y]), `${x}^${y}`).toBe(rounded);
        else if (Math.abs(exact) >= smallest.f32) largest = Math.max(largest, Math.abs(compute([x, y]) - exact) / ulpAt(exact, "f32"));
      }
      expect(largest).toBeLessThan(1.5);
    });
  }

  it("in f64 agrees with mpmath within 2 ulp, also where the platform's own pow is hundreds of ulp off", () => {
    const compute = roundedFunction(expand(e.pow(e.local("x", "f64"), e.local("y", "f64"))), ["x", "y"], false);
    for (const [x, y, exact] of powers) expect(Math.abs(compute([x, y]) - exact) / ulpAt(exact, "f64"), `${x}^${y}`).toBeLessThanOrEqual(2);
    for (const x of special) {
      for (const y of special) {
        const expected = meanings.pow([x, y], "f64");
        if (!Number.isFinite(expected) || expected === 0) expect(compute([x, y]), `${x}^${y}`).toBe(expected);
      }
    }
  });

  it("of integers agrees with wrapping powers", () => {
    for (const dtype of ["i32", "u32"] as const) {
      const compute = roundedFunction(expand(e.pow(e.local("x", dtype), e.local("y", dtype))), ["x", "y"], false);
      for (const x of [0, 1, 2, 3, 10, ...(dtype === "i32" ? [-1, -2, -7] : [4294967295])]) {
        for (const y of [0, 1, 2, 3, 31, 40, ...(dtype === "i32" ? [-1, -2] : [])])
          expect(compute([x, y]), `${x}^${y}`).toBe(meanings.pow([x, y], dtype));
      }
    }
  });
});

/** x, y and x^y by mpmath 1.3 with 60 digits. */
const powers = [
  [0.9999999, 4294967297.0, 2.9643608405989675e-187],
  [1.0000001, 4294967297.0, 3.373265205676163e186],
  [1.5, 1000.5, 1.511139943175573e176],
  [0.3, -500.25, 3.7161422201802527e261],
  [10.0, 300.0, 1e300],
  [10.0, -300.0, 1e-300],
  [2.0, 0.5, 1.4142135623730951],
  [1.0001, 123456.789, 229822.29462423918],
  [123456.789, 3.21, 2.2068005153889492e16],
  [7.5e-300, 0.9, 6.131336292779207e-270],
  [3e200, 1.37, 4.504598822453653e274],
  [5e-324, 0.5, 2.2227587494850775e-162],
  [0.70710678, 1500.0, 1.6885042530068393e-226],
  [1.4142136, -2000.0, 9.332139585540889e-302],
  [-3.0, 5.0, -243.0],
  [1.0000000001, 100000000000.0, 22026.48400858053],
] as const;

describe("expand", () => {
  const count = (expr: e.Expr): number => {
    const seen = new Set<e.Expr>();
    const visit = (x: e.Expr): void => {
      if (seen.has(x)) return;
      seen.add(x);
      operandsOf(x).forEach(visit);
      if (x.kind === "apply") expect(isTranscendental(x.instruction)).toBe(false);
    };
    visit(expr);
    return [...seen].filter((x) => x.kind === "apply").length;
  };

  it("leaves only basic instructions, as few as were planned", () => {
    const most: Record<Unary, number> = { exp: 16, expm1: 22, log: 26, log1p: 32, sin: 37, cos: 36, tan: 55, tanh: 26, erf: 34 };
    for (const [name, limit] of Object.entries(most) as [Unary, number][]) {
      expect(count(expand(e.apply(name, e.local("x", "f32")))), name).toBeLessThanOrEqual(limit);
    }
  });

  it("keeps lanes, sharing, and what needs no change", () => {
    const x = e.local("x", "f32", 8);
    const y = e.exp(x);
    const expanded = expand(e.add(y, y));
    if (expanded.kind !== "apply") throw new Error("a sum stays a sum");
    expect(expanded.args[0]).toBe(expanded.args[1]);
    expect(expanded.lanes).toBe(8);
    const plain = e.mul(e.load(0, "f32", e.local("i", "i32"), 8), e.abs(x));
    expect(expand(plain)).toBe(plain);
  });

  it("refuses functions of integers", () => {
    expect(() => expand(e.exp(e.local("x", "i32")))).toThrow("[expand] exp of i32. Cast to a float first.");
  });
});
