import { GradsmithError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

/** How the `cpu` device computes: WebAssembly everywhere, C where a compiler is, or whichever a program's work calls for. */
export type Tier = "auto" | "wasm" | "native";
export type DeviceName = "cpu" | "reference";

export interface DeviceSettings {
  /** `reference` computes everything in float64, one element at a time: slow and exact. */
  readonly device: DeviceName;
  readonly tier: Tier;
  /** Threads of the native tier; all cores by default. */
  readonly threads: number | undefined;
  /** Fused multiply-add on the wasm tier, where the engine has it. */
  readonly relaxedSimd: boolean;
}

const devices: readonly DeviceName[] = ["cpu", "reference"];
const tiers: readonly Tier[] = ["auto", "wasm", "native"];

let chosen: Partial<DeviceSettings> = {};
let inForce: DeviceSettings | undefined;

/** Chooses where everything traced from now on runs. Overrides `GRADSMITH_DEVICE`, `GRADSMITH_CPU` and `GRADSMITH_THREADS`. */
export function setDevice(settings: Partial<DeviceSettings>): void {
  if (settings.device !== undefined) oneOf("setDevice", "device", settings.device, devices);
  if (settings.tier !== undefined) oneOf("setDevice", "tier", settings.tier, tiers);
  chosen = { ...chosen, ...settings };
  inForce = undefined;
}

/** The settings in force: what was set, else the environment's at the first call, else the defaults. One object until they change. */
export function deviceSettings(): DeviceSettings {
  inForce ??= settingsNow();
  return inForce;
}

function settingsNow(): DeviceSettings {
  const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
  const threads = environment["GRADSMITH_THREADS"];
  return {
    device: chosen.device ?? oneOf("GRADSMITH_DEVICE", "device", environment["GRADSMITH_DEVICE"] || "cpu", devices),
    tier: chosen.tier ?? oneOf("GRADSMITH_CPU", "tier", environment["GRADSMITH_CPU"] || "auto", tiers),
    threads: chosen.threads ?? (threads === undefined || threads === "" ? undefined : threadCount(threads)),
    relaxedSimd: chosen.relaxedSimd ?? true,
  };
}

function oneOf<T extends string>(where: string, what: string, name: string, names: readonly T[]): T {
  const found = names.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  const close = nearest(name, names);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new GradsmithError("option", where, `unknown ${what} "${name}".${hint}`, `Known: ${names.join(", ")}.`);
}

function threadCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new GradsmithError("option", "GRADSMITH_THREADS", `"${text}" is not a number of threads.`, "Use a positive integer.");
}
