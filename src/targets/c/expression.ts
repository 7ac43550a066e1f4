import type { DType } from "../../core/dtype.ts";
import type { Apply, Convert, Expr, Load, RegisterType } from "../../ir/expr.ts";
import type { KernelBuffer } from "../../ir/kernel.ts";
import { acrossFunction, bitcastFunction, lanesFunction, splatFunction, truncateFunction } from "./arithmetic.ts";
import { spellings, spellTranscendental } from "./instructions.ts";
import { isFloatRegister, registerLane, storageLane } from "./lane-type.ts";
import { literal } from "./literal.ts";
import { expandFunction, gatherFunction, widenFunction } from "./memory.ts";
import type { Prelude } from "./prelude.ts";
import { rareFunction } from "./rare.ts";
import type { Text } from "./text.ts";
import { binary, call, levels, prefix, primary } from "./text.ts";

/** How a kernel's expressions are written: knows what its buffers and locals are called. */
export class ExpressionPrinter {
  readonly prelude: Prelude;
  readonly #buffers: readonly KernelBuffer[];
  readonly #bufferNames: readonly string[];
  readonly #locals: ReadonlyMap<string, LocalName>;

  constructor(
    prelude: Prelude,
    buffers: readonly KernelBuffer[],
    names: { readonly buffers: readonly string[]; readonly locals: ReadonlyMap<string, LocalName> },
  ) {
    this.prelude = prelude;
    this.#buffers = buffers;
    this.#bufferNames = names.buffers;
    this.#locals = names.locals;
  }

  type(expr: { readonly dtype: RegisterType; readonly lanes: number }): string {
    return this.prelude.type(registerLane[expr.dtype], expr.lanes);
  }

  /** The value, with as many lanes as the expression has. */
  value(expr: Expr): Text {
    switch (expr.kind) {
      case "constant": {
        const code = literal(expr.value, expr.dtype);
        return { code, level: code.startsWith("-") ? levels.unary : levels.primary };
      }
      case "local": {
        const { name, isLong } = this.local(expr.name);
        return isLong ? prefix("(int)", primary(name)) : primary(name);
      }
      case "load":
        return this.#load(expr);
      case "apply":
        return (spellings[expr.instruction as keyof typeof spellings] ?? spellTranscendental)(expr, this);
      case "convert":
        return expr.how === "cast" ? this.#cast(expr) : this.#bitcast(expr);
      case "splat":
        return call(splatFunction(this.prelude, registerLane[expr.dtype], expr.lanes), this.#laneOf(expr.x));
      case "ramp":
        return this.#ramp(expr.base, expr.step, expr.lanes);
      case "across": {
        const text = call(
          acrossFunction(this.prelude, boolInstruction(expr.instruction, expr.dtype), registerLane[expr.dtype], expr.x.lanes),
          this.value(expr.x),
        );
        return expr.dtype === "bool" ? binary("&", levels.bits, text, primary("1")) : text;
      }
      case "rare":
        return call(
          rareFunction(expr, new ExpressionPrinter(this.prelude, [], { buffers: [], locals: new Map() })),
          ...[expr.when, expr.common, expr.x].map((x) => this.value(x)),
        );
    }
  }

  /** The value, or the scalar behind a splat, which C spreads itself when the other side is a vector. */
  operand(expr: Expr, other: Expr): Text {
    return expr.kind === "splat" && other.kind !== "splat" && expr.dtype !== "bool" ? this.value(expr.x) : this.value(expr);
  }

  infix(operator: string, level: Text["level"], x: Expr, y: Expr): Text {
    return binary(operator, level, this.operand(x, y), this.operand(y, x));
  }

  /** A mask as wide as i32, whatever was compared. */
  mask(comparison: Text, x: Expr): Text {
    return x.dtype === "f64" && x.lanes > 1
      ? primary(`__builtin_convertvector(${comparison.code}, ${this.prelude.type("i32", x.lanes)})`)
      : comparison;
  }

  /** An address's index: sums and products in pointer-wide integers, which need no extension. Agrees with i32 arithmetic where that does not wrap. */
  index(expr: Expr): Text {
    if (expr.lanes === 1 && expr.dtype === "i32") {
      if (expr.kind === "local") return primary(this.local(expr.name).name);
      if (expr.kind === "apply" && isLinear(expr)) {
        const [x, y] = expr.args;
        if (expr.instruction === "neg") return prefix("-", this.index(x!));
        const [operator, level] = linear[expr.instruction as keyof typeof linear];
        return simplerSum(operator, level, this.index(x!), this.index(y!));
      }
    }
    return this.value(expr);
  }

  /** Whether `index` says it with long variables and constants only. */
  isLong(expr: Expr): boolean {
    if (expr.lanes !== 1 || expr.dtype !== "i32") return false;
    if (expr.kind === "constant") return true;
    if (expr.kind === "local") return this.local(expr.name).isLong;
    return expr.kind === "apply" && isLinear(expr) && expr.args.every((x) => this.isLong(x));
  }

  local(name: string): LocalName {
    return this.#locals.get(name) ?? { name, isLong: false };
  }

  bufferName(buffer: number): string {
    return this.#bufferNames[buffer]!;
  }

  /** Where element `index` of a buffer is. */
  address(buffer: number, index: Expr): Text {
    const name = primary(this.bufferName(buffer));
    return index.kind === "constant" && index.value === 0 ? name : binary("+", levels.add, name, this.index(index));
  }

  #laneOf(x: Expr): Text {
    return x.dtype === "bool" ? prefix("-", this.value(x)) : this.value(x);
  }

