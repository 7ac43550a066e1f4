import type { Kernel, KernelBuffer, Statement, Store } from "../../ir/kernel.ts";
import { splatFunction } from "./arithmetic.ts";
import type { LocalName } from "./expression.ts";
import { ExpressionPrinter } from "./expression.ts";
import { cNames, laneBytes, registerLane, storageLane } from "./lane-type.ts";
import { narrowFunction, putFunction, scatterFunction, shrinkFunction } from "./memory.ts";
import { printMultiply, releaseTiles, tilesInUse } from "./multiply.ts";
import type { Prelude } from "./prelude.ts";
import type { Text } from "./text.ts";
import { call, levels, prefix, primary, within } from "./text.ts";

/** Scratch of more bytes than this lives beside the thread's stack, not on it. */
const stackBytes = 256 * 1024;

export interface KernelStyle {
  /** The function's name. */
  readonly name: string;
  /** Whether no two of its buffers ever overlap where one is written. */
  readonly isDisjoint: boolean;
}

/** A kernel as one C function of its buffers (all but scratch) and the part of its range to run over. */
export function printKernel(kernel: Kernel, prelude: Prelude, style: KernelStyle): string {
  return new KernelPrinter(kernel, prelude).text(style);
}

class KernelPrinter {
  readonly #kernel: Kernel;
  readonly #prelude: Prelude;
  readonly #locals = new Map<string, LocalName>();
  readonly #taken = new Set<string>(["begin", "end", "tiles"]);
  readonly #bufferNames: readonly string[];
  readonly #print: ExpressionPrinter;
  #usesTiles = false;

  constructor(kernel: Kernel, prelude: Prelude) {
    this.#kernel = kernel;
    this.#prelude = prelude;
    this.#bufferNames = kernel.buffers.map((_, i) => this.#free(`m${i}`));
    this.#print = new ExpressionPrinter(prelude, kernel.buffers, { buffers: this.#bufferNames, locals: this.#locals });
  }

