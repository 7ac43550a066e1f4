import type { Expr } from "../../ir/expr.ts";
import type { Statement } from "../../ir/kernel.ts";
import type { Facts, Linear } from "./linear.ts";
import { isNonNegative, linear, volatileLevel } from "./linear.ts";
import { exprsOf, walkExpr } from "./walk.ts";

interface Visit {
  readonly facts: Facts;
  /** Loops around the statements. */
  readonly depth: number;
  readonly visit: (buffer: number, index: Linear) => void;
}

/** Calls `visit` with the index (of the first lane) of every evenly spaced access in the statements. */
export function visitAccesses(statements: readonly Statement[], { facts: outer, depth, visit }: Visit): void {
  const facts = new Map(outer);
  const access = (buffer: number, index: Expr): void => {
    const position = linear(index, facts);
    if (position !== undefined) visit(buffer, { ...position, step: 0 });
  };
  for (const statement of statements) {
    for (const expr of exprsOf(statement)) {
      walkExpr(expr, (inner) => {
        if (inner.kind === "load") access(inner.buffer, inner.index);
      });
    }
    if (statement.kind === "store") access(statement.buffer, statement.index);
    if (statement.kind === "let" || statement.kind === "declare") learn(facts, statement, depth);
    if (statement.kind === "if") visitAccesses(statement.body, { facts, depth, visit });
    if (statement.kind === "loop") {
      const inside = new Map(facts);
      inside.set(statement.variable, { level: depth + 1, nonNegative: isNonNegative(statement.start, facts), value: undefined });
      visitAccesses(statement.body, { facts: inside, depth: depth + 1, visit });
    }
  }
}

/** Adds what a `let` or `declare` says about its name. */
export function learn(facts: Facts, statement: Statement & { kind: "let" | "declare" }, depth: number): void {
  const { kind, name, value } = statement;
  if (kind === "declare") {
    facts.set(name, { level: volatileLevel, nonNegative: false, value: undefined });
    return;
  }
  const known = value.dtype === "i32" ? linear(value, facts) : undefined;
  const isSum = known?.terms.every(({ atom }) => atom.expr.kind === "local" && atom.level !== volatileLevel) ?? false;
  facts.set(name, { level: depth + 0.5, nonNegative: isNonNegative(value, facts), value: isSum ? known : undefined });
}
