import { bytesOf } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Expr, Let, Local, Outlined } from "../../ir/expr.ts";
import { i32, local } from "../../ir/expr.ts";
import type { Kernel, Loop, Statement } from "../../ir/kernel.ts";
import { loadSplat, loadValue, registerName, storeValue } from "./access.ts";
import { learn, visitAccesses } from "./accesses.ts";
import { applyInstruction } from "./arithmetic.ts";
import { convert } from "./convert.ts";
import type { ValueType, WasmFunction } from "./function.ts";
import { FunctionBuilder } from "./function.ts";
import { across, constantBytes, laneShape } from "./lanes.ts";
import type { Facts, Linear, Term } from "./linear.ts";
import { constantLinear, isConstant, isNonNegative, linear, plus, termLinear, times } from "./linear.ts";
import { needsOrder, orderedLoop } from "./ordered-loop.ts";
import type { Address } from "./pointers.ts";
import { pointerKey, splitAddress, steadyTerms } from "./pointers.ts";
import { lanesPerPart, type Printer, partsOf, valueTypeOf } from "./printer.ts";
import { rare } from "./rare.ts";

export interface KernelOptions {
  readonly relaxedSimd: boolean;
  /** Of each of the kernel's buffers: its address, or the function's parameter that holds it. */
  readonly bases: readonly Base[];
  /** Functions that kernels call, by name, in the order of the module; they come after the kernels. */
  readonly helpers: Map<string, WasmFunction>;
  readonly kernels: number;
  /** The first of two parameters after the others, which say the part of the kernel's range to go through; without, it's the whole of it. */
  readonly part?: number;
}
export type Base = { readonly address: number } | { readonly parameter: number; readonly offset?: number };

/** A kernel as a WebAssembly function. */
export function printKernel(kernel: Kernel, options: KernelOptions): WasmFunction {
  const count = options.part === undefined ? options.bases.filter((base) => "parameter" in base).length : options.part + 2;
  const parameters = Array.from({ length: count }, (): ValueType => "i32");
  const printer = new KernelPrinter(kernel, options, new FunctionBuilder(kernel.name, parameters));
  const { variable, extent } = kernel.range;
  const { part } = options;
  const start = part === undefined ? i32(0) : printer.parameter(part);
  const end = part === undefined ? i32(extent) : printer.parameter(part + 1);
  printer.block([{ kind: "loop", variable, start, end, step: 1, body: kernel.body }]);
  return printer.code.finish();
}

function printOutlined({ name, parameter, body }: Outlined, kernel: Kernel, options: KernelOptions): WasmFunction {
  const type = valueTypeOf(parameter);
  const printer = new KernelPrinter(kernel, options, new FunctionBuilder(name, [type], [type]));
  printer.results(parameter, body);
  return printer.code.finish();
}

class KernelPrinter implements Printer {
  readonly kernel: Kernel;
  readonly code: FunctionBuilder;
  readonly relaxedSimd: boolean;
  readonly #options: KernelOptions;
  /** Loops around the code being printed. */
  #depth = 0;
  #facts: Facts = new Map();
  /** The wasm locals of names in scope, one per part. */
  #registers = new Map<string, readonly number[]>();
  /** Address locals in scope, by what they hold. */
  #pointers = new Map<string, number>();

  constructor(kernel: Kernel, options: KernelOptions, code: FunctionBuilder) {
    this.kernel = kernel;
    this.relaxedSimd = options.relaxedSimd;
    this.#options = options;
    this.code = code;
  }

  /** A parameter that doesn't change and isn't negative. */
  parameter(index: number): Local {
    const name = registerName(index);
    this.#facts.set(name, { level: 0, nonNegative: true, value: undefined });
    return local(name, "i32");
  }