  text({ name, isDisjoint }: KernelStyle): string {
    const { buffers, range, body } = this.#kernel;
    const parameters = buffers.flatMap((buffer, i) => (buffer.access === "scratch" ? [] : [this.#parameter(buffer, i, isDisjoint)]));
    const variable = this.#name(range.variable, true);
    const statements = this.#statements(body, "    ");
    return [
      `static NOINLINE void ${name}(${[...parameters, "long begin", "long end"].join(", ")}) {`,
      ...this.#scratch(),
      ...(this.#usesTiles ? [`  ${tilesInUse};`] : []),
      `  for (long ${variable} = begin; ${variable} < end; ${variable}++) {`,
      ...statements,
      "  }",
      ...(this.#usesTiles ? [`  ${releaseTiles(this.#prelude)};`] : []),
      "}",
    ].join("\n");
  }

  #parameter(buffer: KernelBuffer, place: number, isDisjoint: boolean): string {
    const type = cNames[storageLane[buffer.dtype]];
    return `${buffer.access === "read" ? "const " : ""}${type} *${isDisjoint ? "restrict " : ""}${this.#bufferNames[place]}`;
  }

  #scratch(): string[] {
    const own = this.#kernel.buffers.flatMap((buffer, i) => (buffer.access === "scratch" ? [{ buffer, name: this.#bufferNames[i]! }] : []));
    // Loads may reach 64 bytes past the end.
    const sizes = own.map(({ buffer }) => buffer.length + 64 / laneBytes[storageLane[buffer.dtype]]);
    const bytes = own.reduce((sum, { buffer }, i) => sum + sizes[i]! * laneBytes[storageLane[buffer.dtype]], 0);
    const where = bytes > stackBytes ? "static __thread " : "";
    return own.map(
      ({ buffer, name }, i) => `  ${where}${cNames[storageLane[buffer.dtype]]} ${name}[${sizes[i]}] __attribute__((aligned(64)));`,
    );
  }

  #statements(statements: readonly Statement[], indent: string): string[] {
    return statements.flatMap((statement) => this.#statement(statement, indent));
  }

  #statement(statement: Statement, indent: string): string[] {
    switch (statement.kind) {
      case "loop": {
        const [start, end] = [this.#print.index(statement.start), this.#print.index(statement.end)];
        const name = this.#name(statement.variable, true);
        const advance = statement.step === 1 ? `${name}++` : `${name} += ${statement.step}`;
        const head = `${indent}for (long ${name} = ${start.code}; ${name} < ${within(end, levels.add)}; ${advance}) {`;
        return [head, ...this.#statements(statement.body, `${indent}  `), `${indent}}`];
      }
      case "let": {
        const isLong = this.#print.isLong(statement.value);
        const value = isLong ? this.#print.index(statement.value) : this.#print.value(statement.value);
        const type = isLong ? "long" : this.#print.type(statement.value);
        return [`${indent}const ${type} ${this.#name(statement.name, isLong)} = ${value.code};`];
      }
      case "declare": {
        const value = this.#print.value(statement.value);
        return [`${indent}${this.#print.type(statement.value)} ${this.#name(statement.name, false)} = ${value.code};`];
      }
      case "assign":
        return [`${indent}${this.#print.local(statement.name).name} = ${this.#print.value(statement.value).code};`];
      case "store":
        return [`${indent}${this.#store(statement)};`];
      case "multiply":
        this.#usesTiles = true;
        return printMultiply(statement, this.#print, this.#bufferNames[statement.buffer]!).map((line) => indent + line);
      case "if": {
        const condition = this.#print.value(statement.condition);
        return [`${indent}if (${condition.code}) {`, ...this.#statements(statement.body, `${indent}  `), `${indent}}`];
      }
    }
  }

  #store({ buffer, index, value, count }: Store): string {
    const { dtype } = this.#kernel.buffers[buffer]!;
    const lane = storageLane[dtype];
    const lanes = Math.max(value.lanes, index.lanes);
    const name = this.#bufferNames[buffer]!;
    if (lanes === 1) return `${name}[${this.#print.index(index).code}] = ${this.#stored(buffer, this.#print.value(value), 1).code}`;
    const whole =
      value.lanes === lanes
        ? this.#print.value(value)
        : call(splatFunction(this.#prelude, registerLane[value.dtype], lanes), this.#print.value(value));
    const stored = this.#stored(buffer, whole, lanes);
    if (index.lanes > 1) {
      return call(
        scatterFunction(this.#prelude, lane, lanes),
        primary(name),
        this.#print.value(index),
        stored,
        primary(String(count ?? lanes)),
      ).code;
    }
    const address = this.#print.address(buffer, index);
    if (count !== undefined && count < lanes)
      return call(putFunction(this.#prelude, lane, lanes), address, stored, primary(String(count))).code;
    return `${prefix(`*(${this.#prelude.type(lane, lanes)} *)`, address).code} = ${stored.code}`;
  }

  /** A register's value as it lies in memory. */
  #stored(buffer: number, text: Text, lanes: number): Text {
    const { dtype } = this.#kernel.buffers[buffer]!;
    switch (dtype) {
      case "f32":
      case "f64":
      case "i32":
      case "u32":
        return text;
      case "u8":
        return lanes === 1 ? prefix("(unsigned char)", text) : call(narrowFunction(this.#prelude, "u8", lanes), text);
      case "bool": {
        if (lanes === 1) return text;
        const u32 = this.#prelude.type("u32", lanes);
        return call(narrowFunction(this.#prelude, "u8", lanes), {
          code: `(${u32})${within(text, levels.primary)} & 1`,
          level: levels.bits,
        });
      }
      case "f16":
      case "bf16": {
        const shrink = shrinkFunction(this.#prelude, dtype, lanes);
        return lanes === 1 ? primary(`${shrink}((${this.#prelude.vector("f32", 1)}){${text.code}})[0]`) : call(shrink, text);
      }
    }
  }

  #name(local: string, isLong: boolean): string {
    const name = this.#free(local);
    this.#locals.set(local, { name, isLong });
    return name;
  }

  /** The name itself if C allows it and nothing else has it. */
  #free(wanted: string): string {
    let name = wanted.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d|$)/, "_");
    while (this.#taken.has(name) || reserved.test(name)) name += "_";
    this.#taken.add(name);
    return name;
  }
}

/** C's words, our typedefs and functions (`f32x16`, `max_f32x16`), and what begins with two underscores. */
const reserved =
  /^(?:__.*|(?:.*_)?(?:[fiu](?:8|16|32|64)|bf16)(?:x\d+)?|[a-z0-9]+_(?:from|bits_of)_.*|auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while|asm|typeof|step|run|serial|unix|linux|INLINE|NOINLINE)$/;
