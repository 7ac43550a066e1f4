import type { Expr, Let, Local } from "../ir/expr.ts";
import { local } from "../ir/expr.ts";
import type { KernelBuffer, Statement } from "../ir/kernel.ts";
import { operandsOf, withOperands } from "../ir/operands.ts";
import { withExpressions } from "../ir/statements.ts";
import { Interner } from "./intern.ts";

/**
 * Afterwards no expression is computed twice in a block, and none inside a loop that doesn't depend on it: such values have a `let`.
 * Index arithmetic stays where it is, since targets turn it into running addresses.
 */
export function bind(
  body: readonly Statement[],
  rangeVariable: string,
  buffers: readonly KernelBuffer[],
  intern = new Interner(),
): Statement[] {
  const interned = withExpressions(body, (expr) => intern.expr(expr));
  return new Binder(buffers, intern).block(interned, new Set([rangeVariable]));
}

class Binder {
  readonly #buffers: readonly KernelBuffer[];
  readonly #intern: Interner;
  readonly #fragile = new Map<Expr, boolean>();
  readonly #mutable = new Set<string>();
  #names = 0;

  constructor(buffers: readonly KernelBuffer[], intern: Interner) {
    this.#buffers = buffers;
    this.#intern = intern;
  }

  /** `defined` are the names that exist where the block begins; every expression is interned. */
  block(statements: readonly Statement[], defined: ReadonlySet<string>): Statement[] {
    const names = new Set(defined);
    const out: Statement[] = [];
    const available = new Available((expr) => this.#isFragile(expr));
    for (const statement of statements) if (statement.kind === "declare") this.#mutable.add(statement.name);
    const uses = this.#countUses(statements);
    const give = (value: Expr): Local => {
      // The underscore keeps these names apart from those the lowering gives.
      const name = `e_${this.#names++}`;
      const bound = local(name, value.dtype, value.lanes);
      out.push({ kind: "let", name, value: this.#rebuild(value, (x) => rewrite(x)) });
      names.add(name);
      return bound;
    };
    const rewrite = (expr: Expr): Expr => {
      const known = available.get(expr);
      if (known !== undefined) return known;
      if ((uses.get(expr) ?? 0) >= 2 && isWorthNaming(expr)) {
        const bound = give(expr);
        available.set(expr, bound);
        return bound;
      }
      return this.#rebuild(expr, rewrite);
    };
    for (const statement of statements) {
      switch (statement.kind) {
        case "if": {
          const condition = rewrite(statement.condition);
          const memo = new Map<Expr, Expr>();
          const inside = withExpressions(statement.body, (x) => this.#substitute(x, available, memo), { guarded: "kept" });
          out.push({ ...statement, condition, body: this.block(inside, names) });
          this.#forgetWritten(statement.body, available);
          break;
        }
        case "loop": {
          this.#forgetWritten(statement.body, available);
          // Values that don't change in the loop are computed before it.
          const outside = new Set(names);
          const invariant = new Set<Expr>();
          const memo = new Map<Expr, boolean>();
          const seen = new Set<Expr>();
          const find = (expr: Expr): Expr => {
            if (seen.has(expr) || available.has(expr)) return expr;
            seen.add(expr);
            if (isWorthNaming(expr) && isOver(expr, outside, memo) && !this.#isFragile(expr)) invariant.add(expr);
            else for (const part of operandsOf(expr)) find(part);
            return expr;
          };
          withExpressions(statement.body, find, { guarded: "kept" });
          for (const expr of invariant) this.#countIn(expr, uses);
          for (const expr of invariant) if (!available.has(expr)) available.set(expr, give(expr));
          const hoisted = new Map<Expr, Expr>();
          const body = withExpressions(statement.body, (x) => this.#substitute(x, available, hoisted), { guarded: "kept" });
          const loop = { ...statement, start: rewrite(statement.start), end: rewrite(statement.end) };
          out.push({ ...loop, body: this.block(body, new Set([...names, statement.variable])) });
          break;
        }
        default: {
          const [changed] = withExpressions([statement], rewrite);
          out.push(changed!);
          this.#forgetWritten([statement], available);
          if (statement.kind !== "let" && statement.kind !== "declare") break;
          names.add(statement.name);
          const { value } = changed as Let;
          if (statement.kind === "let" && isWorthNaming(statement.value)) {
            available.set(statement.value, local(statement.name, value.dtype, value.lanes));
          }
        }
      }
    }
    return out;
  }

  /** Whether the value may change: it reads a register that is assigned, or memory that is written. */
  #isFragile(expr: Expr): boolean {
    const known = this.#fragile.get(expr);
    if (known !== undefined) return known;
    const own =
      expr.kind === "local" ? this.#mutable.has(expr.name) : expr.kind === "load" && this.#buffers[expr.buffer]!.access !== "read";
    const fragile = own || operandsOf(expr).some((part) => this.#isFragile(part));
    this.#fragile.set(expr, fragile);
    return fragile;
  }

  #forgetWritten(body: readonly Statement[], available: Available): void {
    for (const statement of body) {
      if (statement.kind === "store" || statement.kind === "multiply") available.forget(statement.buffer);
      if (statement.kind === "assign") available.forget(statement.name);
      if (statement.kind === "loop" || statement.kind === "if") this.#forgetWritten(statement.body, available);
    }
  }

  /** How often each expression is needed by the statements of a block itself, a shared one counting its parts once. */
  #countUses(statements: readonly Statement[]): Map<Expr, number> {
    const uses = new Map<Expr, number>();
    for (const statement of statements) {
      if (statement.kind === "let" || statement.kind === "declare" || statement.kind === "assign") this.#countIn(statement.value, uses);
      if (statement.kind === "store") {
        this.#countIn(statement.value, uses);
        if (hasLoad(statement.index)) this.#countIn(statement.index, uses);
      }
      if (statement.kind === "if") this.#countIn(statement.condition, uses);
    }
    return uses;
  }

  #countIn(expr: Expr, uses: Map<Expr, number>): void {
    const before = uses.get(expr) ?? 0;
    uses.set(expr, before + 1);
    if (before > 0) return;
    if (expr.kind !== "load") for (const part of operandsOf(expr)) this.#countIn(part, uses);
    else if (hasLoad(expr.index)) this.#countIn(expr.index, uses);
  }

  #substitute(expr: Expr, available: Available, memo: Map<Expr, Expr>): Expr {
    const known = available.get(expr) ?? memo.get(expr);
    if (known !== undefined) return known;
    const after = this.#rebuild(expr, (part) => this.#substitute(part, available, memo));
    memo.set(expr, after);
    return after;
  }

  #rebuild(expr: Expr, change: (part: Expr) => Expr): Expr {
    const after = withOperands(expr, change);
    return after === expr ? expr : this.#intern.expr(after);
  }
}

/** Expressions that have a name here, until something they read changes. */
class Available {
  readonly #names = new Map<Expr, Local>();
  /** Those that may become stale, and what they read: names and buffers. */
  readonly #fragile = new Map<Expr, ReadonlySet<string | number>>();
  readonly #isFragile: (expr: Expr) => boolean;

