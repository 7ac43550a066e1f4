import type { Backend, DeviceDescription } from "../backends/backend.ts";
import { backendNamed, backendNames, backends } from "../backends/registry.ts";
import type { DeviceName, DeviceSettings, Tier } from "../backends/settings.ts";
import { choose, flag, positiveInteger } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";

const tiers: Readonly<Record<Tier, Tier>> = { auto: "auto", wasm: "wasm", native: "native" };
const builtIn: readonly DeviceName[] = ["cpu", "worker", "reference"];

/** More than any machine has cores. */
const mostThreads = 1024;

let chosen: DeviceOptions = {};
let inForce: { readonly settings: DeviceSettings; readonly backend: Backend } | undefined;

/** What `setDevice` takes: settings that are left out stay as they are. */
export type DeviceOptions = { readonly [Name in keyof DeviceSettings]?: DeviceSettings[Name] | undefined };

const checks: OptionChecks<DeviceOptions> = {
  device: knownDevice,
  tier: (where, _, value) => choose(where, "tier", value as string, tiers),
  threads: threadCount,
  relaxedSimd: flag,
};

/** A device that is there; an error that tells a name nobody knows from one that isn't in this bundle. */
function knownDevice(where: string, _name: string, value: unknown): DeviceName {
  const names = [...new Set<string>([...builtIn, ...backendNames()])];
  const name = choose(where, "device", value as string, Object.fromEntries(names.map((each) => [each, each])));
  return backendNamed(name).name as DeviceName;
}

/** A number of threads that a machine may have. */
function threadCount(where: string, name: string, value: unknown): number {
  const count = positiveInteger(where, name, value);
  if (count <= mostThreads) return count;
  throw new GradsmithError("option", where, `${name} must be at most ${mostThreads}, got ${count}.`);
}

/**
 * Chooses where everything traced from now on runs. Overrides the environment's `GRADSMITH_DEVICE`, `GRADSMITH_CPU` and `GRADSMITH_THREADS`;
 * a setting given as undefined is theirs again.
 *
 * @throws GradsmithError "option" for an unknown option or value, with the nearest; "device" for a device that isn't part of this bundle.
 * @example setDevice({ tier: "wasm", threads: 4 });
 */
export function setDevice(settings: DeviceOptions): void {
  chosen = { ...chosen, ...checkOptions("setDevice", settings, checks) };
  inForce = undefined;
}

function now(): { readonly settings: DeviceSettings; readonly backend: Backend } {
  if (inForce === undefined) {
    const settings: DeviceSettings = {
      device: chosen.device ?? deviceWished() ?? "cpu",
      tier: chosen.tier ?? tierWished() ?? "auto",
      threads: chosen.threads ?? threadsWished(),
      relaxedSimd: chosen.relaxedSimd ?? true,
    };
    inForce = { settings, backend: backendNamed(settings.device) };
  }
  return inForce;
}

/** The settings in force: what was set, else the environment's at the first call, else the defaults. One object until they change. */
export const deviceSettings = (): DeviceSettings => now().settings;

/** Equal text, equal settings. */
export const settingsText = ({ device, tier, threads, relaxedSimd }: DeviceSettings): string =>
  `${device} ${tier} ${threads} ${relaxedSimd}`;

/** The device in use. */
export const currentBackend = (): Backend => now().backend;

/**
 * What programs run on here, and why, by the settings and the machine as they are now.
 *
 * @throws GradsmithError "option" where an environment variable names what isn't there.
 * @example console.log(describeDevice().lines.join("\n"));
 */
export const describeDevice = (): DeviceDescription => currentBackend().describe(deviceSettings());

/**
 * The devices there are, by the names that `setDevice` takes, and what programs run on there.
 *
 * @example devices().map(({ device, tier, threads }) => `${device}: ${tier}, ${threads} threads`)
 */
export const devices = (): DeviceDescription[] => backends().map((backend) => backend.describe(deviceSettings()));

const variable = (name: string): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name] || undefined;

function deviceWished(): DeviceName | undefined {
  const name = variable("GRADSMITH_DEVICE");
  return name === undefined ? undefined : knownDevice("GRADSMITH_DEVICE", "device", name);
}

function tierWished(): Tier | undefined {
  const name = variable("GRADSMITH_CPU");
  return name === undefined ? undefined : choose("GRADSMITH_CPU", "tier", name, tiers);
}

function threadsWished(): number | undefined {
  const text = variable("GRADSMITH_THREADS");
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= mostThreads) return count;
  throw new GradsmithError("option", "GRADSMITH_THREADS", `"${text}" is not a number of threads.`, `Use 1 to ${mostThreads}.`);
}
