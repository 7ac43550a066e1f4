import type { Kernel } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import type { FunctionBuilder, WasmFunction } from "./function.ts";
import type { Base } from "./kernel.ts";
import type { Layout } from "./layout.ts";
import type { EmitCall, SharedProgram, Sharing } from "./print.ts";

/** A kernel is shared when one thread needs longer than this; handing over costs 1 to 2 microseconds, waking a thread some 50. */
const sharedNanoseconds = 10_000;
/** What one thread does in a nanosecond. */
const operationsPerNanosecond = 40;
const bytesPerNanosecond = 10;

const isShared = ({ work, range }: Kernel): boolean =>
  range.extent > 1 && work.operations / operationsPerNanosecond + work.bytes / bytesPerNanosecond > sharedNanoseconds;

/**
 * Where threads meet, each word in a cache line of its own. `job` is its generation and how many chunks of it nobody has claimed; what follows
 * `kernel` (which one, and the addresses it was called with) is settled while there are any, and until `done` says that all are.
 */
export const words = { job: 1024, done: 1152, sleeping: 1280, kernel: 1408, addresses: 1412 } as const;
const chunkBits = 12;
const chunkMask = 2 ** chunkBits - 1;

/** How often a thread looks for work before it sleeps, some 50 microseconds. It sleeps for four seconds, then ends. */
const looks = 20_000;

/**
 * How often whoever calls looks whether the last chunks are done, 20 seconds or more: whoever needs longer for one chunk has been killed over it.
 * Looks are counted, not time, so that a machine that sleeps, or has others to serve, doesn't make it less.
 */
const usualPatience = 1.5e10;

/** Whether sharing any of its kernels is worth it. */
export const isWorthSharing = ({ kernels }: Program): boolean => kernels.some(isShared);

/**
 * For `printWasm`: whoever calls `run` shares the large kernels with those that are in `work(thread)`, 1 <= thread < `threads`. Each takes the
 * next chunk of a kernel's range that nobody has claimed, so that nobody waits for a thread that is late, asleep or not there. Chunks don't
 * depend on who computes them, so results are the same with any number of threads.
 */
export function sharedAmong(threads: number, patience = usualPatience): Sharing {
  const chunksOf = ({ range }: Kernel): number => Math.min(range.extent, 2 * threads, chunkMask);
  return {
    threads,
    part: (kernel, bases, layout) =>
      isShared(kernel) ? { bases: withScratch(bases, kernel, layout), part: addressesOf(bases) + 1 } : undefined,
    write(shared) {
      const { program, first, begin } = shared;
      const take = first + 1;
      const work = take + 1;
      const emitCall: EmitCall = (code, index, addresses) => {
        const kernel = program.kernels[index]!;
        if (!isShared(kernel)) {
          for (const push of addresses) push();
          code.emit("call", index);
        } else post(code, { index, chunks: chunksOf(kernel), addresses, take, patience });
      };
      const functions = [
        chunkFunction(begin("chunk", ["i32", "i32"]), shared, chunksOf),
        takeFunction(begin("take", ["i32"]), first),
        workFunction(begin("work", ["i32"]), take),
      ];
      return { functions, exports: [{ name: "work", index: work }], emitCall };
    },
  };
}

const addressesOf = (bases: readonly Base[]): number => bases.filter((base) => "parameter" in base && base.offset === undefined).length;

/** Scratch is each thread's own: where it begins is one more parameter. */
function withScratch(bases: readonly Base[], kernel: Kernel, layout: Layout): readonly Base[] {
  const parameter = addressesOf(bases);
  return bases.map((base, buffer) =>
    kernel.buffers[buffer]!.access === "scratch" && "address" in base ? { parameter, offset: base.address - layout.scratch } : base,
  );
}

interface Job {
  readonly index: number;
  readonly chunks: number;
  readonly addresses: readonly (() => void)[];
  readonly take: number;
  readonly patience: number;
}