  value(expr: Expr, part: number): void {
    switch (expr.kind) {
      case "constant":
        this.#constant(expr.dtype, expr.value);
        return;
      case "local":
        this.code.emit("local.get", this.#registerOf(expr.name)[part]!);
        return;
      case "load":
        loadValue(this, expr, part);
        return;
      case "apply":
        applyInstruction(this, expr, part);
        return;
      case "convert":
        convert(this, expr, part);
        return;
      case "splat":
        this.#splat(expr);
        return;
      case "ramp":
        this.#ramp(expr, part);
        return;
      case "across":
        across(this, expr);
        return;
      case "rare":
        rare(this, expr, part, () => this.call(expr.call.name, () => printOutlined(expr.call, this.kernel, this.#options)));
        return;
    }
  }

  #constant(dtype: Expr["dtype"], value: number): void {
    if (dtype === "f32" || dtype === "f64") this.code.emit(`${dtype}.const`, value);
    else this.code.emit("i32.const", value | 0);
  }

  #splat({ x }: Expr & { kind: "splat" }): void {
    if (x.kind === "constant") {
      this.code.emit("v128.const", ...constantBytes(x.dtype, [x.value]));
      return;
    }
    if (x.kind === "load" && loadSplat(this, x)) return;
    if (x.dtype === "bool") this.code.emit("i32.const", 0);
    this.value(x, 0);
    if (x.dtype === "bool") this.code.emit("i32.sub");
    this.code.emit(`${laneShape(x.dtype)}.splat`);
  }

  #ramp({ base, step, dtype }: Expr & { kind: "ramp" }, part: number): void {
    const per = lanesPerPart(dtype);
    const steps = Array.from({ length: per }, (_, lane) => step * (part * per + lane));
    if (base.kind === "constant") {
      this.code.emit(
        "v128.const",
        ...constantBytes(
          dtype,
          steps.map((x) => x + base.value),
        ),
      );
      return;
    }
    this.value(base, 0);
    this.code.emit(`${laneShape(dtype)}.splat`, "v128.const", ...constantBytes(dtype, steps), `${laneShape(dtype)}.add`);
  }

  #registerOf(name: string): readonly number[] {
    const registers = this.#registers.get(name) ?? registerOfName(name);
    if (registers === undefined)
      throw new GradsmithError("internal", "wasm", `kernel ${this.kernel.name} uses ${name} before it is bound.`);
    return registers;
  }

  linear(index: Expr): Linear | undefined {
    return linear(index, this.#facts);
  }

  address(buffer: number, index: Linear): number {
    const address = splitAddress(this.#byteAddress(buffer, index));
    this.#pushAddress(address, 0);
    return address.offset;
  }

  #byteAddress(buffer: number, index: Linear): Linear {
    const base = this.#options.bases[buffer]!;
    const bytes = times(index, bytesOf(this.kernel.buffers[buffer]!.dtype));
    if ("address" in base) return plus(bytes, constantLinear(base.address));
    const name = registerName(base.parameter);
    const expr = local(name, "i32");
    return plus(plus(bytes, constantLinear(base.offset ?? 0)), termLinear({ key: name, level: 0, nonNegative: true, expr }));
  }

  /** Leaves the address without its offset, and with `extra` bytes added, on the stack. */
  #pushAddress(address: Address, extra: number): void {
    const { code } = this;
    const steady = steadyTerms(address.terms, this.#depth);
    const pointer = this.#pointers.get(pointerKey(steady, address.base));
    if (pointer === undefined) {
      this.#pushSum(address.terms, address.base + extra);
      return;
    }
    code.emit("local.get", pointer);
    for (const term of address.terms) {
      if (steady.includes(term)) continue;
      this.#pushTerm(term);
      code.emit("i32.add");
    }
    if (extra !== 0) this.#addConstant(extra);
  }

  #pushSum(terms: readonly Term[], sum: number): void {
    const [first, ...rest] = terms;
    if (first === undefined) {
      this.code.emit("i32.const", sum | 0);
      return;
    }
    this.#pushTerm(first);
    for (const term of rest) {
      this.#pushTerm(term);
      this.code.emit("i32.add");
    }
    if (sum !== 0) this.#addConstant(sum);
  }

