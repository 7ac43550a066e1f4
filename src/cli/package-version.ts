import { createRequire } from "node:module";

/** Of the package this file belongs to. Found by the package's own name, because the build moves this file to another depth. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)("gradsmith/package.json") as { version: string };
  return version;
}
