import { GradsmithError } from "../../core/errors.ts";
import { meanings } from "../../ir/evaluate.ts";
import type { Expr } from "../../ir/expr.ts";
import { convertNumber } from "../../ir/meanings.ts";

type Step = (registers: number[]) => number;

/**
 * A scalar expression over the named locals as a JavaScript function of their values. Each distinct subexpression gets a register and is
 * computed once.
 */
export function closure(expr: Expr, names: readonly string[]): (args: ArrayLike<number>) => number {
  const steps: Step[] = [];
  const registers: number[] = new Array<number>(names.length).fill(0);
  const places = new Map<Expr, number>();
  const place = (e: Expr): number => {
    const before = places.get(e);
    if (before !== undefined) return before;
    const here = e.kind === "local" ? named(e.name) : push(step(e));
    places.set(e, here);
    return here;
  };
  const named = (name: string): number => {
    const found = names.indexOf(name);
    if (found < 0)
      throw new GradsmithError("internal", "reference", `an expression uses "${name}", which is not one of ${names.join(", ")}.`);
    return found;
  };
  const push = (next: Step): number => {
    steps.push(next);
    registers.push(0);
    return registers.length - 1;
  };
  const step = (e: Expr): Step => {
    switch (e.kind) {
      case "constant":
        return () => e.value;
      case "apply": {
        const from = e.args.map(place);
        const args = new Array<number>(from.length).fill(0);
        const meaning = meanings[e.instruction];
        return (r) => {
          for (let i = 0; i < from.length; i++) args[i] = r[from[i]!]!;
          return meaning(args, e.dtype);
        };
      }
      case "convert": {
        const from = place(e.x);
        return (r) => convertNumber(e, r[from]!);
      }
      default:
        throw new GradsmithError("internal", "reference", `a scalar meaning contains a ${e.kind}.`);
    }
  };
  const result = place(expr);
  const first = names.length;
  return (args) => {
    for (let i = 0; i < first; i++) registers[i] = args[i]!;
    for (let i = 0; i < steps.length; i++) registers[first + i] = steps[i]!(registers);
    return registers[result]!;
  };
}
