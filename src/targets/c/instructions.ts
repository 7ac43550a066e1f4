import { GradsmithError } from "../../core/errors.ts";
import type { Apply, Basic, Expr } from "../../ir/expr.ts";
import { absFunction, divisionFunction, extremeFunction, limitFunction, roundingFunction, selectFunction } from "./arithmetic.ts";
import type { ExpressionPrinter } from "./expression.ts";
import { isFloatRegister, registerLane } from "./lane-type.ts";
import type { Text } from "./text.ts";
import { binary, call, levels, prefix, within } from "./text.ts";

type Spell = (expr: Apply, printer: ExpressionPrinter) => Text;

const first = (expr: Apply): Expr => expr.args[0]!;
const infix =
  (operator: string, level: Text["level"]): Spell =>
  (expr, printer) =>
    printer.infix(operator, level, expr.args[0]!, expr.args[1]!);
const bitwise = { and: infix("&", levels.bits), or: infix("|", levels.bits), xor: infix("^", levels.bits) };
/** One spelling for numbers and one for bools. */
const orBool =
  (numbers: Spell, bools: Spell): Spell =>
  (expr, printer) =>
    (first(expr).dtype === "bool" ? bools : numbers)(expr, printer);
const itself: Spell = (expr, printer) => printer.value(first(expr));

const comparison =
  (operator: string, level: Text["level"]): Spell =>
  (expr, printer) =>
    printer.mask(printer.infix(operator, level, expr.args[0]!, expr.args[1]!), first(expr));

const rounding =
  (which: "sqrt" | "floor" | "ceil" | "trunc" | "round"): Spell =>
  (expr, printer) => {
    if (isFloatRegister(expr.dtype))
      return call(roundingFunction(printer.prelude, which, expr.dtype, expr.lanes), printer.value(first(expr)));
    if (which === "sqrt") throw new GradsmithError("internal", "printC", `sqrt of ${expr.dtype} has no meaning.`, "Cast to f32 first.");
    return itself(expr, printer);
  };

const limit =
  (which: "max" | "min"): Spell =>
  (expr, printer) => {
    const [x, y] = expr.args as readonly [Expr, Expr];
    const lane = registerLane[expr.dtype];
    // With a number on one side, the machine's instruction gives NaN when the other side is NaN, provided the number comes first.
    const number = [x, y].find(isNumber);
    if (number === undefined) return call(limitFunction(printer.prelude, which, lane, expr.lanes), printer.value(x), printer.value(y));
    return call(
      extremeFunction(printer.prelude, which === "max" ? "larger" : "smaller", lane, expr.lanes),
      printer.value(number),
      printer.value(number === x ? y : x),
    );
  };

const isNumber = (expr: Expr): boolean =>
  expr.kind === "splat" ? isNumber(expr.x) : expr.kind === "constant" && !Number.isNaN(expr.value);
const numberOf = (expr: Expr): number | undefined =>
  expr.kind === "splat" ? numberOf(expr.x) : expr.kind === "constant" ? expr.value : undefined;

const division =
  (which: "div" | "rem"): Spell =>
  (expr, printer) => {
    const [x, y] = expr.args as readonly [Expr, Expr];
    if (expr.dtype === "bool")
      throw new GradsmithError("internal", "printC", `${which} of bools has no meaning.`, "Cast to a number first.");
    const divisor = numberOf(y);
    const isPlain = isFloatRegister(expr.dtype) ? which === "div" : divisor !== undefined && divisor !== 0 && divisor !== -1;
    if (isPlain) return printer.infix(which === "div" ? "/" : "%", levels.mul, x, y);
    return call(divisionFunction(printer.prelude, which, registerLane[expr.dtype], expr.lanes), printer.value(x), printer.value(y));
  };

