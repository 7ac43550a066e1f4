import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.ts";
import type { TierLimits } from "./working-sets.ts";

interface Figure {
  readonly threads: number;
  readonly kind: "multiply-add" | "read" | "update";
  readonly perSecond: number;
  readonly lanes?: number;
  readonly bytes?: number;
}

/** The limits of one and of all threads, from a C program with the machine's own compiler; nothing where there is none. */
export function nativeLimits(): TierLimits[] {
  const folder = mkdtempSync(join(tmpdir(), "gradsmith-limits-"));
  try {
    const program = join(folder, "limits");
    const [compiler, ...first] = (process.env["CC"] ?? "cc").split(/\s+/) as [string, ...string[]];
    const flags = ["-O2", "-march=native", "-ffp-contract=fast", "-w", "-pthread"];
    execFileSync(compiler, [...first, ...flags, "-o", program, root("bench/limits.c")], { stdio: ["ignore", "ignore", "pipe"] });
    const output = execFileSync(program, [String(availableParallelism())], { encoding: "utf8" });
    const figures = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Figure);
    return [...new Set(figures.map(({ threads }) => threads))].map((threads) =>
      limitsOf(figures.filter((each) => each.threads === threads)),
    );
  } catch (error) {
    console.error(`no native limits: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    return [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function limitsOf(figures: readonly Figure[]): TierLimits {
  const peak = figures.find((figure) => figure.kind === "multiply-add")!;
  const bandwidth = (kind: "read" | "update") =>
    figures.filter((figure) => figure.kind === kind).map(({ bytes, perSecond }) => ({ bytes: bytes!, perSecond }));
  return {
    name: `native, ${peak.threads} ${peak.threads === 1 ? "thread" : "threads"}`,
    what: `f32x${peak.lanes!} multiply-add`,
    operationsPerSecond: peak.perSecond,
    read: bandwidth("read"),
    update: bandwidth("update"),
  };
}