  #pushTerm({ atom, scale }: Term): void {
    this.value(atom.expr, 0);
    if (scale === 1) return;
    const bits = Math.log2(scale);
    this.code.emit("i32.const", Number.isInteger(bits) ? bits : scale | 0, Number.isInteger(bits) ? "i32.shl" : "i32.mul");
  }

  #addConstant(value: number): void {
    this.code.emit("i32.const", value | 0, "i32.add");
  }

  bind(expr: Expr, use: (name: Local) => void): void {
    const locals = this.#compute(expr);
    const name = `%%${locals[0]}`;
    this.#registers.set(name, locals);
    use(local(name, expr.dtype, expr.lanes));
    this.#registers.delete(name);
    for (const local of locals) this.code.release(local);
  }

  scratch(type: ValueType, use: (index: number) => void): void {
    const local = this.code.take(type);
    use(local);
    this.code.release(local);
  }

  call(name: string, make: () => WasmFunction): void {
    const { helpers, kernels } = this.#options;
    if (!helpers.has(name)) helpers.set(name, make());
    this.code.emit("call", kernels + [...helpers.keys()].indexOf(name));
  }

  /** The values of a function, which leaves the last on the stack. */
  results(parameter: Local, body: readonly Let[]): void {
    this.#registers.set(parameter.name, [0]);
    for (const step of body.slice(0, -1)) this.#statement(step);
    this.value(body.at(-1)!.value, 0);
  }

  /** Computes all parts of a value into new locals. */
  #compute(expr: Expr): readonly number[] {
    const type = valueTypeOf(expr);
    return Array.from({ length: partsOf(expr) }, (_, part) => {
      this.value(expr, part);
      const local = this.code.take(type);
      this.code.emit("local.set", local);
      return local;
    });
  }

  /** Statements whose names end with the block. */
  block(statements: readonly Statement[]): void {
    const facts = this.#facts;
    const outside = new Set(this.#registers.keys());
    this.#facts = new Map(facts);
    for (const statement of statements) this.#statement(statement);
    for (const [name, locals] of this.#registers) {
      if (outside.has(name)) continue;
      this.#registers.delete(name);
      for (const local of locals) this.code.release(local);
    }
    this.#facts = facts;
  }

  #statement(statement: Statement): void {
    const { code } = this;
    switch (statement.kind) {
      case "loop":
        this.#loop(statement);
        return;
      case "let":
      case "declare":
        this.#registers.set(statement.name, this.#compute(statement.value));
        learn(this.#facts, statement, this.#depth);
        return;
      case "assign": {
        const locals = this.#registerOf(statement.name);
        for (const part of locals.keys()) this.value(statement.value, part);
        for (const local of [...locals].reverse()) code.emit("local.set", local);
        return;
      }
      case "store":
        storeValue(this, statement);
        return;
      case "multiply":
        throw new Error("limits of this target leave blocks out");
      case "if":
        this.value(statement.condition, 0);
        code.emit("if");
        this.block(statement.body);
        code.emit("end");
        return;
    }
  }

  #loop(loop: Loop): void {
    const start = this.linear(loop.start);
    const end = this.linear(loop.end);
    const trips =
      start !== undefined && end !== undefined && isConstant(start) && isConstant(end)
        ? Math.max(0, Math.ceil((end.constant - start.constant) / loop.step))
        : undefined;
    if (trips === 0) return;
    const facts = this.#facts;
    this.#facts = new Map(facts);
    if (trips === 1) {
      this.#facts.set(loop.variable, { level: 0, nonNegative: start!.constant >= 0, value: start! });
      this.#registers.set(loop.variable, this.#compute(loop.start));
      this.block(loop.body);
      this.#forget(loop.variable);
    } else {
      this.#repeat(loop, trips);
    }
    this.#facts = facts;
  }

  /** A loop of at least two iterations, or of a number of them not known now. */
  #repeat(loop: Loop, trips: number | undefined): void {
    const { code } = this;
    const end = trips === undefined && loop.end.kind !== "constant" ? this.#compute(loop.end)[0] : undefined;
    const pushEnd = (): void => (end === undefined ? this.value(loop.end, 0) : code.emit("local.get", end));
    if (trips === undefined) {
      this.value(loop.start, 0);
      pushEnd();
      code.emit("i32.lt_s", "if");
    }
    const counter = code.take("i32");
    const leaves = needsOrder(loop.body, trips) ? code.take("i32") : undefined;
    const outer = this.#pointers;
    const pointers = this.#enter(loop, counter);
    const body = code.capture(() => this.block(loop.body));
    const isCounterUsed = body.some(({ op, immediates }) => op === "local.get" && immediates[0] === counter);
    // A pointer that moves can count as well; where it stops, if not known, is then kept in the counter's place.
    const moving = pointers.filter((pointer) => pointer.step !== 0);
    const counting =
      trips === undefined || isCounterUsed ? undefined : (moving.find((pointer) => pointer.start !== undefined) ?? moving[0]);
    if (counting === undefined) {
      this.value(loop.start, 0);
      code.emit("local.set", counter);
    } else if (counting.start === undefined) {
      code.emit("local.get", counting.local);
      this.#addConstant(trips! * counting.step);
      code.emit("local.set", counter);
    }
    const turn = (): void => {
      code.append(body);
      for (const { local, step } of moving) {
        code.emit("local.get", local);
        this.#addConstant(step);
        code.emit("local.set", local);
      }
      if (counting === undefined) {
        code.emit("local.get", counter);
        this.#addConstant(loop.step);
        code.emit("local.tee", counter);
        pushEnd();
        code.emit("i32.lt_s");
      } else {
        code.emit("local.get", counting.local);
        if (counting.start === undefined) code.emit("local.get", counter);
        else code.emit("i32.const", (counting.start + trips! * counting.step) | 0);
        code.emit("i32.ne");
      }
      code.emit("br_if", 0);
    };
    if (leaves !== undefined) {
      orderedLoop(code, { depth: this.#depth, leaves }, turn);
      code.release(leaves);
    } else {
      code.emit("loop");
      turn();
      code.emit("end");
    }
    if (trips === undefined) code.emit("end");
    for (const { local } of pointers) code.release(local);
    this.#pointers = outer;
    this.#depth--;
    this.#forget(loop.variable);
    if (end !== undefined) code.release(end);
  }

  /** Binds a loop's variable and sets up the pointers its body needs. */
  #enter(loop: Loop, counter: number): readonly Pointer[] {
    const start = this.linear(loop.start)!;
    const nonNegative = isNonNegative(loop.start, this.#facts);
    const depth = this.#depth + 1;
    this.#facts.set(loop.variable, { level: depth, nonNegative, value: undefined });
    const needed = new Map<string, Address>();
    visitAccesses(loop.body, {
      facts: this.#facts,
      depth,
      visit: (buffer, index) => {
        const { terms: all, base } = splitAddress(this.#byteAddress(buffer, index));
        const terms = steadyTerms(all, depth);
        const key = pointerKey(terms, base);
        if (!this.#pointers.has(key) && !isTrivial(terms, base)) needed.set(key, { terms, base, offset: 0 });
      },
    });
    const pointers: Pointer[] = [];
    const inner = new Map(this.#pointers);
    for (const [key, { terms, base }] of needed) {
      const scale = terms.find(({ atom }) => atom.key === loop.variable)?.scale ?? 0;
      const rest = terms.filter(({ atom }) => atom.key !== loop.variable);
      const first = plus({ terms: rest, constant: 0, step: 0 }, times(start, scale));
      this.#pushAddress({ terms: first.terms, base, offset: 0 }, first.constant);
      const local = this.code.take("i32");
      this.code.emit("local.set", local);
      pointers.push({ local, step: scale * loop.step, start: first.terms.length === 0 ? base + first.constant : undefined });
      inner.set(key, local);
    }
    this.#pointers = inner;
    this.#registers.set(loop.variable, [counter]);
    this.#depth = depth;
    return pointers;
  }

  #forget(name: string): void {
    for (const local of this.#registers.get(name)!) this.code.release(local);
    this.#registers.delete(name);
  }
}

/** The wasm local that `registerName` made a name for. */
const registerOfName = (name: string): readonly number[] | undefined => (/^%\d+$/.test(name) ? [Number(name.slice(1))] : undefined);

interface Pointer {
  readonly local: number;
  /** Bytes it moves by in each iteration. */
  readonly step: number;
  /** Where it starts, if that is known now. */
  readonly start: number | undefined;
}

/** Whether the address is a constant or a local as it is. */
const isTrivial = (terms: readonly Term[], base: number): boolean =>
  terms.length === 0 || (terms.length === 1 && base === 0 && terms[0]!.scale === 1 && terms[0]!.atom.expr.kind === "local");