  constructor(isFragile: (expr: Expr) => boolean) {
    this.#isFragile = isFragile;
  }

  get(expr: Expr): Local | undefined {
    return this.#names.get(expr);
  }
  has(expr: Expr): boolean {
    return this.#names.has(expr);
  }

  set(expr: Expr, name: Local): void {
    this.#names.set(expr, name);
    if (!this.#isFragile(expr)) return;
    const reads = new Set<string | number>();
    const visit = (part: Expr): void => {
      if (part.kind === "local") reads.add(part.name);
      if (part.kind === "load") reads.add(part.buffer);
      operandsOf(part).forEach(visit);
    };
    visit(expr);
    this.#fragile.set(expr, reads);
  }

  /** What reads a register, by its name, or memory, by its buffer. */
  forget(changed: string | number): void {
    for (const [expr, reads] of this.#fragile) {
      if (!reads.has(changed)) continue;
      this.#names.delete(expr);
      this.#fragile.delete(expr);
    }
  }
}

/** Whether these names are all that an expression mentions. */
function isOver(expr: Expr, names: ReadonlySet<string>, memo: Map<Expr, boolean>): boolean {
  const known = memo.get(expr);
  if (known !== undefined) return known;
  const isIt = expr.kind === "local" ? names.has(expr.name) : operandsOf(expr).every((part) => isOver(part, names, memo));
  memo.set(expr, isIt);
  return isIt;
}

/** Literals and names cost nothing; integer sums are left to the addressing of loads. */
function isWorthNaming(expr: Expr): boolean {
  switch (expr.kind) {
    case "constant":
    case "local":
      return false;
    case "splat":
      return expr.x.kind !== "constant";
    case "ramp":
      return hasLoad(expr.base);
    case "apply":
      return expr.dtype !== "i32" || expr.instruction === "div" || expr.instruction === "rem" || hasLoad(expr);
    default:
      return true;
  }
}

const loads = new WeakMap<Expr, boolean>();
function hasLoad(expr: Expr): boolean {
  const known = loads.get(expr);
  if (known !== undefined) return known;
  const has = expr.kind === "load" || operandsOf(expr).some(hasLoad);
  loads.set(expr, has);
  return has;
}
