import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A path in the repository. The harness runs bundled, from bench/.build/. */
export const root = (...parts: readonly string[]): string => join(fileURLToPath(new URL("../..", import.meta.url)), ...parts);
