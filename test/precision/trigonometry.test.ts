import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { exactly } from "../exact-trigonometry.ts";
import { inNightly } from "../nightly.ts";
import { randomNumbers } from "../table/reference.ts";
import { computedBy, tiers } from "../table/tiers.ts";

type Float = "f32" | "f64";
const names = ["sin", "cos", "tan"] as const;

/** Doubles with their sines, cosines and tangents, by mpmath. */
const fixture = JSON.parse(readFileSync(new URL("../fixtures/mpmath/trigonometry.json", import.meta.url), "utf8")) as [
  number,
  number,
  number,
  number,
][];

const words = new DataView(new ArrayBuffer(8));
/** As many numbers as there are bits drawn, all exponents alike. */
function drawn(dtype: Float, count: number): number[] {
  const next = randomNumbers(41);
  const word = (): number => Math.floor(next() * 2 ** 32);
  const draw = (): number => {
    words.setUint32(0, word());
    words.setUint32(4, word());
    return dtype === "f32" ? words.getFloat32(0) : words.getFloat64(0);
  };
  return Array.from({ length: count }, draw).filter(Number.isFinite);
}

/** The floats on both sides of multiples of pi/2, which have the largest relative errors. */
function besideQuarterTurns(dtype: Float, count: number): number[] {
  const next = randomNumbers(43);
  return Array.from({ length: count }, (_, i) => {
    const turns = i < 300 ? i + 1 : Math.floor(2 ** (next() * 24));
    const near = (turns * Math.PI) / 2;
    const step = 2 ** (Math.floor(Math.log2(near)) - (dtype === "f32" ? 23 : 52));
    const x = dtype === "f32" ? Math.fround(near) : near;
    return x + (Math.floor(next() * 3) - 1) * step;
  });
}

const argumentsOf = (dtype: Float): number[] => {
  const known = fixture.map(([x]) => x);
  const usual = Array.from({ length: 600 }, (_, i) => (i - 300) * 0.0437);
  const count = inNightly(2000, 40_000);
  const all = [0, -0, Infinity, -Infinity, Number.NaN, ...known, ...usual, ...drawn(dtype, count), ...besideQuarterTurns(dtype, count)];
  return dtype === "f32" ? all.map(Math.fround) : all;
};

function ulpAt(value: number, dtype: Float): number {
  const [digits, lowest] = dtype === "f32" ? [23, -126] : [52, -1022];
  const size = Math.abs(value);
  let exponent = Math.max(lowest, Math.floor(Math.log2(size)));
  if (exponent > lowest && 2 ** exponent > size) exponent--;
  return 2 ** (exponent - digits);
}

/** Whether it's a subnormal of f32, which native code takes for 0, and is answered by itself or 1. */
const isTiny = (x: number, found: number, name: string, dtype: Float): boolean =>
  dtype === "f32" && Math.abs(x) < 2 ** -126 && Object.is(found, name === "cos" ? 1 : x);

const cases = (["f32", "f64"] as const).map((dtype) => {
  const x = argumentsOf(dtype);
  const exact = x.map(exactly);
  const literal = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => tensor([...values], { dtype, shape });
  return { dtype, x, exact, literal };
});

const bitsOf = (values: ArrayLike<number>): bigint[] =>
  Array.from(values, (value) => {
    words.setFloat64(0, value);
    return Number.isNaN(value) ? 0n : words.getBigUint64(0);
  });

test("the definition, in whole numbers, agrees with mpmath to the last bit", () => {
  for (const [x, ...wanted] of fixture) expect(Object.values(exactly(x)), String(x)).toEqual(wanted);
});

for (const tier of tiers) {
  describe.skipIf(tier.missing !== undefined)(`on ${tier.name}`, () => {
    for (const { dtype, x, exact, literal } of cases) {
      test(`sine, cosine and tangent of ${dtype} are the definition's within 2 ulp, whatever the size of the argument`, () => {
        const given = literal(x);
        const results = computedBy(
          tier.make(),
          "large_arguments",
          names.map((name) => given[name]()),
        );
        for (const [i, name] of names.entries()) {
          for (const [place, wanted] of exact.map((each) => each[name]).entries()) {
            const found = results[i]![place]!;
            const isAlike = Object.is(found, wanted);
            // Doubles to compare with are within half an ulp themselves.
            const isNear = Math.abs(found - wanted) / ulpAt(wanted, dtype) <= (dtype === "f32" ? 1.7 : 1);
            if (!(isAlike || (isNear && wanted !== 0) || isTiny(x[place]!, found, name, dtype)))
              expect.fail(`${name}(${x[place]}) is ${found}, by the definition ${wanted}`);
          }
        }
      });

      test(`sine, cosine and tangent of ${dtype} have the same bits in vectors, in what is left over, and one by one`, () => {
        // Casts of native code flush what is smaller.
        const some = x.filter((value) => value === 0 || !(Math.abs(value) < 2 ** -126)).slice(0, 1000);
        const count = some.length;
        const whole = literal(some);
        const program = (make: (t: Tensor) => Tensor): Tensor[] => [
          make(whole),
          make(literal([...some, ...some.slice(0, 3)])),
          make(whole.cast("f64").cast(dtype)),
          ...some.slice(0, 70).map((value) => make(literal([value], []))),
          make(literal(some.slice(0, 66), [22, 3])),
        ];
        for (const name of names) {
          const [vectors, longer, mixed, ...rest] = computedBy(
            tier.make(),
            `same_${name}`,
            program((t) => t[name]()),
          );
          const wanted = bitsOf(vectors!);
          expect(bitsOf(longer!).slice(0, count)).toEqual(wanted);
          expect(bitsOf(longer!).slice(count)).toEqual(wanted.slice(0, 3));
          expect(bitsOf(mixed!)).toEqual(wanted);
          expect(rest.slice(0, 70).flatMap((each) => bitsOf(each))).toEqual(wanted.slice(0, 70));
          expect(bitsOf(rest[70]!)).toEqual(wanted.slice(0, 66));
        }
      });
    }
  });
}
