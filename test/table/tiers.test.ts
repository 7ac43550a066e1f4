import { describe, expect, test } from "vitest";
import { storageFrom } from "../../src/backends/cpu/storage.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import type { DType } from "../../src/core/dtype.ts";
import { isFloat } from "../../src/core/dtype.ts";
import { decode } from "../../src/core/encoding.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { topological } from "../../src/ir/graph.ts";
import { table } from "../../src/tensor/ops/table.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { tolerance } from "../tolerance.ts";
import type { Case } from "./tier-cases.ts";
import { families } from "./tier-cases.ts";
import { computedBy, tiers } from "./tiers.ts";

/** Rows whose zeros may have either sign where their operands are zeros of both. */
const eitherZero: Readonly<Record<string, true>> = { maximum: true, minimum: true, relu: true, max: true, min: true };
/** The distance between neighbouring floats at a value; that of the smallest normal number below it. */
function ulpAt(value: number, dtype: DType): number {
  const [digits, lowest] = dtype === "f64" ? [52, -1022] : dtype === "f16" ? [10, -14] : dtype === "bf16" ? [7, -126] : [23, -126];
  const size = Math.abs(value);
  let exponent = Math.max(lowest, Math.floor(Math.log2(size)));
  if (exponent > lowest && 2 ** exponent > size) exponent--;
  return 2 ** (exponent - digits);
}

/** As memory holds it. */
function roundedTo(value: number, dtype: DType): number {
  if (dtype === "f64") return value;
  return dtype === "f32" ? Math.fround(value) : decode(storageFrom([value], { dtype, shape: [1] }).bytes, dtype)[0]!;
}

/** What is wrong with an element, if anything. */
function difference(got: number, want: number, { ulps = 0.5, terms, y }: Case, flushes: boolean): string | undefined {
  const { dtype } = y.node.type;
  if (!isFloat(dtype)) return got === want ? undefined : "another integer";
  if (Number.isNaN(want)) return Number.isNaN(got) ? undefined : "not NaN";
  const rounded = roundedTo(want, dtype);
  if (Object.is(got, rounded)) return undefined;
  // Just below the largest number the last bits decide whether it is infinity.
  if (!Number.isFinite(rounded))
    return Number.isFinite(want) && Math.abs(got) > Math.abs(want) * (1 - 2 ** -6) ? undefined : "not infinite";
  // Sums and what is fused around them may leave less than they began with.
  const smallest = dtype === "f64" ? 2 ** -1022 : dtype === "f16" ? 0 : 2 ** -126;
  if (rounded === 0 && terms === undefined && got === 0) return eitherZero[y.node.op.name] ? undefined : "zero of the other sign";
  const isTiny = Math.abs(want) < smallest * (flushes ? 4 : 1.000001);
  if (isTiny) return Math.abs(got) <= 4 * smallest && want !== 0 ? undefined : "not tiny";
  if (terms !== undefined) {
    const { relative, absolute } = tolerance(dtype, terms);
    return Math.abs(got - want) <= absolute * Math.sqrt(terms + 1) + relative * Math.abs(want) ? undefined : "too far";
  }
  const error = Math.abs(got - want) / ulpAt(want, dtype);
  return error <= ulps + 1e-6 ? undefined : `${error.toFixed(2)} ulp off, where ${ulps} are allowed`;
}

const cached = new Map<string, { cases: readonly Case[]; wants: readonly Float64Array[] }>();
function prepared(family: string, make: () => Case[]): { cases: readonly Case[]; wants: readonly Float64Array[] } {
  let known = cached.get(family);
  if (known === undefined) {
    const cases = make();
    const wants = evaluateGraph(
      cases.map(({ y }) => y.node),
      () => [],
    );
    known = { cases, wants };
    cached.set(family, known);
  }
  return known;
}

for (const { name: tier, make, missing, flushes } of tiers) {
  describe(`on ${tier}`, () => {
    for (const { family, make: cases } of families) {
      test.skipIf(missing !== undefined)(`${family} agree with the reference${missing === undefined ? "" : ` (${missing})`}`, () => {
        const { cases: all, wants } = prepared(family, cases);
        const gots = computedBy(
          make(),
          "table",
          all.map(({ y }) => y),
        );
        expect(all.flatMap((one, i) => problems(one, gots[i]!, wants[i]!, flushes)).join("\n")).toBe("");
      });
    }
  });
}

/** What is wrong with a result: its first three elements that are. */
function problems(one: Case, got: ArrayLike<number>, want: Float64Array, flushes: boolean): string[] {
  if (got.length !== sizeOf(one.y.shape)) return [`${one.name}: ${got.length} elements`];
  const found = [...want].flatMap((value, j) => {
    if (one.except?.(j, value) === true) return [];
    const problem = difference(got[j]!, value, one, flushes);
    return problem === undefined
      ? []
      : [`${one.name} [${j}]${argumentsAt(one.y, j)} is ${got[j]}, the reference says ${value}: ${problem}`];
  });
  return found.length > 3 ? [...found.slice(0, 3), `... and ${found.length - 3} more`] : found;
}

/** What a row was given at a place, for the message. */
function argumentsAt({ node }: Tensor, place: number): string {
  if (node.op.kind !== "elementwise") return "";
  const values = node.inputs.map((x) => (x.attributes as { data?: ArrayLike<number> } | undefined)?.data?.[place]);
  return `(${values.join(", ")})`;
}

test("every row of the table was among them", () => {
  const seen = new Set(
    families.flatMap(({ family, make }) => topological(prepared(family, make).cases.map(({ y }) => y.node)).map((node) => node.op.name)),
  );
  const elsewhere = ["input", "buffer", "stopGradient"];
  expect(Object.keys(table).filter((name) => !seen.has(table[name]!.name) && !elsewhere.includes(name))).toEqual([]);
});
