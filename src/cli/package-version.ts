import { readFileSync } from "node:fs";

/** Of the package this file belongs to. */
export function packageVersion(): string {
  const parsed = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return parsed.version;
}
