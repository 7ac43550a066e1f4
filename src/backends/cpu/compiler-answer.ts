import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { basename, delimiter, join } from "node:path";
import { keyOf, lastingCache } from "./cache.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What else decides what GCC and Clang answer. */
const variables = ["PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH", "CCC_OVERRIDE_OPTIONS"];

/**
 * What a compiler said about itself and this machine, kept from process to process: asking takes 10 to 15 ms. It is taken to say the same as long
 * as its file and the processor are the same. Programs that only call a compiler (scripts, ccache) may call another one next time: they are
 * always asked.
 */
export class CompilerAnswer {
  readonly #key: string | undefined;

  constructor(program: string, args: readonly string[], environment: Environment) {
    const compiler = compilerFile(program, environment);
    const processor = processorFacts();
    // Without its features, one processor can't be told from another.
    if (compiler === undefined || !/^(?:flags|Features)/m.test(processor)) return;
    const set = variables.map((name) => environment[name] ?? "");
    this.#key = keyOf("compiler", compiler, processor, program, ...args, ...set);
  }

  recall(): string | undefined {
    const answer = this.#key === undefined ? undefined : lastingCache()?.read(this.#key);
    return answer && Buffer.from(answer).toString();
  }

  remember(answer: string): void {
    if (this.#key !== undefined) lastingCache()?.write(this.#key, Buffer.from(answer));
  }
}

/** Which file a command's program is, if it is a compiler itself. */
function compilerFile(program: string, { PATH = "" }: Environment): string | undefined {
  const candidates = program.includes("/") ? [program] : PATH.split(delimiter).map((folder) => join(folder, program));
  for (const candidate of candidates) {
    try {
      const path = realpathSync(candidate);
      const { dev, ino, size, mtimeMs } = statSync(path);
      const isCompiler = /(?:^|-)(?:gcc|clang)(?:-[\d.]+)?$/.test(basename(path)) && begin(path)?.toString("latin1", 1, 4) === "ELF";
      return isCompiler ? [path, dev, ino, size, mtimeMs].join() : undefined;
    } catch {
      // The next one on the path.
    }
  }
  return undefined;
}

/** What Linux says about the first processor that doesn't change from moment to moment; the model's name where nobody says more. */
export function processorFacts(): string {
  const [first = ""] = (begin("/proc/cpuinfo")?.toString() ?? "").split("\n\n");
  const lines = first
    .split("\n")
    .filter((line) => /^(?:vendor_id|cpu family|model|model name|stepping|flags|Features|CPU \w+)\s*:/.test(line));
  return lines.length > 0 ? lines.join("\n") : (cpus()[0]?.model ?? "");
}

/** The first bytes of a file: of the processors' list enough for the first one, which on large machines is a small part of it. */
function begin(path: string): Buffer | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(8192);
      return bytes.subarray(0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
