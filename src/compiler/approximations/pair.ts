import { add, type Expr, sub } from "../../ir/expr.ts";

/** `high + low`: twice the bits of one register. */
export interface Pair {
  readonly high: Expr;
  readonly low: Expr;
}

/** The exact sum, rounded and the rest, where `low` is smaller than `high`, or `high` a multiple of low's last place (Dekker). */
export function pair(high: Expr, low: Expr): Pair {
  const sum = add(high, low);
  return { high: sum, low: add(sub(high, sum), low) };
}

/** The sum of a pair and a number, all but exact (Knuth). */
export function plus({ high, low }: Pair, x: Expr): Pair {
  const sum = add(high, x);
  const part = sub(sum, high);
  return pair(sum, add(low, add(sub(high, sub(sum, part)), sub(x, part))));
}
