import { meanings } from "../src/ir/evaluate.ts";
import type { Apply, Expr, Outlined } from "../src/ir/expr.ts";
import { convertNumber } from "../src/ir/meanings.ts";
import { withOperands } from "../src/ir/operands.ts";

/**
 * A scalar expression over locals as a machine would compute it: every step rounded to its type, `fma` with one rounding (`fused`) or as a
 * multiplication and an addition.
 */
export function roundedFunction(expr: Expr, names: readonly string[], fused: boolean): (args: readonly number[]) => number {
  const registers: number[] = names.map(() => 0);
  const steps: (() => number)[] = [];
  const places = new Map<Expr, number>();
  const place = (e: Expr): number => {
    const before = places.get(e);
    if (before !== undefined) return before;
    const here = e.kind === "local" ? names.indexOf(e.name) : registers.push(0) - 1;
    if (e.kind !== "local") {
      const compute = step(e);
      const round = e.dtype === "f32" ? (): number => Math.fround(compute()) : compute;
      steps.push(() => (registers[here] = round()));
    }
    places.set(e, here);
    return here;
  };
  const step = (e: Expr): (() => number) => {
    switch (e.kind) {
      case "constant":
        return () => e.value;
      case "apply":
        return applied(e, e.args.map(place));
      // All lanes are alike.
      case "splat":
      case "across": {
        const from = place(e.x);
        return () => registers[from]!;
      }
      case "rare": {
        const [when, common, x] = [e.when, e.common, e.x].map(place) as [number, number, number];
        const call = outlinedFunction(e.call, fused);
        return () => (registers[when] === 0 ? registers[common]! : call(registers[x]!));
      }
      case "convert": {
        const from = place(e.x);
        return () => convertNumber(e, registers[from]!);
      }
      default:
        throw new Error(`a scalar expression was expected, not a ${e.kind}`);
    }
  };
  const applied = (e: Apply, from: readonly number[]): (() => number) => {
    const meaning = meanings[e.instruction];
    const [x, y, z] = from as [number, number, number];
    if (e.instruction !== "fma")
      return () =>
        meaning(
          from.map((i) => registers[i]!),
          e.dtype,
        );
    if (e.dtype === "f64" && fused) return () => fusedDouble(registers[x]!, registers[y]!, registers[z]!);
    if (fused) return () => registers[x]! * registers[y]! + registers[z]!;
    const round = e.dtype === "f32" ? Math.fround : (value: number): number => value;
    return () => round(registers[x]! * registers[y]!) + registers[z]!;
  };
  const result = place(expr);
  return (args) => {
    for (let i = 0; i < args.length; i++) registers[i] = args[i]!;
    for (const run of steps) run();
    return registers[result]!;
  };
}

function outlinedFunction({ parameter, body }: Outlined, fused: boolean): (x: number) => number {
  const values = new Map<string, Expr>();
  const inlined = (expr: Expr): Expr => (expr.kind === "local" ? (values.get(expr.name) ?? expr) : withOperands(expr, inlined));
  for (const { name, value } of body) values.set(name, inlined(value));
  const compute = roundedFunction(values.get(body.at(-1)!.name)!, [parameter.name], fused);
  return (x) => compute([x]);
}

/** x·y + z with the product in twice the bits (Dekker) and, but for ties of the sum, one rounding. */
function fusedDouble(x: number, y: number, z: number): number {
  const product = x * y;
  const rest = productError(x, y, product);
  const sum = product + z;
  if (!Number.isFinite(rest) || !Number.isFinite(sum)) return sum;
  const back = sum - product;
  const correction = product - (sum - back) + (z - back) + rest;
  return correction === 0 ? sum : sum + correction;
}

function productError(x: number, y: number, product: number): number {
  const split = (v: number): readonly [number, number] => {
    const shifted = v * 134217729;
    const high = shifted - (shifted - v);
    return [high, v - high];
  };
  const [xh, xl] = split(x);
  const [yh, yl] = split(y);
  return xl * yl - (product - xh * yh - xl * yh - xh * yl);
}
