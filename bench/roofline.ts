import { leastWork } from "./least-work.ts";
import type { Limits } from "./limits.ts";
import { bandwidthAt } from "./limits.ts";
import { markdown } from "./markdown.ts";
import type { Result } from "./table.ts";
import { duration } from "./table.ts";
import type { TierLimits } from "./working-sets.ts";

/** The least time a tier needs for a row: what its arithmetic takes at the measured peak, or its memory at the measured bandwidth. */
interface Bound {
  readonly us: number;
  readonly by: "arithmetic" | "memory";
}

function boundOf(row: string, tier: TierLimits): Bound | undefined {
  const least = leastWork(row);
  if (least === undefined) return undefined;
  const arithmetic = (least.operations / tier.operationsPerSecond) * 1e6;
  // A training step updates in place, the others only read; either way over and over, so that what fits in a cache stays there.
  const isRead = /^W[67]/.test(row);
  const workingSet = isRead ? least.bytes : least.bytes / 2;
  const memory = (least.bytes / bandwidthAt(isRead ? tier.read : tier.update, workingSet)) * 1e6;
  return arithmetic >= memory ? { us: arithmetic, by: "arithmetic" } : { us: memory, by: "memory" };
}

/** For each row and tier the limit and the share of it that is reached; the same for the peers in native code. */
export function limitTable(results: readonly Result[], limits: Limits): string {
  const native = limits.native.at(-1);
  const header = ["share of the limit", "Mop", "MB", "counted", "native limit", "native", "PyTorch", "JAX", "wasm limit", "wasm"];
  const rows = results.flatMap(({ row, figures }) => {
    const least = leastWork(row);
    if (least === undefined) return [];
    const figure = (name: string) => figures.find(({ contestant }) => contestant === name);
    const bounds = { native: native === undefined ? undefined : boundOf(row, native), wasm: boundOf(row, limits.wasm) };
    const share = (bound: Bound | undefined, name: string) => {
      const found = figure(name);
      return bound === undefined || found === undefined ? "" : `${((bound.us / found.us) * 100).toFixed(0)}%`;
    };
    const show = (bound: Bound | undefined) => (bound === undefined ? "" : `${duration(bound.us)} ${bound.by}`);
    const counted = figure("gradsmith native")?.operations;
    return [
      [
        row,
        (least.operations / 1e6).toPrecision(3),
        (least.bytes / 1e6).toPrecision(3),
        counted === undefined ? "" : (counted / least.operations).toFixed(2),
        show(bounds.native),
        share(bounds.native, "gradsmith native"),
        share(bounds.native, "PyTorch"),
        share(bounds.native, "JAX"),
        show(bounds.wasm),
        share(bounds.wasm, "gradsmith wasm"),
      ],
    ];
  });
  return markdown(header, rows);
}

/** What the table of limits means, for the notes under it. */
export const limitNotes: readonly string[] = [
  "Limits are measured at the start of each run, by loops that do nothing but multiply-adds, reads or updates: with all threads for native code, with one for wasm.",
  "Mop: what the matrix products and convolutions of a step need at least. MB: weights and the optimizer's numbers read and written once, and the samples read once. The limit is the longer of the two at the measured peak and the measured bandwidth. Counted: operations of our program, elementwise ones too, over Mop.",
  "W1 is far from both limits on the native tier: its step is a chain of eighteen kernels of 50 to 200 ns on one thread, where loops hardly begin before they end. What a call from JavaScript costs, making a tensor and awaiting its result, is W7's row `empty`, which adds 1 to a number; it is part of the other rows of W7, and of W1 it is once per call of some three hundred steps.",
];
