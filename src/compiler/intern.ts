import type { Expr } from "../ir/expr.ts";
import { constant } from "../ir/expr.ts";
import { fold } from "../ir/fold.ts";
import { isInteger } from "../ir/meanings.ts";
import { withOperands } from "../ir/operands.ts";

/** One object for each distinct expression, with constants folded and operations that change nothing removed. */
export class Interner {
  readonly #known = new Map<string, Expr>();
  readonly #ids = new Map<Expr, number>();
  readonly #done = new Map<Expr, Expr>();

  expr(given: Expr): Expr {
    const done = this.#done.get(given);
    if (done !== undefined) return done;
    const whole = this.#withParts(given);
    const short = shorten(whole);
    // A shortened expression may have parts that were made just now.
    const expr = this.#canonical(short === whole ? whole : this.#withParts(short));
    this.#done.set(given, expr);
    this.#done.set(expr, expr);
    return expr;
  }

  #withParts(expr: Expr): Expr {
    return withOperands(expr, (operand) => this.expr(operand));
  }

  #canonical(expr: Expr): Expr {
    const key = this.#key(expr);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, expr);
    this.#ids.set(expr, this.#ids.size);
    return expr;
  }

  /** Of an expression that has been made canonical. */
  #id(expr: Expr): number {
    return this.#ids.get(expr)!;
  }

  #key(expr: Expr): string {
    const type = `${expr.dtype}${expr.lanes}`;
    switch (expr.kind) {
      case "constant":
        return `=${type}:${Object.is(expr.value, -0) ? "-0" : expr.value}`;
      case "local":
        return `$${type}:${expr.name}`;
      case "load":
        return `@${type}:${expr.buffer}[${this.#id(expr.index)}]`;
      case "apply":
        return `${expr.instruction}${type}(${expr.args.map((x) => this.#id(x)).join()})`;
      case "convert":
        return `${expr.how}${type}(${this.#id(expr.x)})`;
      case "splat":
        return `splat${type}(${this.#id(expr.x)})`;
      case "ramp":
        return `ramp${type}(${this.#id(expr.base)},${expr.step})`;
      case "across":
        return `across${expr.instruction}${type}(${this.#id(expr.x)})`;
      case "rare":
        return `${expr.call.name}${type}(${[expr.when, expr.common, expr.x].map((x) => this.#id(x)).join()})`;
    }
  }
}

const numberOf = (expr: Expr): number | undefined =>
  expr.kind === "constant" ? expr.value : expr.kind === "splat" && expr.x.kind === "constant" ? expr.x.value : undefined;

/** Folds constants and drops operations that change nothing, whatever the value (so not x + 0 in floats, where -0 would change). */
function shorten(expr: Expr): Expr {
  if (expr.kind === "splat" && expr.x.lanes === expr.lanes) return expr.x;
  if (expr.kind === "convert" && expr.how === "cast" && expr.x.dtype === expr.dtype) return expr.x;
  if (expr.kind === "convert" && expr.lanes === 1) return fold(expr);
  if (expr.kind !== "apply") return expr;
  const [x, y, z] = expr.args;
  if (expr.lanes === 1 && expr.args.every((arg) => arg.kind === "constant")) return fold(expr);
  const a = x === undefined ? undefined : numberOf(x);
  const b = y === undefined ? undefined : numberOf(y);
  const isWhole = isInteger(expr.dtype);
  switch (expr.instruction) {
    case "mul":
      if (b === 1) return x!;
      if (a === 1) return y!;
      if (isWhole && expr.lanes === 1 && (a === 0 || b === 0)) return constant(0, expr.dtype);
      return expr;
    case "div":
      return b === 1 ? x! : expr;
    case "add":
      if (isWhole && b === 0) return x!;
      if (isWhole && a === 0) return y!;
      return expr;
    case "sub":
    case "shl":
    case "shr":
      return b === 0 && (isWhole || !Object.is(b, -0)) ? x! : expr;
    case "and":
      if (expr.dtype === "bool" && b === 1) return x!;
      if (expr.dtype === "bool" && a === 1) return y!;
      return expr;
    case "select":
      if (a !== undefined) return a !== 0 ? y! : z!;
      return y === z ? y! : expr;
    default:
      return expr;
  }
}
