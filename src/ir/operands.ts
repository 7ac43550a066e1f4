import type { Expr } from "./expr.ts";

/** The expressions an expression is computed from. */
export function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "constant":
    case "local":
      return [];
    case "load":
      return [expr.index];
    case "apply":
      return expr.args;
    case "convert":
    case "splat":
    case "across":
      return [expr.x];
    case "ramp":
      return [expr.base];
    case "rare":
      return [expr.when, expr.common, expr.x];
  }
}

/** The expression over changed operands; itself, if none changes. */
export function withOperands(expr: Expr, change: (operand: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "constant":
    case "local":
      return expr;
    case "load": {
      const index = change(expr.index);
      return index === expr.index ? expr : { ...expr, index };
    }
    case "apply": {
      const args = expr.args.map(change);
      return args.every((x, i) => x === expr.args[i]) ? expr : { ...expr, args };
    }
    case "convert":
    case "splat":
    case "across": {
      const x = change(expr.x);
      return x === expr.x ? expr : { ...expr, x };
    }
    case "ramp": {
      const base = change(expr.base);
      return base === expr.base ? expr : { ...expr, base };
    }
    case "rare": {
      const [when, common, x] = [change(expr.when), change(expr.common), change(expr.x)];
      return when === expr.when && common === expr.common && x === expr.x ? expr : { ...expr, when, common, x };
    }
  }
}
