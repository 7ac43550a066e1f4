import { GradsmithError } from "../core/errors.ts";
import type { Apply, Expr, Instruction, Transcendental } from "../ir/expr.ts";
import { isFloating } from "../ir/expr.ts";
import { withOperands } from "../ir/operands.ts";
import { erf } from "./approximations/erf.ts";
import { exp } from "./approximations/exp.ts";
import { expm1 } from "./approximations/expm1.ts";
import { log } from "./approximations/log.ts";
import { log1p } from "./approximations/log1p.ts";
import { pow } from "./approximations/pow.ts";
import { tanh } from "./approximations/tanh.ts";
import { cos, sin, tan } from "./approximations/trigonometry.ts";

type Expansion = (x: Expr, y: Expr) => Expr;

const expansions: Readonly<Record<Transcendental, Expansion>> = { exp, expm1, log, log1p, sin, cos, tan, tanh, erf, pow };

/** Whether an instruction is one that `expand` removes. */
export const isTranscendental = (instruction: Instruction): instruction is Transcendental => Object.hasOwn(expansions, instruction);

/**
 * The expression with every transcendental written in basic instructions. What was shared stays shared, and what needs no change is
 * returned as it is. `memo` keeps results from one call to the next, for expressions that share parts.
 */
export function expand(expr: Expr, memo: Map<Expr, Expr> = new Map()): Expr {
  const before = memo.get(expr);
  if (before !== undefined) return before;
  const expanded = withOperands(expr, (operand) => expand(operand, memo));
  const after = expanded.kind === "apply" && isTranscendental(expanded.instruction) ? expansion(expanded) : expanded;
  memo.set(expr, after);
  return after;
}

function expansion(expr: Apply): Expr {
  const { args } = expr;
  const name = expr.instruction as Transcendental;
  if (!isFloating(expr.dtype) && name !== "pow")
    throw new GradsmithError("internal", "expand", `${name} of ${expr.dtype}.`, "Cast to a float first.");
  return expansions[name](args[0]!, args[1] ?? args[0]!);
}
