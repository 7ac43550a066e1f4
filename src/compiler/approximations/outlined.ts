import { type Expr, type Let, local, type Outlined } from "../../ir/expr.ts";
import { bind } from "../bind.ts";

const known = new Map<string, Outlined>();

/** The function of this name, made once, so that kernels that call it can be compared. */
export function outlined(name: string, dtype: "f32" | "f64", body: (x: Expr) => Expr): Outlined {
  const before = known.get(name);
  if (before !== undefined) return before;
  const parameter = local("x", dtype);
  const made = { name, parameter, body: bind([{ kind: "let", name: "result", value: body(parameter) }], "x", []) as Let[] };
  known.set(name, made);
  return made;
}