/** In `run`: says what there is to do, takes part in it, and sees that all is done; traps if that never comes. */
function post(code: FunctionBuilder, { index, chunks, addresses, take, patience }: Job): void {
  for (const [i, push] of addresses.entries()) {
    code.emit("i32.const", 0);
    push();
    code.emit("i32.store", words.addresses + 4 * i);
  }
  code.emit("i32.const", 0, "i32.const", index, "i32.store", words.kernel);
  code.emit("i32.const", 0, "i32.const", 0, "i32.atomic.store", words.done);
  code.emit("i32.const", 0);
  read(code, "job");
  code.emit("i32.const", ~chunkMask, "i32.and", "i32.const", chunkMask + 1 + chunks, "i32.add", "i32.atomic.store", words.job);
  read(code, "sleeping");
  code.emit("if", "i32.const", 0, "i32.const", -1, "memory.atomic.notify", words.job);
  drop(code);
  code.emit("end");
  const looked = code.take("f64");
  code.emit("i32.const", 0, "call", take, "f64.const", 0, "local.set", looked, "loop");
  read(code, "done");
  code.emit("i32.const", chunks, "i32.ne", "if", "local.get", looked, "f64.const", 1, "f64.add", "local.tee", looked);
  code.emit("f64.const", patience, "f64.lt", "br_if", 1, "unreachable", "end", "end");
  code.release(looked);
}

/** `take(thread)`: claims and computes chunks until there are none. */
function takeFunction(code: FunctionBuilder, chunk: number): WasmFunction {
  const job = code.take("i32");
  code.emit("loop");
  read(code, "job");
  code.emit("local.tee", job, "i32.const", chunkMask, "i32.and", "i32.eqz");
  code.emit("if", "return", "end");
  code.emit("i32.const", 0, "local.get", job, "local.get", job, "i32.const", 1, "i32.sub", "i32.atomic.rmw.cmpxchg", words.job);
  code.emit("local.get", job, "i32.ne", "br_if", 0);
  code.emit("local.get", 0, "local.get", job, "i32.const", chunkMask, "i32.and", "i32.const", 1, "i32.sub", "call", chunk);
  code.emit("i32.const", 0, "i32.const", 1, "i32.atomic.rmw.add", words.done);
  drop(code);
  code.emit("br", 0, "end");
  return code.finish();
}

/** `chunk(thread, number)`: computes one chunk of the kernel that `words.kernel` says. */
function chunkFunction(
  code: FunctionBuilder,
  { program, layout: { scratch, scratchBytes }, bases }: SharedProgram,
  chunksOf: (kernel: Kernel) => number,
): WasmFunction {
  for (const [index, kernel] of program.kernels.entries()) {
    if (!isShared(kernel)) continue;
    code.emit("i32.const", 0, "i32.load", words.kernel, "i32.const", index, "i32.eq", "if");
    for (let i = 0; i < addressesOf(bases[index]!); i++) {
      code.emit("i32.const", 0, "i32.load", words.addresses + 4 * i);
    }
    code.emit("local.get", 0, "i32.const", scratchBytes, "i32.mul", "i32.const", scratch, "i32.add");
    for (const next of [0, 1]) {
      code.emit("local.get", 1, "i32.const", next, "i32.add");
      code.emit("i32.const", kernel.range.extent, "i32.mul", "i32.const", chunksOf(kernel), "i32.div_u");
    }
    code.emit("call", index, "end");
  }
  return code.finish();
}

/** `work(thread)`: takes part in jobs as they come, until none has come for a while. */
function workFunction(code: FunctionBuilder, take: number): WasmFunction {
  const [job, looked] = [code.take("i32"), code.take("i32")];
  code.emit("loop", "local.get", 0, "call", take);
  code.emit("i32.const", 0, "local.set", looked);
  code.emit("loop");
  read(code, "job");
  code.emit("local.tee", job, "i32.const", chunkMask, "i32.and", "br_if", 1);
  code.emit("local.get", looked, "i32.const", 1, "i32.add", "local.tee", looked, "i32.const", looks, "i32.lt_s", "br_if", 0);
  code.emit("end");
  count(code, 1);
  code.emit("i32.const", 0, "local.get", job, "i32.const", -1, "i64.extend_i32_u", "memory.atomic.wait32", words.job, "local.set", looked);
  count(code, -1);
  code.emit("local.get", looked, "i32.const", timedOut, "i32.ne", "br_if", 0, "end");
  return code.finish();
}

/** What `memory.atomic.wait32` answers then. */
const timedOut = 2;

function read(code: FunctionBuilder, word: keyof typeof words): void {
  code.emit("i32.const", 0, "i32.atomic.load", words[word]);
}

function count(code: FunctionBuilder, change: number): void {
  code.emit("i32.const", 0, "i32.const", change, "i32.atomic.rmw.add", words.sleeping);
  drop(code);
}

function drop(code: FunctionBuilder): void {
  const unused = code.take("i32");
  code.emit("local.set", unused);
  code.release(unused);
}
