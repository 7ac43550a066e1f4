import { nativeLimits } from "./limits-native.ts";
import { wasmLimits } from "./limits-wasm.ts";
import { markdown } from "./markdown.ts";

/** Bandwidth of a walk over so many bytes, again and again: of the cache they fit in, or of memory. */
export interface Bandwidth {
  readonly bytes: number;
  readonly perSecond: number;
}

/** What a tier could do at most on this machine, measured by loops that do nothing else. */
export interface TierLimits {
  readonly name: string;
  /** The instruction that was measured. */
  readonly what: string;
  /** f32 operations; a multiply-add is two. */
  readonly operationsPerSecond: number;
  readonly read: readonly Bandwidth[];
  /** Each element read, changed and written: both ways count. */
  readonly update: readonly Bandwidth[];
}

export interface Limits {
  /** One thread, and all of them where there are several. */
  readonly native: readonly TierLimits[];
  readonly wasm: TierLimits;
}

export async function measureLimits(progress: (text: string) => void): Promise<Limits> {
  progress("the machine's limits, native");
  const native = nativeLimits();
  progress("the machine's limits, wasm");
  const wasm = wasmLimits();
  progress("");
  return { native, wasm };
}

/** Bytes per second at a working set: what was measured at the next larger one. */
export function bandwidthAt(measured: readonly Bandwidth[], bytes: number): number {
  return (measured.find((each) => each.bytes >= bytes) ?? measured.at(-1)!).perSecond;
}

export function describeLimits({ native, wasm }: Limits): string {
  const sizes = [1 << 14, 1 << 20, 1 << 24, 1 << 28];
  const header = ["measured limits", "Gop/s", ...sizes.map((bytes) => `GB/s over ${size(bytes)}, read / update`)];
  const rows = [...native, wasm].map((tier) => [
    `${tier.name} (${tier.what})`,
    (tier.operationsPerSecond / 1e9).toFixed(0),
    ...sizes.map((bytes) => `${gigabytes(bandwidthAt(tier.read, bytes))} / ${gigabytes(bandwidthAt(tier.update, bytes))}`),
  ]);
  return markdown(header, rows);
}

const gigabytes = (perSecond: number): string => (perSecond / 1e9).toPrecision(3);
const size = (bytes: number): string => (bytes < 1 << 20 ? `${bytes >> 10} KiB` : `${bytes >> 20} MiB`);
