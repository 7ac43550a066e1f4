import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command: what `npx gradsmith` starts. */
export const main = fileURLToPath(new URL("../../dist/node/cli/main.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
  /** A command that starts another, such as `unshare -rn`. */
  readonly within?: readonly string[];
  /** Told as soon as the process runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `gradsmith <words>` as a process of its own, without a terminal. */
export function gradsmith(
  words: readonly string[],
  { environment = {}, node = [], within = [], onStart }: Surroundings = {},
): Promise<Outcome> {
  const [file, ...args] = [...within, process.execPath, ...node, main, ...words];
  const child = spawn(file!, args, { env: { ...usual(), ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** This process's environment without what changes the outcome. */
export function usual(): Record<string, string | undefined> {
  const { GRADSMITH_CPU, GRADSMITH_DEVICE, GRADSMITH_THREADS, GRADSMITH_DATA, GRADSMITH_CACHE, CC, NODE_OPTIONS, ...rest } = process.env;
  return rest;
}

/** Whether this machine lets us make namespaces of our own (Linux): networks without a way out, disks of four pages. */
export const hasNamespaces = process.platform === "linux" && spawnSync("unshare", ["-rnm", "true"]).status === 0;

/** A command that starts another with a disk of its own mounted at `folder`. */
export const withDisk = (folder: string, options: string): string[] => [
  "unshare",
  "-rm",
  "sh",
  "-c",
  `mount -t tmpfs -o ${options} tmpfs '${folder}' && exec "$@"`,
  "sh",
];
