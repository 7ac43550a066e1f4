import type { Plugin } from "vite";

export function workerScriptModule(): Promise<string>;
export const workerScriptForVite: Plugin;
