import { positiveInteger } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";

/** `reference` computes everything in float64, one element at a time: slow and exact. */
export const devices = { cpu: "cpu", reference: "reference" } as const;
/** Where programs run. */
export type DeviceName = keyof typeof devices;

/** How the `cpu` device computes: WebAssembly everywhere, C where a compiler is, or whichever a program's work calls for. */
export const tiers = { auto: "auto", wasm: "wasm", native: "native" } as const;
/** How the cpu runs programs. */
export type Tier = keyof typeof tiers;

/** More than any machine has cores. */
export const mostThreads = 1024;

/** A number of threads that a machine may have. */
export function threadCount(where: string, name: string, value: unknown): number {
  const count = positiveInteger(where, name, value);
  if (count <= mostThreads) return count;
  throw new GradsmithError("option", where, `${name} must be at most ${mostThreads}, got ${count}.`);
}
