import { choose } from "../core/checks.ts";
import type { DeviceName, Tier } from "./choices.ts";
import { devices, tiers } from "./choices.ts";
import { deviceWished, threadsWished, tierWished } from "./environment.ts";

export interface DeviceSettings {
  /** `reference` computes everything in float64, one element at a time: slow and exact. */
  readonly device: DeviceName;
  readonly tier: Tier;
  /** Threads: all cores by default on the native tier, one on the wasm tier. Results don't depend on it. */
  readonly threads: number | undefined;
  /** Fused multiply-add on the wasm tier, where the engine has it. */
  readonly relaxedSimd: boolean;
}

let chosen: Partial<DeviceSettings> = {};
let inForce: DeviceSettings | undefined;

/** Chooses where everything traced from now on runs. Overrides `GRADSMITH_DEVICE`, `GRADSMITH_CPU` and `GRADSMITH_THREADS`. */
export function setDevice(settings: Partial<DeviceSettings>): void {
  if (settings.device !== undefined) choose("setDevice", "device", settings.device, devices);
  if (settings.tier !== undefined) choose("setDevice", "tier", settings.tier, tiers);
  chosen = { ...chosen, ...settings };
  inForce = undefined;
}

/** The settings in force: what was set, else the environment's at the first call, else the defaults. One object until they change. */
export function deviceSettings(): DeviceSettings {
  inForce ??= {
    device: chosen.device ?? deviceWished() ?? "cpu",
    tier: chosen.tier ?? tierWished() ?? "auto",
    threads: chosen.threads ?? threadsWished(),
    relaxedSimd: chosen.relaxedSimd ?? true,
  };
  return inForce;
}
