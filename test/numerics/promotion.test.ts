import { readFileSync } from "node:fs";
import type { DType, Tensor } from "gradsmith";
import { setDevice, tensor } from "gradsmith";
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

afterAll(() => setDevice({ device: "cpu", tier: "auto" }));

describe.each(devices)("two dtypes on $name", ({ settings }) => {
  test.each(cases)("$a with $b meet in JAX's $common, and all ops give NumPy's answers there", async ({ a, b, common, results }) => {
    setDevice(settings);
    const x = tensor([...values[a]], { dtype: a });
    const y = tensor([...values[b]].reverse(), { dtype: b });
    expect(x.greater(0).where(x, y).dtype).toBe(common);
    for (const [name, wanted] of Object.entries(results)) {
      const result = operation(name, x, y);
      const given = await result.read();
      // What a quotient of floats is before it's rounded down hangs on its last digit: NumPy rounds it in between.
      const tolerance = precision[result.dtype] ?? 0;
      for (const [i, plain] of wanted.entries()) {
        const right = numberOf(plain);
        const isRight = Object.is(given[i], right) || Math.abs(given[i]! - right) <= tolerance * Math.abs(right);
        expect(isRight, `${name} of ${values[a][i]} and ${values[b].at(-1 - i)}: ${given[i]}, NumPy ${right}`).toBe(true);
      }
    }
  });
});