  #ramp(base: Expr, step: number, lanes: number): Text {
    const counted = primary(`${lanesFunction(this.prelude, registerLane[base.dtype], lanes)}()`);
    const scaled = step === 1 ? counted : binary("*", levels.mul, counted, primary(literal(step, base.dtype)));
    return binary("+", levels.add, this.value(base), scaled);
  }

  #load(expr: Load): Text {
    const { dtype } = this.#buffers[expr.buffer]!;
    const lane = storageLane[dtype];
    if (expr.lanes === 1) return this.#fromStorage(primary(`${this.bufferName(expr.buffer)}[${this.index(expr.index).code}]`), dtype, 1);
    if (expr.index.lanes > 1) {
      return this.#fromStorage(
        call(gatherFunction(this.prelude, lane, expr.lanes), primary(this.bufferName(expr.buffer)), this.value(expr.index)),
        dtype,
        expr.lanes,
      );
    }
    const pointer = `*(const ${this.prelude.type(lane, expr.lanes)} *)`;
    return this.#fromStorage(prefix(pointer, this.address(expr.buffer, expr.index)), dtype, expr.lanes);
  }

  #fromStorage(text: Text, dtype: DType, lanes: number): Text {
    switch (dtype) {
      case "f32":
      case "f64":
      case "i32":
      case "u32":
        return text;
      case "u8":
        return lanes === 1 ? prefix("(unsigned)", text) : call(widenFunction(this.prelude, "u8", lanes), text);
      case "bool": {
        if (lanes === 1) return text;
        return prefix("-", prefix(`(${this.prelude.type("i32", lanes)})`, call(widenFunction(this.prelude, "u8", lanes), text)));
      }
      case "f16":
      case "bf16": {
        const expand = expandFunction(this.prelude, dtype, lanes);
        return lanes === 1 ? primary(`${expand}((${this.prelude.vector("u16", 1)}){${text.code}})[0]`) : call(expand, text);
      }
    }
  }

  #cast(expr: Convert): Text {
    const { x } = expr;
    const [from, to] = [x.dtype, expr.dtype];
    const value = this.value(x);
    const type = this.type(expr);
    if (expr.lanes === 1) {
      if (to === "bool") return binary("!=", levels.equality, value, primary(literal(0, from)));
      if (isFloatRegister(from) && !isFloatRegister(to)) return call(truncateFunction(this.prelude, to, from, 1), value);
      return prefix(`(${type})`, value);
    }
    if (to === "bool") return this.mask(binary("!=", levels.equality, value, primary(literal(0, from))), x);
    const convert = (text: Text): Text => primary(`__builtin_convertvector(${text.code}, ${type})`);
    if (from === "bool") return to === "i32" ? prefix("-", value) : convert(prefix("-", value));
    if (isFloatRegister(from) && !isFloatRegister(to)) return call(truncateFunction(this.prelude, to, from, expr.lanes), value);
    return isFloatRegister(from) || isFloatRegister(to) ? convert(value) : prefix(`(${type})`, value);
  }

  #bitcast(expr: Convert): Text {
    const { x } = expr;
    const value = this.value(x);
    const type = this.type(expr);
    if (expr.lanes === 1) {
      if (expr.dtype === "bool") return binary("!=", levels.equality, value, primary(literal(0, x.dtype)));
      const [from, to] = [registerLane[x.dtype], registerLane[expr.dtype]];
      return isFloatRegister(from) || isFloatRegister(to)
        ? call(bitcastFunction(this.prelude, to, from), value)
        : prefix(`(${type})`, value);
    }
    if (expr.dtype === "bool") return binary("!=", levels.equality, prefix(`(${type})`, value), primary("0"));
    const bits = x.dtype === "bool" ? binary("&", levels.bits, value, primary("1")) : value;
    return prefix(`(${type})`, bits);
  }
}

/** What a local is called in C, and whether it is a pointer-wide integer there. */
export interface LocalName {
  readonly name: string;
  readonly isLong: boolean;
}

const linear = { add: ["+", levels.add], sub: ["-", levels.add], mul: ["*", levels.mul] } as const;
const isLinear = (expr: Apply): boolean => expr.instruction === "neg" || Object.hasOwn(linear, expr.instruction);

/** Integer sums group as they like: `a + (b + c)` needs no parentheses. */
const simplerSum = (operator: string, level: Text["level"], x: Text, y: Text): Text =>
  operator === "+" && y.level === levels.add ? { code: `${x.code} + ${y.code}`, level } : binary(operator, level, x, y);

/** Bools are added and multiplied as one says `or` and `and`. */
function boolInstruction<T extends "add" | "mul" | "min" | "max" | "or" | "and">(instruction: T, dtype: RegisterType): T | "or" | "and" {
  if (dtype !== "bool") return instruction;
  return instruction === "add" || instruction === "max" || instruction === "or" ? "or" : "and";
}
