import type { DeviceSettings } from "../settings.ts";
import { reportSlowCompiler } from "../slow-compilers.ts";
import type { NativePart } from "./choose-tier.ts";
import type { NativeTier } from "./native.ts";
import { nativeAvailability, nativeTier } from "./native.ts";
import { rememberedToolchain, searchToolchain } from "./toolchain.ts";
import { weighed } from "./weigh.ts";

let made: { tier: NativeTier; threads: number | undefined } | undefined;

function tier({ threads }: DeviceSettings): NativeTier {
  if (made === undefined || made.threads !== threads) {
    const onSlowCompile = (program: string): void => reportSlowCompiler(`${program} with ${nativeAvailability().compiler ?? "cc"}`);
    made = { tier: nativeTier({ onSlowCompile, ...(threads === undefined ? {} : { threads }) }), threads };
  }
  return made.tier;
}

/** Programs as C, for the cpu device of environments that have compilers. */
export const nativePart: NativePart = {
  asked() {
    if (rememberedToolchain() !== undefined) return undefined;
    const search = searchToolchain();
    return { soon: () => search.ready, now: () => void nativeAvailability(), abandon: search.abandon };
  },
  availability: nativeAvailability,
  tier,
  weighed,

  describe(settings) {
    const { compiler, lanes } = nativeAvailability();
    const { threads } = tier(settings);
    return { text: `C compiled by ${compiler ?? "cc"}, ${lanes ?? 4} lanes, ${threads} ${threads === 1 ? "thread" : "threads"}`, threads };
  },
};