const shift =
  (operator: "<<" | ">>"): Spell =>
  (expr, printer) => {
    const [x, y] = expr.args as readonly [Expr, Expr];
    const by = numberOf(y);
    if (by !== undefined && by >= 0 && by < 32) return printer.infix(operator, levels.shift, x, y);
    const masked = binary("&", levels.bits, printer.value(y), { code: y.dtype === "u32" ? "31u" : "31", level: levels.primary });
    return binary(operator, levels.shift, printer.value(x), masked);
  };

const select: Spell = (expr, printer) => {
  const [condition, x, y] = expr.args as readonly [Expr, Expr, Expr];
  const whole = condition.kind === "splat" ? condition.x : condition;
  if (whole.lanes === 1) {
    // GCC wants vectors of the very same type on both sides, and sums of vectors lose the attributes of their type's name.
    const type = expr.lanes === 1 ? "" : `(${printer.prelude.type(registerLane[expr.dtype], expr.lanes)})`;
    const side = (value: Expr): string =>
      type === "" ? within(printer.value(value), levels.bits) : `${type}(${printer.value(value).code})`;
    return { code: `${within(printer.value(whole), levels.bits)} ? ${side(x)} : ${side(y)}`, level: levels.choice };
  }
  return call(
    selectFunction(printer.prelude, registerLane[expr.dtype], expr.lanes),
    printer.value(condition),
    printer.value(x),
    printer.value(y),
  );
};

/** `x * y + z`, which the compiler contracts to one instruction where there is one. */
const fma: Spell = (expr, printer) => {
  const [x, y, z] = expr.args as readonly [Expr, Expr, Expr];
  const product = printer.infix("*", levels.mul, x, y);
  return binary("+", levels.add, product, printer.operand(z, x.kind === "splat" ? y : x));
};

const inverted = (printer: ExpressionPrinter, x: Expr): Text => prefix(x.lanes === 1 ? "!" : "~", printer.value(x));

/** Every basic instruction in C. The functions called are in `arithmetic.ts`. */
export const spellings: Readonly<Record<Basic, Spell>> = {
  neg: orBool((expr, printer) => prefix("-", printer.value(first(expr))), itself),
  abs: (expr, printer) =>
    expr.dtype === "u32" || expr.dtype === "bool"
      ? itself(expr, printer)
      : call(absFunction(printer.prelude, expr.dtype, expr.lanes), printer.value(first(expr))),
  sqrt: rounding("sqrt"),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  trunc: rounding("trunc"),
  round: rounding("round"),
  not: orBool(
    (expr, printer) => prefix("~", printer.value(first(expr))),
    (expr, printer) => inverted(printer, first(expr)),
  ),
  add: orBool(infix("+", levels.add), bitwise.or),
  sub: orBool(infix("-", levels.add), bitwise.xor),
  mul: orBool(infix("*", levels.mul), bitwise.and),
  div: division("div"),
  rem: division("rem"),
  min: orBool(limit("min"), bitwise.and),
  max: orBool(limit("max"), bitwise.or),
  less: orBool(comparison("<", levels.relation), (expr, printer) =>
    binary("&", levels.bits, inverted(printer, expr.args[0]!), printer.value(expr.args[1]!)),
  ),
  lessEqual: orBool(comparison("<=", levels.relation), (expr, printer) =>
    binary("|", levels.bits, inverted(printer, expr.args[0]!), printer.value(expr.args[1]!)),
  ),
  equal: comparison("==", levels.equality),
  notEqual: comparison("!=", levels.equality),
  and: bitwise.and,
  or: bitwise.or,
  xor: bitwise.xor,
  shl: shift("<<"),
  shr: shift(">>"),
  select,
  fma: orBool(fma, (expr, printer) =>
    binary(
      "|",
      levels.bits,
      binary("&", levels.bits, printer.value(expr.args[0]!), printer.value(expr.args[1]!)),
      printer.value(expr.args[2]!),
    ),
  ),
};

export const spellTranscendental: Spell = (expr) => {
  throw new GradsmithError(
    "internal",
    "printC",
    `${expr.instruction} reached the C target.`,
    "Compile with limits whose expandTranscendentals is true.",
  );
};
