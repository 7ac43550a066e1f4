import { homedir } from "node:os";
import { join } from "node:path";

/** Where data sets that were downloaded are kept for this user: `$XDG_CACHE_HOME`, or the system's usual place. */
export function dataCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheHome(environment), "gradsmith", "data");
}

function cacheHome(environment: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (xdg !== undefined && xdg !== "") return xdg;
  if (process.platform === "win32" && local !== undefined && local !== "") return local;
  return process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache");
}
