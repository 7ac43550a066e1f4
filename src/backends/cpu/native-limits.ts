import { readFileSync } from "node:fs";
import type { Limits } from "../../ir/limits.ts";
import type { Features } from "./toolchain.ts";

/** What schedules may count on in code for a processor with these features, and this machine's caches. */
export function nativeLimits({ lanes, registers }: Features): Limits {
  return {
    lanes,
    doubleLanes: lanes / 2,
    registers,
    orderedFrom: 0,
    cacheBytes: cacheBytes(),
    expandTranscendentals: true,
  };
}

/** Linux tells the data caches of a core; elsewhere what any machine of this century has. */
function cacheBytes(): readonly [number, number] {
  const sizes = new Map<string, number>();
  for (let i = 0; i < 8; i++) {
    const facts = (name: string): string => readFileSync(`/sys/devices/system/cpu/cpu0/cache/index${i}/${name}`, "utf8").trim();
    try {
      if (facts("type") !== "Instruction") sizes.set(facts("level"), bytesFrom(facts("size")));
    } catch {
      break;
    }
  }
  return [sizes.get("1") || 32 * 1024, sizes.get("2") || 512 * 1024];
}

/** `48K` or `1M`. */
function bytesFrom(text: string): number {
  const unit = text.endsWith("M") ? 2 ** 20 : text.endsWith("K") ? 1024 : 1;
  return Number.parseInt(text, 10) * unit || 0;
}
