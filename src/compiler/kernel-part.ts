import type { Expr } from "../ir/expr.ts";
import { add, constant, local, mul, sub } from "../ir/expr.ts";
import type { Kernel, Statement } from "../ir/kernel.ts";
import { withOperands } from "../ir/operands.ts";
import { Interner } from "./intern.ts";

interface Part {
  /** The range's variable of the whole, and how many iterations of the kernel are one of the whole. */
  readonly variable: string;
  readonly times: number;
  /** Told apart from the names of others by this. */
  readonly suffix: string;
  /** For each buffer its place in the whole. */
  readonly places: ReadonlyMap<number, number>;
  /** Buffers that have memory for one iteration of the whole only, and its elements. */
  readonly moved: ReadonlyMap<number, number>;
}

/** The statements of a kernel as a part of a larger one's. */
export function asPart({ range, body }: Kernel, { variable, times, suffix, places, moved }: Part): Statement[] {
  const whole = local(variable, "i32");
  const own = `${range.variable}${suffix}`;
  const intern = new Interner();
  const done = new Map<Expr, Expr>();
  const change = (expr: Expr): Expr => {
    const known = done.get(expr);
    if (known !== undefined) return known;
    const changed =
      expr.kind === "local"
        ? expr.name === range.variable && times === 1
          ? whole
          : { ...expr, name: `${expr.name}${suffix}` }
        : expr.kind === "load"
          ? { ...expr, buffer: places.get(expr.buffer)!, index: placed(expr.buffer, expr.index) }
          : withOperands(expr, change);
    done.set(expr, changed);
    return changed;
  };
  const placed = (buffer: number, index: Expr): Expr => {
    const stride = moved.get(buffer);
    return stride === undefined ? change(index) : intern.expr(sub(change(index), mul(whole, constant(stride, "i32"))));
  };
  const renamed = (statements: readonly Statement[]): Statement[] =>
    statements.map((statement): Statement => {
      switch (statement.kind) {
        case "let":
        case "declare":
        case "assign":
          return { ...statement, name: `${statement.name}${suffix}`, value: change(statement.value) };
        case "store": {
          const { buffer, index, value } = statement;
          return { ...statement, buffer: places.get(buffer)!, index: placed(buffer, index), value: change(value) };
        }
        case "loop": {
          const [start, end] = [change(statement.start), change(statement.end)];
          return { ...statement, variable: `${statement.variable}${suffix}`, start, end, body: renamed(statement.body) };
        }
        case "if":
          return { ...statement, condition: change(statement.condition), body: renamed(statement.body) };
        case "multiply": {
          const operand = ({ buffer, index, stride }: typeof statement.left): typeof statement.left => ({
            buffer: places.get(buffer)!,
            index: placed(buffer, index),
            stride,
          });
          const [left, right] = [operand(statement.left), operand(statement.right)];
          return { ...statement, buffer: places.get(statement.buffer)!, left, right };
        }
      }
    });
  const statements = renamed(body);
  if (times === 1) return statements;
  const start = mul(whole, constant(times, "i32"));
  return [{ kind: "loop", variable: own, start, end: add(start, constant(times, "i32")), step: 1, body: statements }];
}
