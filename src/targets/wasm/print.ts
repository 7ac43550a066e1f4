import type { TypedArray } from "../../core/dtype.ts";
import { bytesOf } from "../../core/dtype.ts";
import { finished } from "../../core/finished.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { Call, Program, Repeat } from "../../ir/program.ts";
import { eachCall, isRepeat } from "../../ir/program.ts";
import type { WasmModule } from "./encode.ts";
import { encodingModule } from "./encode.ts";
import type { ValueType, WasmFunction } from "./function.ts";
import { FunctionBuilder } from "./function.ts";
import type { Base, KernelOptions } from "./kernel.ts";
import { printKernel } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import { layOut, pageBytes, scratchAddresses } from "./layout.ts";

/** A printed program, as much of it as is needed to run it. */
export interface WasmCode {
  /** The module in binary format; it imports `memoryImport` and exports `run(repeat: i32)`. */
  readonly bytes: Uint8Array;
  /** Of 64 KiB, how many pages the memory must have. */
  readonly memoryPages: number;
  /** Byte addresses of the arguments, in order. */
  readonly argumentOffsets: readonly number[];
  /** What must be written to memory before the first run. */
  readonly constants: readonly { readonly offset: number; readonly data: TypedArray }[];
}

export interface PrintOptions {
  /** Whether products and sums may be fused where the machine can. */
  readonly relaxedSimd: boolean;
  /** For several threads over one memory. */
  readonly sharing?: Sharing;
}

/**
 * How threads share kernels (`print-threaded.ts`). It is handed what it builds on and imports nothing, so that bundles have it in a file by
 * itself, and all else in one.
 */
export interface Sharing {
  /** As many times there is scratch. */
  readonly threads: number;
  /** A kernel that is shared goes through a part of its range, in scratch of the thread's own; undefined for others. */
  readonly part: (kernel: Kernel, bases: readonly Base[], layout: Layout) => Pick<KernelOptions, "bases" | "part"> | undefined;
  readonly write: (shared: SharedProgram) => {
    /** Those that come before `run`. */
    readonly functions: readonly WasmFunction[];
    readonly exports: WasmModule["exports"];
    readonly emitCall: EmitCall;
  };
}
export interface SharedProgram {
  readonly program: Program;
  readonly layout: Layout;
  readonly bases: readonly (readonly Base[])[];
  /** The number of the first function. */
  readonly first: number;
  readonly begin: (name: string, parameters: readonly ValueType[]) => FunctionBuilder;
}

/** A program as one WebAssembly module in binary format. */
export const printWasm = (program: Program, options: PrintOptions): WasmCode => finished(printingWasm(program, options));

/** As `printWasm`, with a pause after each kernel. */
export function* printingWasm(program: Program, options: PrintOptions): Generator<undefined, WasmCode> {
  const layout = layOut(program);
  const module = yield* printingModule(program, options, layout);
  const constants = program.buffers.flatMap(({ place }, buffer) =>
    place.kind === "constant" ? [{ offset: layout.addresses[buffer]!, data: place.data }] : [],
  );
  return { bytes: yield* encodingModule(module), memoryPages: module.memoryPages, argumentOffsets: layout.argumentOffsets, constants };
}

/** The module as data: a function per kernel, and `run`, which calls them in order. */
export const moduleOf = (program: Program, options: PrintOptions): WasmModule =>
  finished(printingModule(program, options, layOut(program)));

function* printingModule(program: Program, { relaxedSimd, sharing }: PrintOptions, layout: Layout): Generator<undefined, WasmModule> {
  const { kernels } = program;
  const parts = kernels.map((kernel, index) => {
    const bases = basesOf(kernel, { index, program, layout });
    return sharing?.part(kernel, bases, layout) ?? { bases };
  });
  const bases = parts.map((part) => part.bases);
  const helpers: KernelOptions["helpers"] = new Map();
  const functions: WasmFunction[] = [];
  for (const [index, kernel] of kernels.entries()) {
    functions.push(printKernel(kernel, { relaxedSimd, helpers, kernels: kernels.length, ...parts[index]! }));
    yield;
  }
  functions.push(...helpers.values());
  const begin: SharedProgram["begin"] = (name, parameters) => new FunctionBuilder(name, parameters);
  const shared = sharing?.write({ program, layout, bases, first: functions.length, begin });
  if (shared !== undefined) functions.push(...shared.functions);
  const exports = [{ name: "run", index: functions.length }, ...(shared?.exports ?? [])];
  functions.push(runFunction(program, layout, bases, shared?.emitCall));
  const memoryPages = Math.ceil((layout.scratch + (sharing?.threads ?? 1) * layout.scratchBytes) / pageBytes);
  return { memoryPages, isShared: sharing !== undefined, functions, exports };
}

