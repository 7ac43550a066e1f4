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
      // Most often nothing changes: then nothing is made.
      let args: Expr[] | undefined;
      expr.args.forEach((before, i) => {
        const x = change(before);
        if (x === before) return;
        args ??= [...expr.args];
        args[i] = x;
      });
      return args === undefined ? expr : { ...expr, args };
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
  }
}
