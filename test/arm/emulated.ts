import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativeTarget } from "../../src/backends/cpu/native-target.ts";
import type { Tier, TierExecutable } from "../../src/backends/cpu/tier.ts";
import { codeFlags, featuresOf } from "../../src/backends/cpu/toolchain.ts";
import type { Target } from "../../src/compiler/target.ts";
import { bytesOf } from "../../src/core/dtype.ts";
import type { Program } from "../../src/ir/program.ts";
import { printC } from "../../src/targets/c/print.ts";
import { printRuntime } from "../../src/targets/c/runtime.ts";
import { nightly, onlyNightly } from "../nightly.ts";

const compiler = "aarch64-linux-gnu-gcc";
const emulator = "qemu-aarch64-static";

const isLacking = (program: string): boolean => spawnSync(program, ["--version"]).status !== 0;
const lacking = nightly ? [compiler, emulator].find(isLacking) : undefined;
/** Why C for ARM isn't compiled and run now; undefined if it is. */
export const missing = onlyNightly ?? (lacking && `there is no ${lacking}`);

let root: string | undefined;
/** A folder of this process, gone when it ends. */
function freshFolder(): string {
  if (root === undefined) {
    const made = mkdtempSync(join(tmpdir(), "gradsmith-arm-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    root = made;
  }
  return mkdtempSync(join(root, "program-"));
}

/** What stands in for Node: memory comes in as bytes, the program runs, memory goes out. */
const entry = `
#include <stdio.h>
#include <stdlib.h>
extern void *pool(int);
int main(int count, char **words) {
  void *memory[count];
  const int threads = atoi(words[1]);
  for (int k = 3; k < count; k++) {
    const size_t bytes = atol(words[k]);
    memory[k] = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (fread(memory[k], 1, bytes, stdin) != bytes) return 2;
  }
  const unsigned long mode = flush_subnormals();
  for (int k = 0; k < atoi(words[2]); k++) step(memory + 4, memory[3], threads > 1 ? pool(threads) : serial, threads);
  restore_subnormals(mode);
  for (int k = 4; k < count; k++) fwrite(memory[k], 1, atol(words[k]), stdout);
  return 0;
}
`;
const poolEntry = `
void *pool(int threads) {
  grow(threads);
  return parallel;
}
`;

const noPool = "void *pool(int threads) { return 0; }";

export interface EmulationOptions {
  /** `armv8-a` is every 64-bit ARM. */
  readonly architecture?: string;
  readonly threads?: number;
}

/** The native tier on ARM as far as C goes: what is printed, compiled for ARM and emulated instruction by instruction. */
export class EmulatedArm implements Tier {
  readonly name = "native";
  readonly identity = "emulated";
  readonly operationsPerCall = 1e9;
  readonly target: Target;
  readonly threads: number;
  readonly #command: readonly string[];

  constructor({ architecture = "armv8-a", threads = 1 }: EmulationOptions = {}) {
    this.threads = threads;
    const asked = [`-march=${architecture}`, "-dM", "-E", "-x", "c", "-"];
    const { stdout: macros } = spawnSync(compiler, asked, { input: "", encoding: "utf8" });
    this.#command = [`-march=${architecture}`, ...codeFlags(macros)];
    this.target = nativeTarget(featuresOf(macros, ""));
  }

  *printing(program: Program): Generator<undefined, () => TierExecutable> {
    return () => this.compile(program);
  }

  compile(program: Program): TierExecutable {
    const folder = freshFolder();
    const [code, main, pool] = ["code", "main.c", "pool.c"].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(main, printC(program) + entry);
    writeFileSync(pool, this.threads > 1 ? printRuntime().replaceAll("napi_register_module_v1", "pool_module") + poolEntry : noPool);
    // Nobody calls the doors through which Node comes in.
    const link = ["-static", "-Wl,--unresolved-symbols=ignore-all", "-o", code, "-lm"];
    run(compiler, [...this.#command, main, pool, ...link]);
    return {
      ready: Promise.resolve(),
      isReady: true,
      finish: () => true,
      unload() {},
      abandon() {},
      memoryBytes: program.arenaBytes,
      run: (storages, repeat) => {
        const memories = [arenaOf(program), ...storages.map(({ bytes }) => bytes)];
        const sizes = memories.map(({ length }) => String(length));
        const input = Buffer.concat(memories);
        const result = run(emulator, ["-cpu", "max", code, String(this.threads), String(repeat), ...sizes], input);
        let at = 0;
        for (const { bytes } of storages) {
          bytes.set(result.subarray(at, at + bytes.length));
          at += bytes.length;
        }
      },
    };
  }
}

function arenaOf({ buffers, arenaBytes }: Program): Uint8Array {
  const arena = new Uint8Array(arenaBytes);
  for (const { place, dtype, length } of buffers) {
    if (place.kind !== "constant") continue;
    arena.set(new Uint8Array(place.data.buffer, place.data.byteOffset, length * bytesOf(dtype)), place.offset);
  }
  return arena;
}

function run(program: string, args: readonly string[], input: Uint8Array = Buffer.of()): Buffer {
  const { status, signal, stdout, stderr } = spawnSync(program, args, { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${program} ends with ${status ?? signal}: ${stderr.toString().slice(0, 1000)}`);
  return stdout;
}
