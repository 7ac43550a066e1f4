import { GradsmithError } from "../core/errors.ts";
import type { Backend } from "./backend.ts";

const registered = new Map<string, Backend>();

/** Makes a device known by its name, in place of another of that name. */
export function registerBackend(backend: Backend): void {
  registered.set(backend.name, backend);
}

/** The names of the devices there are. */
export const backendNames = (): string[] => [...registered.keys()];

/** All devices there are. */
export const backends = (): Backend[] => [...registered.values()];

const hints: Readonly<Record<string, string>> = {
  reference: 'In a page, import "gradsmith/backends/reference".',
  worker: "Call useWorker() first.",
};

/** The device of this name; an error if there is none here. */
export function backendNamed(name: string): Backend {
  const backend = registered.get(name);
  if (backend !== undefined) return backend;
  throw new GradsmithError(
    "device",
    name,
    `there is no device "${name}" here; there ${registered.size === 1 ? "is" : "are"} ${backendNames().join(", ")}.`,
    hints[name],
  );
}
