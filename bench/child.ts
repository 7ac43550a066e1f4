import { execFile } from "node:child_process";
import { root } from "./root.ts";

/** Runs one of our own scripts to its end and gives the line of JSON it wrote, or what went wrong as a string. */
export function answerOf<T extends object>(
  script: string,
  env: Readonly<Record<string, string>>,
  timeoutMs = 300_000,
): Promise<T | string> {
  const options = { env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 2 ** 26 };
  return new Promise((resolve) => {
    execFile(process.execPath, [root("bench/.build", `${script}.js`)], options, (error, stdout, stderr) => {
      const line = stdout.split("\n").findLast((text) => text.startsWith("{"));
      if (error === null && line !== undefined) return resolve(JSON.parse(line) as T);
      const lines = stderr.trim().split("\n");
      const words = lines.findLast((text) => /error/i.test(text)) ?? lines.at(-1) ?? "";
      const end = error?.killed === true ? `stopped after ${timeoutMs / 1000} s` : `exit code ${error?.code ?? 0}`;
      resolve(`${end}: ${words}`.slice(0, 200));
    });
  });
}
