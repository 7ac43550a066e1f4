import type { Expr } from "../ir/expr.ts";
import { add, constant, equal, local, select, splat, sub } from "../ir/expr.ts";
import type { Statement } from "../ir/kernel.ts";

/** Turns after which a register's sum is handed on: so few that their own rounding stays below that of one number. */
export const blockTurns = 16;
/** Turns of one register from which on a sum is long: of a contiguous axis, and where each turn is elsewhere in memory, as NumPy makes it too. */
export const longTurns = { contiguous: 64, spread: 1024 } as const;

/** A sum of f32 or f64 in registers of `lanes`, each of which adds up a part of it. */
export interface LongSum {
  readonly registers: readonly string[];
  /** The sum of all blocks so far, and what its additions have rounded away (Knuth's TwoSum; Neumaier, 1974). */
  readonly total: string;
  readonly lost: string;
  readonly dtype: "f32" | "f64";
  readonly lanes: number;
}

const zero = ({ dtype, lanes }: LongSum): Expr => splat(constant(0, dtype), lanes);
const named = ({ dtype, lanes }: LongSum, name: string): Expr => local(name, dtype, lanes);

export const declareTotals = (sum: LongSum): Statement[] =>
  [sum.total, sum.lost].map((name) => ({ kind: "declare", name, value: zero(sum) }));

/** Adds what the registers hold to the total, and empties them. `name` makes names for what lies between. */
export function handOn(sum: LongSum, name: (hint: string) => string): Statement[] {
  const out: Statement[] = [];
  const keep = (hint: string, value: Expr): Expr => {
    const kept = name(hint);
    out.push({ kind: "let", name: kept, value });
    return named(sum, kept);
  };
  const [total, lost] = [named(sum, sum.total), named(sum, sum.lost)];
  const block = keep("block", pairwise(sum.registers.map((register) => named(sum, register))));
  const next = keep("next", add(total, block));
  const taken = keep("taken", sub(next, total));
  out.push({ kind: "assign", name: sum.lost, value: add(lost, add(sub(total, sub(next, taken)), sub(block, taken))) });
  out.push({ kind: "assign", name: sum.total, value: next });
  for (const register of sum.registers) out.push({ kind: "assign", name: register, value: zero(sum) });
  return out;
}

/** The sum, after the last block: infinities leave NaN in what was lost. */
export function finished(sum: LongSum): Expr {
  const [total, lost] = [named(sum, sum.total), named(sum, sum.lost)];
  return select(equal(lost, lost), add(total, lost), total);
}

function pairwise(values: readonly Expr[]): Expr {
  if (values.length === 1) return values[0]!;
  const half = values.length / 2;
  return add(pairwise(values.slice(0, half)), pairwise(values.slice(half)));
}