/** A buffer that is the same in all calls of a kernel is known to the kernel; the others, and those that move, are its parameters. */
function basesOf(kernel: Kernel, { index, program, layout }: { index: number; program: Program; layout: Layout }): readonly Base[] {
  const calls = eachCall(program.calls)
    .map(({ call }) => call)
    .filter((call) => call.kernel === index);
  const scratch = scratchAddresses(kernel, layout.scratch);
  let position = 0;
  let parameters = 0;
  return kernel.buffers.map((_, buffer): Base => {
    const address = scratch.get(buffer);
    if (address !== undefined) return { address };
    const place = position++;
    const addresses = new Set(calls.map((call) => layout.addresses[call.buffers[place]!]!));
    const moves = calls.some((call) => isMoving(program, call.buffers[place]!));
    return addresses.size === 1 && !moves ? { address: [...addresses][0]! } : { parameter: parameters++ };
  });
}

function isMoving(program: Program, buffer: number): boolean {
  const { place } = program.buffers[buffer]!;
  return place.kind === "view" && (place.step !== 0 || isMoving(program, place.of));
}

/** How `run` calls a kernel; each of `addresses` leaves one of those that differ from call to call on the stack. */
export type EmitCall = (code: FunctionBuilder, kernel: number, addresses: readonly (() => void)[]) => void;

const plainCall: EmitCall = (code, kernel, addresses) => {
  for (const push of addresses) push();
  code.emit("call", kernel);
};

/** `run(repeat)`: all calls in order, `repeat` times. */
function runFunction(program: Program, layout: Layout, bases: readonly (readonly Base[])[], emitCall: EmitCall = plainCall): WasmFunction {
  const parameters: readonly ValueType[] = ["i32"];
  const code = new FunctionBuilder("run", parameters);
  const repeat = 0;
  /** For each view that moves, the local that counts the turns of its loop. */
  const turns = new Map<number, number>();
  const pushAddress = (buffer: number): void => {
    code.emit("i32.const", layout.addresses[buffer]!);
    addMoves(buffer);
  };
  const addMoves = (buffer: number): void => {
    const { place, dtype } = program.buffers[buffer]!;
    if (place.kind !== "view") return;
    if (place.step !== 0) {
      code.emit("local.get", turns.get(buffer)!, "i32.const", place.step * bytesOf(dtype), "i32.mul", "i32.add");
    }
    addMoves(place.of);
  };
  const emitCalls = (calls: readonly (Call | Repeat)[]): void => {
    for (const step of calls) {
      if (isRepeat(step)) {
        const turn = code.take("i32");
        for (const view of step.views) turns.set(view, turn);
        code.emit("i32.const", 0, "local.set", turn, "loop");
        emitCalls(step.calls);
        code.emit("local.get", turn, "i32.const", 1, "i32.add", "local.tee", turn, "i32.const", step.repeat, "i32.lt_s", "br_if", 0, "end");
        code.release(turn);
        continue;
      }
      const { kernel, buffers } = step;
      const handed = bases[kernel]!.filter((_, buffer) => program.kernels[kernel]!.buffers[buffer]!.access !== "scratch");
      const differing = buffers.filter((_, place) => "parameter" in handed[place]!);
      emitCall(
        code,
        kernel,
        differing.map((buffer) => () => pushAddress(buffer)),
      );
    }
  };
  code.emit("block", "loop", "local.get", repeat, "i32.eqz", "br_if", 1);
  emitCalls(program.calls);
  code.emit("local.get", repeat, "i32.const", 1, "i32.sub", "local.set", repeat, "br", 0, "end", "end");
  return code.finish();
}
