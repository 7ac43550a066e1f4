import { choose, flag } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { DeviceName, Tier } from "./choices.ts";
import { devices, threadCount, tiers } from "./choices.ts";
import { deviceWished, threadsWished, tierWished } from "./environment.ts";

/** Where programs run, and how. */
export interface DeviceSettings {
  /** `reference` computes everything in float64, one element at a time: slow and exact. */
  readonly device: DeviceName;
  /** How the `cpu` device computes; by default whichever a program's work calls for. */
  readonly tier: Tier;
  /**
   * Threads, 1 to 1024: all cores by default on the native tier, one on the wasm tier, which has 64 at most. Results don't depend on it.
   */
  readonly threads: number | undefined;
  /** Fused multiply-add on the wasm tier, where the engine has it. Default true. */
  readonly relaxedSimd: boolean;
}

let chosen: DeviceOptions = {};
let inForce: DeviceSettings | undefined;

/** What `setDevice` takes: settings that are left out stay as they are. */
export type DeviceOptions = { readonly [Name in keyof DeviceSettings]?: DeviceSettings[Name] | undefined };

const checks: OptionChecks<DeviceOptions> = {
  device: (where, _, value) => choose(where, "device", value as string, devices),
  tier: (where, _, value) => choose(where, "tier", value as string, tiers),
  threads: threadCount,
  relaxedSimd: flag,
};

/**
 * Chooses where everything traced from now on runs. Overrides the environment's `GRADSMITH_DEVICE`, `GRADSMITH_CPU` and `GRADSMITH_THREADS`;
 * a setting given as undefined is theirs again.
 *
 * @throws GradsmithError "option" for an unknown option or value, with the nearest.
 * @example setDevice({ tier: "wasm", threads: 4 });
 */
export function setDevice(settings: DeviceOptions): void {
  chosen = { ...chosen, ...checkOptions("setDevice", settings, checks) };
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
