import type { Expr } from "../ir/expr.ts";
import type { Kernel, Statement } from "../ir/kernel.ts";
import { operandsOf } from "../ir/operands.ts";

/** What a kernel touches of a buffer in iteration `i` of its range: elements `stride · i + first` to `stride · i + last`. */
export interface Slice {
  readonly stride: number;
  readonly first: number;
  readonly last: number;
}

/** An integer in iteration `i`: `scale · i` and something from `least` to `most`. */
interface Span {
  readonly scale: number;
  readonly least: number;
  readonly most: number;
}

/**
 * For each buffer the slice that a kernel touches in an iteration; undefined where it may be anywhere. With `times`, an iteration is that many
 * neighbouring ones of the range.
 */
export function slicesOf({ buffers, range, body }: Kernel, times = 1): readonly (Slice | undefined)[] {
  const found = buffers.map((): Slice | "nothing" | undefined => "nothing");
  const names = new Map<string, Span | undefined>([[range.variable, { scale: times, least: 0, most: times - 1 }]]);
  const spans = new Map<Expr, Span | undefined>();

  const span = (expr: Expr): Span | undefined => {
    if (!spans.has(expr)) spans.set(expr, expr.dtype === "i32" ? spanOf(expr, names, span) : undefined);
    return spans.get(expr);
  };
  const touch = (buffer: number, index: Expr, lanes: number): void => {
    const before = found[buffer];
    const at = span(index);
    const last = at === undefined ? 0 : at.most + (index.lanes === 1 ? lanes - 1 : 0);
    if (at === undefined || before === undefined || !Number.isFinite(at.least + last)) found[buffer] = undefined;
    else if (before === "nothing") found[buffer] = { stride: at.scale, first: at.least, last };
    else if (before.stride !== at.scale) found[buffer] = undefined;
    else found[buffer] = { stride: at.scale, first: Math.min(at.least, before.first), last: Math.max(last, before.last) };
  };
  const read = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind === "load") touch(expr.buffer, expr.index, expr.lanes);
    operandsOf(expr).forEach(read);
  };
  const seen = new Set<Expr>();
  const visit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      switch (statement.kind) {
        case "let":
          read(statement.value);
          names.set(statement.name, span(statement.value));
          break;
        case "declare":
        case "assign":
          read(statement.value);
          break;
        case "store":
          read(statement.index);
          read(statement.value);
          touch(statement.buffer, statement.index, statement.count ?? Math.max(statement.value.lanes, statement.index.lanes));
          break;
        case "multiply":
          for (const buffer of [statement.buffer, statement.left.buffer, statement.right.buffer]) found[buffer] = undefined;
          break;
        case "if":
          read(statement.condition);
          visit(statement.body);
          break;
        case "loop":
          read(statement.start);
          read(statement.end);
          names.set(statement.variable, turnsOf(span(statement.start), span(statement.end), statement.step));
          visit(statement.body);
          break;
      }
    }
  };
  visit(body);
  return found.map((slice) => (slice === "nothing" ? { stride: 0, first: 0, last: -1 } : slice));
}

/** The values of a loop's variable. */
function turnsOf(start: Span | undefined, end: Span | undefined, step: number): Span | undefined {
  if (start === undefined || end === undefined || start.scale !== end.scale) return undefined;
  const turns = start.least === start.most ? Math.floor((end.most - 1 - start.least) / step) * step : end.most - 1 - start.least;
  return { scale: start.scale, least: start.least, most: start.least + turns };
}

function spanOf(expr: Expr, names: ReadonlyMap<string, Span | undefined>, span: (expr: Expr) => Span | undefined): Span | undefined {
  switch (expr.kind) {
    case "constant":
      return { scale: 0, least: expr.value, most: expr.value };
    case "local":
      return names.get(expr.name);
    case "splat":
      return span(expr.x);
    case "ramp": {
      const base = span(expr.base);
      const reach = expr.step * (expr.lanes - 1);
      return base && { scale: base.scale, least: base.least + Math.min(0, reach), most: base.most + Math.max(0, reach) };
    }
    case "apply": {
      const args = expr.args.map(span);
      const [x, y] = args;
      return x === undefined || y === undefined || args.length !== 2 ? undefined : combined(expr.instruction, x, y);
    }
    default:
      return undefined;
  }
}

function combined(instruction: string, x: Span, y: Span): Span | undefined {
  switch (instruction) {
    case "add":
      return { scale: x.scale + y.scale, least: x.least + y.least, most: x.most + y.most };
    case "sub":
      return { scale: x.scale - y.scale, least: x.least - y.most, most: x.most - y.least };
    case "mul":
      return isFixed(y) ? scaled(x, y.least) : isFixed(x) ? scaled(y, x.least) : undefined;
    case "min":
      // Of something that moves and something that doesn't, only the bound that moves along is known.
      if (x.scale !== y.scale) return { ...(x.scale === 0 ? y : x), least: Number.NEGATIVE_INFINITY };
      return { scale: x.scale, least: Math.min(x.least, y.least), most: Math.min(x.most, y.most) };
    case "div":
      // Rounds down where nothing is negative, and then what moves by whole divisors stays apart from the rest.
      if (!isFixed(y) || x.least < 0 || x.scale < 0 || y.least <= 0 || x.scale % y.least !== 0) return undefined;
      return { scale: x.scale / y.least, least: Math.floor(x.least / y.least), most: Math.floor(x.most / y.least) };
    case "rem":
      if (!isFixed(y) || x.least < 0 || x.scale < 0 || y.least <= 0 || x.scale % y.least !== 0) return undefined;
      return x.most < y.least ? { ...x, scale: 0 } : { scale: 0, least: 0, most: y.least - 1 };
    default:
      return undefined;
  }
}

const isFixed = ({ scale, least, most }: Span): boolean => scale === 0 && least === most;

const scaled = ({ scale, least, most }: Span, by: number): Span => {
  const [a, b] = [least * by, most * by];
  return { scale: scale * by, least: Math.min(a, b), most: Math.max(a, b) };
};
