import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Toolchain } from "../../src/backends/cpu/toolchain.ts";

/** A C file of test/fixtures/c that some compiler gets wrong when it vectorises loops, and what it prints by its definition. */
export interface Pattern {
  readonly name: string;
  readonly float: "float" | "double";
  readonly wanted: readonly number[];
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Ones at the first largest of each of three columns. */
function firstLargest(): number[] {
  const x = range(24).map((i) => (i * 7) % 23);
  const column = (i: number): number[] => x.filter((_, k) => k % 3 === i % 3);
  return x.map((_, i) => (column(i).indexOf(Math.max(...column(i))) === Math.floor(i / 3) ? 1 : 0));
}

const wanted: Readonly<Record<string, readonly number[]>> = {
  "min-of-select": firstLargest(),
  "masked-group-of-three": range(18).map((i) => (((i * 7) % 5) - 2 > 0 ? i + 1 : 0)),
  "repeated-bytes": range(31).map((i) => ((i * 37) & 255) ^ [0x05, 0x3f, 0x2d, 0x1b][i % 4]!),
};

export const patterns: readonly Pattern[] = Object.entries(wanted).flatMap(([name, wanted]) =>
  (["float", "double"] as const).map((float) => ({ name, float, wanted })),
);

/** What is wrong with a pattern compiled with the flags that programs get; undefined if nothing. `folder` has the fixtures. */
export function patternFault({ command, flags }: Toolchain, { name, float, wanted }: Pattern, folder: string): string | undefined {
  const [program, ...first] = command;
  const place = mkdtempSync(join(tmpdir(), "gradsmith-pattern-"));
  const [object, executable] = [join(place, "pattern.o"), join(place, "pattern")] as const;
  try {
    // Flags go with the object, as where programs are compiled in pieces: what they say to the linker would make an addon.
    const calls: [string, string[]][] = [
      [program, [...first, ...flags, `-DFLOAT=${float}`, "-c", "-x", "c", "-o", object, join(folder, `${name}.c`)]],
      [program, [...first, "-o", executable, object]],
      [executable, []],
    ];
    let printed = "";
    for (const [path, args] of calls) {
      const { status, signal, stdout, stderr, error } = spawnSync(path, args, { encoding: "utf8" });
      const said = stderr?.trim() || error?.message;
      if (status !== 0 || said) return `${name} of ${float}: ${path} ends with ${status ?? signal}: ${said || "it said nothing"}`;
      printed = stdout.trim();
    }
    return printed === wanted.join(" ") ? undefined : `${name} of ${float}: ${printed}, wanted ${wanted.join(" ")}`;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
