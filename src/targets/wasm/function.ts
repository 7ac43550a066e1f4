import type { Opcode } from "./opcodes.ts";

export type ValueType = "i32" | "f32" | "f64" | "v128";

/** One instruction as data: both the binary and the text are written from it. */
export interface Instruction {
  readonly op: Opcode;
  readonly immediates: readonly number[];
}

/** A function of a module. `locals` come after the parameters in the numbering. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly instructions: readonly Instruction[];
}

/** Records a function's instructions and hands out its locals. */
export class FunctionBuilder {
  readonly #name: string;
  readonly #parameters: readonly ValueType[];
  readonly #results: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  readonly #free: Record<ValueType, number[]> = { i32: [], f32: [], f64: [], v128: [] };
  #instructions: Instruction[] = [];

  constructor(name: string, parameters: readonly ValueType[], results: readonly ValueType[] = []) {
    this.#name = name;
    this.#parameters = parameters;
    this.#results = results;
  }

  /** Instructions, each followed by its immediates. */
  emit(...code: readonly (Opcode | number)[]): void {
    let immediates: number[] = [];
    for (const word of code) {
      if (typeof word === "number") immediates.push(word);
      else {
        immediates = [];
        this.#instructions.push({ op: word, immediates });
      }
    }
  }

  /** A local nobody uses now. Its value is unknown. */
  take(type: ValueType): number {
    const free = this.#free[type].pop();
    if (free !== undefined) return free;
    this.#locals.push(type);
    return this.#parameters.length + this.#locals.length - 1;
  }

  release(index: number): void {
    this.#free[this.#locals[index - this.#parameters.length]!].push(index);
  }

  /** The instructions `write` emits, kept aside. */
  capture(write: () => void): readonly Instruction[] {
    const outside = this.#instructions;
    const inside: Instruction[] = [];
    this.#instructions = inside;
    write();
    this.#instructions = outside;
    return inside;
  }

  append(instructions: readonly Instruction[]): void {
    for (const instruction of instructions) this.#instructions.push(instruction);
  }

  finish(): WasmFunction {
    return {
      name: this.#name,
      parameters: this.#parameters,
      results: this.#results,
      locals: this.#locals,
      instructions: this.#instructions,
    };
  }
}
