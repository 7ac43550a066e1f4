import type { Expr } from "./expr.ts";
import { i32 } from "./expr.ts";
import type { Statement } from "./kernel.ts";

/** What a loop from `start` to `end` does; where that is one turn, without a loop. */
export function loopOver(
  variable: string,
  [start, end, step]: readonly [start: number, end: number, step: number],
  body: readonly Statement[],
): Statement[] {
  return end - start === step
    ? [{ kind: "let", name: variable, value: i32(start) }, ...body]
    : [{ kind: "loop", variable, start: i32(start), end: i32(end), step, body }];
}

/** The statements with every expression changed; what is inside an `if` only where `guarded` is not "kept". */
export function withExpressions(
  statements: readonly Statement[],
  change: (expr: Expr) => Expr,
  { guarded = "changed" }: { readonly guarded?: "changed" | "kept" } = {},
): Statement[] {
  return statements.map((statement): Statement => {
    switch (statement.kind) {
      case "let":
      case "declare":
      case "assign":
        return { ...statement, value: change(statement.value) };
      case "store":
        return { ...statement, index: change(statement.index), value: change(statement.value) };
      case "multiply": {
        const moved = <T extends { readonly index: Expr }>(operand: T): T => ({ ...operand, index: change(operand.index) });
        return { ...statement, left: moved(statement.left), right: moved(statement.right) };
      }
      case "loop": {
        const body = withExpressions(statement.body, change, { guarded });
        return { ...statement, start: change(statement.start), end: change(statement.end), body };
      }
      case "if":
        if (guarded === "kept") return statement;
        return { ...statement, condition: change(statement.condition), body: withExpressions(statement.body, change) };
    }
  });
}
