import { nativeLimits } from "./limits-native.ts";
import { wasmLimits } from "./limits-wasm.ts";
import { markdown } from "./markdown.ts";
import type { Bandwidth, TierLimits } from "./working-sets.ts";
import { workingSets } from "./working-sets.ts";

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

/** Bytes per second at a working set: between what was measured at the next smaller and the next larger one, on logarithmic axes. */
export function bandwidthAt(measured: readonly Bandwidth[], bytes: number): number {
  const next = measured.findIndex((each) => each.bytes >= bytes);
  if (next <= 0) return (next === 0 ? measured[0]! : measured.at(-1)!).perSecond;
  const [below, above] = [measured[next - 1]!, measured[next]!];
  const share = Math.log(bytes / below.bytes) / Math.log(above.bytes / below.bytes);
  return below.perSecond * (above.perSecond / below.perSecond) ** share;
}

export function describeLimits({ native, wasm }: Limits): string {
  const header = ["limits: Gop/s, and GB/s read / updated over", "Gop/s", ...workingSets.map(size)];
  const rows = [...native, wasm].map((tier) => [
    `${tier.name} (${tier.what})`,
    (tier.operationsPerSecond / 1e9).toFixed(0),
    ...workingSets.map((bytes) => `${gigabytes(bandwidthAt(tier.read, bytes))} / ${gigabytes(bandwidthAt(tier.update, bytes))}`),
  ]);
  return markdown(header, rows);
}

const gigabytes = (perSecond: number): string => (perSecond / 1e9).toPrecision(3);
const size = (bytes: number): string => (bytes < 1 << 20 ? `${bytes >> 10} KiB` : `${bytes >> 20} MiB`);
