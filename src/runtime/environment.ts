import { choose } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { DeviceName, Tier } from "./choices.ts";
import { devices, mostThreads, tiers } from "./choices.ts";

const variable = (name: string): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name] || undefined;

/** What the environment's variables wish for, where they do. */
export function deviceWished(): DeviceName | undefined {
  const name = variable("GRADSMITH_DEVICE");
  return name === undefined ? undefined : choose("GRADSMITH_DEVICE", "device", name, devices);
}

export function tierWished(): Tier | undefined {
  const name = variable("GRADSMITH_CPU");
  return name === undefined ? undefined : choose("GRADSMITH_CPU", "tier", name, tiers);
}

export function threadsWished(): number | undefined {
  const text = variable("GRADSMITH_THREADS");
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= mostThreads) return count;
  throw new GradsmithError("option", "GRADSMITH_THREADS", `"${text}" is not a number of threads.`, `Use 1 to ${mostThreads}.`);
}
