import type { Expr, Local } from "../ir/expr.ts";
import { local } from "../ir/expr.ts";
import type { KernelBuffer, Statement } from "../ir/kernel.ts";
import { Interner } from "./intern.ts";

/**
 * Afterwards no expression is computed twice in a block, and none inside a loop that doesn't depend on it: such values have a `let`.
 * Index arithmetic stays where it is, since targets turn it into running addresses.
 */
export function bind(body: readonly Statement[], rangeVariable: string, buffers: readonly KernelBuffer[], intern = new Interner()): Statement[] {
  return new Binder(buffers, intern).block(body, new Set([rangeVariable]));
}

interface Facts {
  /** Names of the locals it reads. */
  readonly locals: ReadonlySet<string>;
  /** Buffers it loads from that the kernel writes. */
  readonly written: ReadonlySet<number>;
}

class Binder {
  readonly #buffers: readonly KernelBuffer[];
  readonly #intern: Interner;
  readonly #facts = new Map<Expr, Facts>();
  readonly #mutable = new Set<string>();
  #names = 0;

  constructor(buffers: readonly KernelBuffer[], intern: Interner) {
    this.#buffers = buffers;
    this.#intern = intern;
  }

  /** `defined` are the names that exist where the block begins. */
  block(statements: readonly Statement[], defined: ReadonlySet<string>): Statement[] {
    const names = new Set(defined);
    const out: Statement[] = [];
    const available = new Map<Expr, Local>();
    const interned = statements.map((statement) => internStatement(statement, this.#intern));
    for (const statement of interned) if (statement.kind === "declare") this.#mutable.add(statement.name);
    const uses = this.#countUses(interned);
    const give = (value: Expr): Local => {
      const name = `c${this.#names++}`;
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
    for (const statement of interned) {
      switch (statement.kind) {
        case "let":
        case "declare": {
          const value = rewrite(statement.value);
          out.push({ ...statement, value });
          names.add(statement.name);
          if (statement.kind === "let" && isWorthNaming(statement.value)) {
            available.set(statement.value, local(statement.name, value.dtype, value.lanes));
          }
          break;
        }
        case "assign":
          out.push({ ...statement, value: rewrite(statement.value) });
          forget(available, (expr) => this.facts(expr).locals.has(statement.name));
          break;
        case "store":
          out.push({ ...statement, index: rewrite(statement.index), value: rewrite(statement.value) });
          forget(available, (expr) => this.facts(expr).written.has(statement.buffer));
          break;
        case "if": {
          const condition = rewrite(statement.condition);
          const inside = replaceIn(statement.body, (x) => this.#substitute(x, available));
          out.push({ ...statement, condition, body: this.block(inside, names) });
          this.#forgetWritten(statement.body, available);
          break;
        }
        case "loop": {
          this.#forgetWritten(statement.body, available);
          // Values that don't change in the loop are computed before it.
          const outside = new Set(names);
          const invariant = new Set<Expr>();
          const seen = new Set<Expr>();
          const find = (expr: Expr): Expr => {
            if (seen.has(expr) || available.has(expr)) return expr;
            seen.add(expr);
            if (isWorthNaming(expr) && this.#isInvariant(expr, outside)) invariant.add(expr);
            else for (const part of partsOf(expr)) find(part);
            return expr;
          };
          replaceIn(statement.body, find);
          for (const expr of invariant) this.#countIn(expr, uses);
          for (const expr of invariant) if (!available.has(expr)) available.set(expr, give(expr));
          const hoisted = new Map<Expr, Expr>();
          const hoist = (expr: Expr): Expr => {
            const known = available.get(expr) ?? hoisted.get(expr);
            if (known !== undefined) return known;
            const rebuilt = this.#rebuild(expr, hoist);
            hoisted.set(expr, rebuilt);
            return rebuilt;
          };
          const body = replaceIn(statement.body, hoist);
          const loop = { ...statement, start: rewrite(statement.start), end: rewrite(statement.end) };
          out.push({ ...loop, body: this.block(body, new Set([...names, statement.variable])) });
          break;
        }
      }
    }
    return out;
  }

  facts(expr: Expr): Facts {
    const known = this.#facts.get(expr);
    if (known !== undefined) return known;
    const locals = new Set<string>();
    const written = new Set<number>();
    if (expr.kind === "local") locals.add(expr.name);
    if (expr.kind === "load" && this.#buffers[expr.buffer]!.access !== "read") written.add(expr.buffer);
    for (const part of partsOf(expr)) {
      const { locals: l, written: w } = this.facts(part);
      for (const name of l) locals.add(name);
      for (const buffer of w) written.add(buffer);
    }
    const facts = { locals, written };
    this.#facts.set(expr, facts);
    return facts;
  }

  #isInvariant(expr: Expr, outside: ReadonlySet<string>): boolean {
    const { locals, written } = this.facts(expr);
    if (written.size > 0) return false;
    for (const name of locals) if (!outside.has(name) || this.#mutable.has(name)) return false;
    return true;
  }

  #forgetWritten(body: readonly Statement[], available: Map<Expr, Local>): void {
    const buffers = new Set<number>();
    const names = new Set<string>();
    const visit = (statements: readonly Statement[]): void => {
      for (const statement of statements) {
        if (statement.kind === "store") buffers.add(statement.buffer);
        if (statement.kind === "assign") names.add(statement.name);
        if (statement.kind === "loop" || statement.kind === "if") visit(statement.body);
      }
    };
    visit(body);
    forget(available, (expr) => {
      const facts = this.facts(expr);
      return [...facts.written].some((buffer) => buffers.has(buffer)) || [...facts.locals].some((name) => names.has(name));
    });
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
    if (expr.kind !== "load") for (const part of partsOf(expr)) this.#countIn(part, uses);
    else if (hasLoad(expr.index)) this.#countIn(expr.index, uses);
  }

  #substitute(expr: Expr, available: ReadonlyMap<Expr, Local>): Expr {
    return available.get(expr) ?? this.#rebuild(expr, (part) => this.#substitute(part, available));
  }

  #rebuild(expr: Expr, change: (part: Expr) => Expr): Expr {
    return this.#intern.expr(rebuild(expr, change));
  }
}

function forget(available: Map<Expr, Local>, stale: (expr: Expr) => boolean): void {
  for (const expr of available.keys()) if (stale(expr)) available.delete(expr);
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
  const has = expr.kind === "load" || partsOf(expr).some(hasLoad);
  loads.set(expr, has);
  return has;
}

export function partsOf(expr: Expr): readonly Expr[] {
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

function rebuild(expr: Expr, change: (part: Expr) => Expr): Expr {
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
  }
}

/** The statements with every expression changed. */
function replaceIn(statements: readonly Statement[], change: (expr: Expr) => Expr): Statement[] {
  return statements.map((statement): Statement => {
    switch (statement.kind) {
      case "let":
      case "declare":
      case "assign":
        return { ...statement, value: change(statement.value) };
      case "store":
        return { ...statement, index: change(statement.index), value: change(statement.value) };
      case "loop":
        return { ...statement, start: change(statement.start), end: change(statement.end), body: replaceIn(statement.body, change) };
      case "if":
        // What is guarded stays guarded.
        return statement;
    }
  });
}

function internStatement(statement: Statement, intern: Interner): Statement {
  switch (statement.kind) {
    case "let":
    case "declare":
    case "assign":
      return { ...statement, value: intern.expr(statement.value) };
    case "store":
      return { ...statement, index: intern.expr(statement.index), value: intern.expr(statement.value) };
    case "loop":
      return {
        ...statement,
        start: intern.expr(statement.start),
        end: intern.expr(statement.end),
        body: statement.body.map((inner) => internStatement(inner, intern)),
      };
    case "if":
      return { ...statement, condition: intern.expr(statement.condition), body: statement.body.map((inner) => internStatement(inner, intern)) };
  }
}
