import type { Plugin as EsbuildPlugin } from "esbuild";
import type { Plugin } from "vite";

export function workerScriptModule(): Promise<string>;
export const workerScript: EsbuildPlugin;
export const workerScriptForVite: Plugin;
