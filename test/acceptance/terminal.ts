import { spawn, spawnSync } from "node:child_process";
import { main, usual } from "./command.ts";

/** How a command is run in a terminal that a program holds, what it is given, and what is typed. */
const holders: readonly { readonly program: string; readonly test: readonly string[]; args(command: readonly string[]): string[] }[] = [
  // Of util-linux: that of other systems has other options, and no --version.
  {
    program: "script",
    test: ["--version"],
    args: (command) => ["-qec", command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" "), "/dev/null"],
  },
  {
    program: "python3",
    test: ["-c", "import pty"],
    args: (command) => ["-c", "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))", ...command],
  },
];
const holder = holders.find(({ program, test }) => spawnSync(program, test).status === 0);

/** Why nothing can be typed in a terminal here; undefined if it can. */
export const noTerminal = holder === undefined ? "there is neither util-linux's script nor python3 to hold a terminal" : undefined;

export interface Session {
  readonly code: number | null;
  /** All that was written to the terminal, and the echo of what was typed. */
  readonly shown: string;
}

/** Control and C. */
export const ctrlC = "\u0003";

/** Runs `gradsmith <words>` in a terminal of 100 columns, at which somebody sits: told of all that is shown so far, they type. */
export function inTerminal(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  typist: (shown: string, type: (keys: string) => void) => void,
): Promise<Session> {
  const sized = ["sh", "-c", 'stty rows 40 cols 100; exec "$@"', "sh"];
  const args = holder!.args([...sized, process.execPath, main, ...words]);
  const child = spawn(holder!.program, args, { env: { ...usual(), ...environment }, stdio: ["pipe", "pipe", "inherit"] });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    typist(shown, (keys) => child.stdin.write(keys));
  });
  // Who types when all is over.
  child.stdin.on("error", () => {});
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, shown }));
  });
}
