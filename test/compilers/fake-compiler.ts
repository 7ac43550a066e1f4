import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** A compiler that is a script of ours. */
export function fakeCompiler(folder: string, script: string, name = "cc"): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

/** In a fake compiler's script: what it says if it is asked what it is. */
export const answersProbe = 'case "$*" in *-dM*) printf "#define __GNUC__ 9\\n#define __VERSION__ \\"9.9\\"\\n"; exit;; esac';

/** A compiler that never ends, and neither does what it starts. */
export interface Hanging {
  /** To be put into its script. */
  readonly script: string;
  readonly begun: Promise<unknown>;
  /** Settles when it has begun, and all of it has ended. */
  readonly gone: Promise<unknown>;
}

/** Hangs, with another process that it waits for. Both hold a pipe open, which is at its end when they are. */
export function hanging(folder: string, { ignoresRequests = false } = {}): Hanging {
  const pipe = join(folder, "alive");
  execFileSync("mkfifo", [pipe]);
  const ignore = ignoresRequests ? 'trap "" TERM; ' : "";
  // Opened on another thread, at once: the caller may block this one.
  const opened = open(pipe);
  const gone = opened.then((file) => file.readFile().finally(() => file.close()));
  return { script: `${ignore}exec 9> ${pipe}; sleep 1000 & wait; sleep 1000`, begun: opened, gone };
}

/** How often a fake compiler with this in its script has been started. */
export const counting = (folder: string): { readonly script: string; count(): number } => ({
  script: `echo >> ${join(folder, "starts")}`,
  count: () => readFileSync(join(folder, "starts"), "utf8").length,
});
