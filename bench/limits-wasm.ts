import { setFlagsFromString } from "node:v8";
import { wasmEngine } from "../src/backends/cpu/wasm-engine.ts";
import { encodeModule, memoryImport } from "../src/targets/wasm/encode.ts";
import type { WasmFunction } from "../src/targets/wasm/function.ts";
import { FunctionBuilder } from "../src/targets/wasm/function.ts";
import type { TierLimits } from "./working-sets.ts";
import { workingSets } from "./working-sets.ts";

/** Accumulators: with two operands they fill 14 of 16 registers, and are more than a core's latency times its units. */
const chains = 12;
const largest = workingSets.at(-1)!;

/** The limits of one thread of WebAssembly SIMD as this engine compiles it, from a module of three loops. */
export function wasmLimits(): TierLimits {
  const hasRelaxed = canRelaxed();
  const peak = load([multiplyAdd(hasRelaxed)]);
  const operations = 8 * chains;
  return {
    name: "wasm, 1 thread",
    what: hasRelaxed ? "f32x4 relaxed multiply-add" : "f32x4 multiply, then add",
    operationsPerSecond: best((times) => peak(times, 0), operations),
    read: bandwidth(load([readAll()]), 1),
    update: bandwidth(load([updateAll()]), 2),
  };
}

const engine = wasmEngine()!;

/** `times` is how often, `bytes` over how much memory. */
type Run = (times: number, bytes: number) => void;

function bandwidth(run: Run, touches: number): { bytes: number; perSecond: number }[] {
  return workingSets.map((bytes) => ({ bytes, perSecond: best((times) => run(times, bytes), touches * bytes) }));
}

/** The most of something per second, of several goes of about 10 ms, after the engine has had time to optimise. */
function best(run: (times: number) => void, amount: number): number {
  const time = (times: number): number => {
    const start = performance.now();
    run(times);
    return (performance.now() - start) / 1000;
  };
  let times = 1;
  while (time(times) < 0.01) times *= 2;
  let most = 0;
  for (let go = 0; go < 9; go++) most = Math.max(most, (amount * times) / time(times));
  return most;
}

function canRelaxed(): boolean {
  // Node 20's engine has it behind this flag; the package asks for it in the same way.
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  const bytes = encodeModule({ memoryPages: 1, functions: [multiplyAdd(true)], exports: [{ name: "run", index: 0 }] });
  return engine.validate(bytes);
}

function load(functions: readonly WasmFunction[]): Run {
  const pages = largest / 65536;
  const bytes = encodeModule({ memoryPages: pages, functions, exports: [{ name: "run", index: 0 }] });
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  // Memory that was never written to is one page of zeros, and always in the cache.
  new Float32Array(memory.buffer).fill(1);
  const imports = { [memoryImport.module]: { [memoryImport.name]: memory } };
  const { exports } = new engine.Instance(new engine.Module(bytes), imports);
  return exports["run"] as Run;
}

/** A loop that counts parameter 0 down to 0. */
function counted(f: FunctionBuilder, body: () => void): void {
  f.emit("loop");
  body();
  for (const [op, ...immediates] of [["local.get", 0], ["i32.const", -1], ["i32.add"], ["local.tee", 0], ["br_if", 0]] as const)
    f.emit(op, ...immediates);
  f.emit("end");
}

/** `sum = sum * a + b` for each accumulator, and their sum to memory at the end. */
function multiplyAdd(relaxed: boolean): WasmFunction {
  const f = new FunctionBuilder("multiply_add", ["i32", "i32"]);
  const [a, b] = [f.take("v128"), f.take("v128")];
  const sums = Array.from({ length: chains }, () => f.take("v128"));
  for (const [local, value] of [
    [a, 0.999999],
    [b, 0.000001],
  ] as const) {
    f.emit("f32.const", value);
    f.emit("f32x4.splat");
    f.emit("local.set", local);
  }
  counted(f, () => {
    for (const sum of sums) {
      f.emit("local.get", sum);
      f.emit("local.get", a);
      if (!relaxed) f.emit("f32x4.mul");
      f.emit("local.get", b);
      f.emit(relaxed ? "f32x4.relaxed_madd" : "f32x4.add");
      f.emit("local.set", sum);
    }
  });
  store(f, sums);
  return f.finish();
}

const readAll = (): WasmFunction => {
  const f = new FunctionBuilder("read", ["i32", "i32"]);
  const sums = Array.from({ length: 8 }, () => f.take("v128"));
  counted(f, () =>
    overMemory(f, (place) => {
      for (const [i, sum] of sums.entries()) {
        f.emit("local.get", sum);
        f.emit("local.get", place);
        f.emit("v128.load", 16 * i);
        f.emit("f32x4.add");
        f.emit("local.set", sum);
      }
    }),
  );
  store(f, sums);
  return f.finish();
};

const updateAll = (): WasmFunction => {
  const f = new FunctionBuilder("update", ["i32", "i32"]);
  const factor = f.take("v128");
  // Numbers stay what they are: small ones would become subnormal, and slow.
  f.emit("f32.const", -1);
  f.emit("f32x4.splat");
  f.emit("local.set", factor);
  counted(f, () =>
    overMemory(f, (place) => {
      for (let i = 0; i < 8; i++) {
        f.emit("local.get", place);
        f.emit("local.get", place);
        f.emit("v128.load", 16 * i);
        f.emit("local.get", factor);
        f.emit("f32x4.mul");
        f.emit("v128.store", 16 * i);
      }
    }),
  );
  return f.finish();
};

/** Places from 0 to parameter 1, 128 bytes at a time. */
function overMemory(f: FunctionBuilder, body: (place: number) => void): void {
  const place = f.take("i32");
  f.emit("i32.const", 0);
  f.emit("local.set", place);
  f.emit("loop");
  body(place);
  f.emit("local.get", place);
  f.emit("i32.const", 128);
  f.emit("i32.add");
  f.emit("local.tee", place);
  f.emit("local.get", 1);
  f.emit("i32.lt_u");
  f.emit("br_if", 0);
  f.emit("end");
}

/** So that the sums are needed. */
function store(f: FunctionBuilder, sums: readonly number[]): void {
  for (const [i, sum] of sums.entries()) {
    f.emit("i32.const", 0);
    f.emit("local.get", sum);
    f.emit("v128.store", 16 * i);
  }
}
