import { GradsmithError } from "../core/errors.ts";
import type { Apply, Expr, Instruction, Transcendental } from "../ir/expr.ts";
import { erf } from "./approximations/erf.ts";
import { exp } from "./approximations/exp.ts";
import { expm1 } from "./approximations/expm1.ts";
import { log } from "./approximations/log.ts";
import { log1p } from "./approximations/log1p.ts";
import { pow } from "./approximations/pow.ts";
import { tanh } from "./approximations/tanh.ts";
import { cos, sin } from "./approximations/trigonometry.ts";

type Expansion = (x: Expr, y: Expr) => Expr;

const expansions: Readonly<Record<Transcendental, Expansion>> = { exp, expm1, log, log1p, sin, cos, tanh, erf, pow };

/** Whether an instruction is one that `expand` removes. */
export const isTranscendental = (instruction: Instruction): instruction is Transcendental => Object.hasOwn(expansions, instruction);

/**
 * The expression with every transcendental written in basic instructions. What was shared stays shared, and what needs no change is
 * returned as it is. `memo` keeps results from one call to the next, for expressions that share parts.
 */
export function expand(expr: Expr, memo: Map<Expr, Expr> = new Map()): Expr {
  const before = memo.get(expr);
  if (before !== undefined) return before;
  const after = rebuild(expr, (part) => expand(part, memo));
  memo.set(expr, after);
  return after;
}

function rebuild(expr: Expr, visit: (part: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "constant":
    case "local":
      return expr;
    case "load": {
      const index = visit(expr.index);
      return index === expr.index ? expr : { ...expr, index };
    }
    case "convert":
    case "splat":
    case "across": {
      const x = visit(expr.x);
      return x === expr.x ? expr : { ...expr, x };
    }
    case "ramp": {
      const base = visit(expr.base);
      return base === expr.base ? expr : { ...expr, base };
    }
    case "apply": {
      const args = expr.args.map(visit);
      if (isTranscendental(expr.instruction)) return expansion(expr, args);
      return args.every((x, i) => x === expr.args[i]) ? expr : { ...expr, args };
    }
  }
}

function expansion(expr: Apply, args: readonly Expr[]): Expr {
  const name = expr.instruction as Transcendental;
  const isFloat = expr.dtype === "f32" || expr.dtype === "f64";
  if (!isFloat && name !== "pow") throw new GradsmithError("internal", "expand", `${name} of ${expr.dtype}.`, "Cast to a float first.");
  return expansions[name](args[0]!, args[1] ?? args[0]!);
}
