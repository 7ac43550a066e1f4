import type { Target } from "../../compiler/target.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Program } from "../../ir/program.ts";
import { orderedFrom } from "../../targets/wasm/ordered-loop.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import { printingWasm, printWasm } from "../../targets/wasm/print.ts";
import type { Tier } from "./tier.ts";
import type { WasmEngine } from "./wasm-engine.ts";
import { wasmEngine } from "./wasm-engine.ts";
import { WasmExecutable } from "./wasm-executable.ts";
import { wasmFeatures } from "./wasm-features.ts";

export interface WasmOptions {
  /** Fused multiply-add where the machine has it. Without, results are the same on all machines. Default: where available. */
  readonly relaxedSimd?: boolean;
  /** Threads for large kernels, where the environment has shared memory. Results don't depend on how many. Default: 1. */
  readonly threads?: number;
  /** How often a run looks for what workers haven't finished, before one of them counts as killed. */
  readonly patience?: number | undefined;
}

/** The WebAssembly tier of the cpu device. */
export const wasmTier = (options: WasmOptions = {}): WasmTier => new WasmTier(options);

/** Programs as WebAssembly modules printed by `targets/wasm`, each in a memory of its own. */
export class WasmTier implements Tier {
  readonly name = "wasm";
  readonly operationsPerCall = 4e8;
  readonly target: Target;
  readonly relaxedSimd: boolean;
  readonly threads: number;
  readonly patience: number | undefined;
  readonly engine: WasmEngine;

  constructor({ relaxedSimd, threads = 1, patience }: WasmOptions) {
    const engine = wasmEngine();
    const features = wasmFeatures();
    if (engine === undefined || !features.simd) {
      throw new GradsmithError(
        "device",
        "wasm",
        "this JavaScript engine has no WebAssembly SIMD.",
        "Use Node 20 or a browser from 2021 on.",
      );
    }
    if (relaxedSimd === true && !features.relaxedSimd) {
      throw new GradsmithError("device", "wasm", "this JavaScript engine has no relaxed SIMD.", "Leave out relaxedSimd: true.");
    }
    this.engine = engine;
    this.threads = threads;
    this.patience = patience;
    this.relaxedSimd = relaxedSimd ?? features.relaxedSimd;
    this.target = {
      limits: {
        lanes: 4,
        // Of 16, the engine keeps one to itself, and a product that isn't fused needs one.
        registers: this.relaxedSimd ? 15 : 14,
        orderedFrom,
        doubleLanes: 1,
        cacheBytes: [32 * 1024, 512 * 1024],
        expandTranscendentals: true,
      },
      passes: {},
    };
  }

  /** Equal where programs printed by one backend run on another. */
  get identity(): string {
    return `${this.relaxedSimd}`;
  }

  *printing(program: Program): Generator<undefined, () => WasmExecutable> {
    const code = yield* printingWasm(program, this);
    return () => this.compile(program, code);
  }

  /** `code` is what the program was printed as before: its kernels aren't looked at. */
  compile(program: Program, code: WasmCode = printWasm(program, this)): WasmExecutable {
    return new WasmExecutable(program, code, this, this.threads > 1 ? () => this.sharedCode(program) : undefined);
  }

  /** The program printed for several threads; undefined where none of its kernels is worth it, or threads may not share memory here. */
  async sharedCode(program: Program): Promise<WasmCode | undefined> {
    // By itself, so that pages without threads don't load it.
    const { sharedCode } = await import("./wasm-shared-code.ts");
    return sharedCode(program, this, (sharing) => printWasm(program, { relaxedSimd: this.relaxedSimd, sharing }));
  }
}
