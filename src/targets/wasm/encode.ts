import { finished } from "../../core/finished.ts";
import type { Instruction, ValueType, WasmFunction } from "./function.ts";
import type { Immediate } from "./opcodes.ts";
import { opcodes } from "./opcodes.ts";

/** A module that imports one memory (`gradsmith.memory`). */
export interface WasmModule {
  readonly memoryPages: number;
  readonly functions: readonly WasmFunction[];
  /** Whether several threads have the memory. */
  readonly isShared?: boolean;
  /** Names to export, each with the place of its function in `functions`. */
  readonly exports: readonly { readonly name: string; readonly index: number }[];
}

/** Where `memory` is looked up in the imports object. */
export const memoryImport = { module: "gradsmith", name: "memory" } as const;

const valueTypes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const section = { type: 1, import: 2, function: 3, export: 7, code: 10, custom: 0 } as const;

/** The module in WebAssembly's binary format. */
export const encodeModule = (module: WasmModule): Uint8Array => finished(encodingModule(module));

/** As `encodeModule`, with a pause after each function. */
export function* encodingModule(module: WasmModule): Generator<undefined, Uint8Array> {
  const signatures = [...new Set(module.functions.map(signatureOf))];
  const bytes: number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const write = (id: number, content: readonly number[]): void => {
    bytes.push(id);
    unsigned(bytes, content.length);
    pushAll(bytes, content);
  };
  write(
    section.type,
    list(signatures, (out, signature) => pushAll(out, signature.split(",").map(Number))),
  );
  write(
    section.import,
    list([memoryImport], (out, { module: from, name }) => {
      text(out, from);
      text(out, name);
      out.push(0x02, module.isShared ? 0x03 : 0x00);
      unsigned(out, module.memoryPages);
      // A shared memory has a limit.
      if (module.isShared) unsigned(out, module.memoryPages);
    }),
  );
  write(
    section.function,
    list(module.functions, (out, f) => unsigned(out, signatures.indexOf(signatureOf(f)))),
  );
  write(
    section.export,
    list(module.exports, (out, { name, index }) => {
      text(out, name);
      out.push(0x00);
      unsigned(out, index);
    }),
  );
  const bodies: number[] = [];
  unsigned(bodies, module.functions.length);
  for (const f of module.functions) {
    body(bodies, f);
    yield;
  }
  write(section.code, bodies);
  write(section.custom, names(module.functions));
  return Uint8Array.from(bytes);
}

/** A function type's encoding, as a key. */
function signatureOf(f: WasmFunction): string {
  const encoded = [
    0x60,
    f.parameters.length,
    ...f.parameters.map((type) => valueTypes[type]),
    f.results.length,
    ...f.results.map((type) => valueTypes[type]),
  ];
  return encoded.join(",");
}

function body(out: number[], f: WasmFunction): void {
  const content: number[] = [];
  unsigned(content, f.locals.length);
  for (const type of f.locals) content.push(1, valueTypes[type]);
  for (const instruction of f.instructions) encodeInstruction(content, instruction);
  content.push(opcodes.end[0]);
  unsigned(out, content.length);
  pushAll(out, content);
}

function encodeInstruction(out: number[], { op, immediates }: Instruction): void {
  const [code, immediate] = opcodes[op];
  if (code > 0xff) {
    out.push(code >> 12);
    unsigned(out, code & 0xfff);
  } else {
    out.push(code);
  }
  encodeImmediate[immediate](out, immediates);
}

const encodeImmediate: Readonly<Record<Immediate, (out: number[], values: readonly number[]) => void>> = {
  none: () => {},
  /** All blocks are of the empty type. */
  block: (out) => out.push(0x40),
  index: (out, values) => unsigned(out, values[0]!),
  i32: (out, values) => signed(out, values[0]! | 0),
  f32: (out, values) => pushAll(out, new Uint8Array(Float32Array.of(values[0]!).buffer)),
  f64: (out, values) => pushAll(out, new Uint8Array(Float64Array.of(values[0]!).buffer)),
  /** The alignment is a hint that current engines ignore. */
  memory: (out, values) => {
    out.push(0);
    unsigned(out, values[0]!);
  },
  /** Here the alignment is checked. */
  atomic: (out, values) => {
    out.push(2);
    unsigned(out, values[0]!);
  },
  memoryLane: (out, values) => {
    out.push(0);
    unsigned(out, values[0]!);
    out.push(values[1]!);
  },
  lane: (out, values) => out.push(values[0]!),
  bytes: pushAll,
};

/** Function names, for profilers and stack traces. */
function names(functions: readonly WasmFunction[]): number[] {
  const content: number[] = [];
  text(content, "name");
  const entries = list([...functions.entries()], (out, [index, f]) => {
    unsigned(out, index);
    text(out, f.name);
  });
  content.push(1);
  unsigned(content, entries.length);
  pushAll(content, entries);
  return content;
}

function list<T>(items: readonly T[], write: (out: number[], item: T) => void): number[] {
  const out: number[] = [];
  unsigned(out, items.length);
  for (const item of items) write(out, item);
  return out;
}

/** Names are ASCII; other characters become question marks. */
function text(out: number[], value: string): void {
  unsigned(out, value.length);
  for (let i = 0; i < value.length; i++) out.push(value.charCodeAt(i) < 0x80 ? value.charCodeAt(i) : 0x3f);
}

function pushAll(out: number[], values: Iterable<number>): void {
  for (const value of values) out.push(value);
}

/** Unsigned LEB128 of an integer below 2^53. */
export function unsigned(out: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
}

/** Signed LEB128 of an i32. */
export function signed(out: number[], value: number): void {
  let rest = value;
  while (rest < -0x40 || rest >= 0x40) {
    out.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  out.push(rest & 0x7f);
}
