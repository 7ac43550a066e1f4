import { readFileSync } from "node:fs";
import type { DType, Tensor } from "gradsmith";
import { compile, setDevice, tensor } from "gradsmith";
import { afterAll, describe, expect, test } from "vitest";
import { devices } from "./devices.ts";

type Plain = number | "inf" | "-inf" | "nan";
interface Fixture {
  readonly values: Readonly<Record<DType, readonly (number | boolean)[]>>;
  readonly cases: readonly {
    readonly a: DType;
    readonly b: DType;
    readonly common: DType;
    readonly results: Readonly<Record<string, readonly Plain[]>>;
  }[];
}
const { values, cases } = JSON.parse(readFileSync(new URL("../fixtures/numpy/promotion.json", import.meta.url), "utf8")) as Fixture;

const extremes: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: Number.NaN };
const numberOf = (plain: Plain): number => (typeof plain === "number" ? plain : extremes[plain]!);
/** Half a unit in the last place, and as much for a reference that rounds twice. */
const precision: Readonly<Partial<Record<DType, number>>> = { f64: 2 ** -51, f32: 2 ** -22, f16: 2 ** -10, bf16: 2 ** -7 };

type Operation =
  | "add"
  | "sub"
  | "mul"
  | "maximum"
  | "minimum"
  | "floorDivide"
  | "mod"
  | "div"
  | "equal"
  | "less"
  | "lessEqual"
  | "and"
  | "xor";
const operation = (name: string, x: Tensor, y: Tensor): Tensor => x[name as Operation](y);

const dtypes = Object.keys(values) as DType[];
const given = (dtype: DType): Tensor => tensor([...values[dtype]], { dtype });
const reversed = (dtype: DType): Tensor => tensor([...values[dtype]].reverse(), { dtype });

/** The results of all ops on a dtype with each other one, from one program. */
const allWith = (a: DType): Promise<{ readonly dtype: DType; readonly values: ArrayLike<number> }[]> => {
  const own = cases.filter((each) => each.a === a);
  const program = compile((x: Tensor, ys: readonly Tensor[]) =>
    own.flatMap(({ results }, i) => Object.keys(results).map((name) => operation(name, x, ys[i]!))),
  );
  const results = program(
    given(a),
    own.map(({ b }) => reversed(b)),
  );
  return Promise.all(results.map(async (result) => ({ dtype: result.dtype, values: await result.read() })));
};

afterAll(() => setDevice({ device: "cpu", tier: "auto" }));

describe.each(devices)("two dtypes on $name", ({ settings }) => {
  test.each(dtypes)("%s and any other meet where JAX has them meet, and all ops give NumPy's answers there", async (a) => {
    setDevice(settings);
    const found = await allWith(a);
    let next = 0;
    for (const { b, common, results } of cases.filter((each) => each.a === a)) {
      expect(given(a).greater(0).where(given(a), reversed(b)).dtype, b).toBe(common);
      for (const [name, wanted] of Object.entries(results)) {
        const result = found[next++]!;
        const tolerance = precision[result.dtype] ?? 0;
        for (const [i, plain] of wanted.entries()) {
          const [is, right] = [result.values[i]!, numberOf(plain)];
          const isRight = Object.is(is, right) || Math.abs(is - right) <= tolerance * Math.abs(right);
          expect(isRight, `${name} of ${values[a][i]} and ${b} ${values[b].at(-1 - i)}: ${is}, NumPy ${right}`).toBe(true);
        }
      }
    }
  });
});
