import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { GradsmithError } from "../../core/errors.ts";
import { CodeCache, keyOf } from "./cache.ts";
import type { Toolchain } from "./toolchain.ts";

export interface BuildOptions {
  readonly name: string;
  readonly toolchain: Toolchain;
  readonly cache: CodeCache;
  /** Told once, when the compiler has been running for half a second. */
  readonly onSlow?: ((name: string, elapsedMs: number) => void) | undefined;
}

const slowMs = 500;
/** A file of so many characters takes a compiler about half a second: no less is worth another process. */
const pieceLength = 40_000;
/** What a full or read-only disk makes compilers and linkers say. */
const diskTrouble =
  /no space left|read-only file system|permission denied|disk quota|cannot open output|can't create|cannot create|unable to open output/i;

const substitutes = new Map<string, CodeCache>();
/** One temporary directory for all programs whose cache turns out to be full. */
function substituteFor({ directory }: CodeCache): CodeCache {
  const cache = substitutes.get(directory) ?? CodeCache.temporary(`${directory} is full or can't be loaded from`);
  substitutes.set(directory, cache);
  return cache;
}

/** Builds under way, so that two programs with the same text wait for one compiler. */
const underWay = new Map<string, Build<unknown>>();

/** C to be compiled. */
export interface Source {
  readonly text: string;
  /** The same in so many files, which several compilers can work on at a time. */
  pieces?(count: number): readonly string[];
}

/** Compiles and loads C, now in the background or, when `finish` is called, while the caller waits. */
export function build<Addon>(source: Source, options: BuildOptions): Build<Addon> {
  const key = keyOf(source.text, options.toolchain.identity);
  const before = underWay.get(key);
  if (before !== undefined) return before as Build<Addon>;
  const fresh = new Build<Addon>(source, key, options);
  underWay.set(key, fresh);
  const forget = (): void => void underWay.delete(key);
  fresh.ready.then(forget, forget);
  return fresh;
}

/** What was built in this process or an earlier one, if it is still there: nothing is compiled. */
export function built<Addon>(key: string, options: BuildOptions): Built<Addon> | undefined {
  const before = underWay.get(key);
  if (before !== undefined) return before as Build<Addon>;
  const addon = loadFrom<Addon>(options.cache, key);
  return addon === undefined ? undefined : { key, ready: Promise.resolve(addon), finish: () => addon };
}

/** What a program needs of its code. */
export interface Built<Addon> {
  /** What finds it in the cache. */
  readonly key: string;
  readonly ready: Promise<Addon>;
  /** The addon, compiled while the caller waits if it isn't there yet. */
  finish(): Addon;
}

interface Outcome {
  readonly status: number | null;
  readonly message: string;
}

export class Build<Addon> implements Built<Addon> {
  readonly key: string;
  readonly ready: Promise<Addon>;
  /** Until it's compiled: programs live longer than their text is needed. */
  #source: Source;
  readonly #options: BuildOptions;
  #cache: CodeCache;
  #state:
    | { readonly kind: "working" }
    | { readonly kind: "loaded"; readonly addon: Addon }
    | { readonly kind: "failed"; readonly error: unknown } = { kind: "working" };
  readonly #children = new Set<ChildProcess>();
  #settle!: () => void;

  constructor(source: Source, key: string, options: BuildOptions) {
    this.#source = source;
    this.key = key;
    this.#options = options;
    this.#cache = options.cache;
    this.ready = new Promise((resolve, reject) => {
      this.#settle = () =>
        this.#state.kind === "loaded" ? resolve(this.#state.addon) : this.#state.kind === "failed" && reject(this.#state.error);
    });
    // Whoever runs the program is told; a build nobody waits for must not end the process.
    this.ready.catch(() => {});
    if (!this.#loadCached()) void this.#inBackground();
  }

  finish(): Addon {
    if (this.#state.kind === "working") {
      for (const child of this.#children) child.kill();
      this.#end(() => {
        for (;;) {
          const draft = this.#cache.draft(this.key);
          const { program, args, env } = this.#call(["-x", "c", "-o", draft, "-"]);
          const ended = spawnSync(program, args, { input: this.#source.text, env, encoding: "utf8", maxBuffer: 2 ** 26 });
          const addon = this.#take(draft, { status: ended.status, message: ended.stderr || (ended.error?.message ?? "") });
          if (addon !== undefined) return addon;
        }
      });
    }
    if (this.#state.kind === "loaded") return this.#state.addon;
    throw (this.#state as { error: unknown }).error;
  }

  async #inBackground(): Promise<void> {
    while (this.#state.kind === "working") {
      const draft = this.#cache.draft(this.key);
      const started = performance.now();
      const slow = setTimeout(() => this.#options.onSlow?.(this.#options.name, performance.now() - started), slowMs);
      const outcome = await this.#compile(draft).finally(() => clearTimeout(slow));
      if (this.#state.kind !== "working") {
        this.#cache.discard(draft);
        return;
      }
      this.#end(() => this.#take(draft, outcome));
    }
  }

  /** One file by one compiler, or several files by several and then a linker. */
  async #compile(draft: string): Promise<Outcome> {
    const { text, pieces } = this.#source;
    const count = Math.min(availableParallelism(), Math.floor(text.length / pieceLength));
    if (pieces === undefined || count < 2) return this.#run(["-x", "c", "-o", draft, "-"], text);
    const files = pieces(count).map((input, i) => ({ input, object: `${draft}.${i}.o` }));
    try {
      const outcomes = await Promise.all(files.map(({ input, object }) => this.#run(["-c", "-x", "c", "-o", object, "-"], input)));
      return outcomes.find(({ status }) => status !== 0) ?? (await this.#run(["-o", draft, ...files.map(({ object }) => object)], ""));
    } finally {
      for (const { object } of files) this.#cache.discard(object);
    }
  }

  /** The compiler with these arguments, when it's its turn. */
  async #run(extra: readonly string[], input: string): Promise<Outcome> {
    await slot();
    try {
      if (this.#state.kind !== "working") return { status: null, message: "" };
      return await new Promise((resolve) => {
        const { program, args, env } = this.#call(extra);
        const child = spawn(program, args, { env, stdio: ["pipe", "ignore", "pipe"] });
        this.#children.add(child);
        let message = "";
        const end = (status: number | null): void => {
          this.#children.delete(child);
          resolve({ status, message });
        };
        child.stderr.setEncoding("utf8").on("data", (text: string) => (message += message.length < 2 ** 16 ? text : ""));
        child.on("error", (error) => {
          message += error.message;
          end(null);
        });
        child.on("close", end);
        // A compiler that dies before it has read everything is reported by its status.
        child.stdin.on("error", () => {});
        child.stdin.end(input);
      });
    } finally {
      free();
    }
  }

  #call(extra: readonly string[]): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
    const { command, flags } = this.#options.toolchain;
    const [program, ...args] = command;
    return { program, args: [...args, ...flags, ...extra], env: { ...process.env, LC_ALL: "C", TMPDIR: this.#cache.directory } };
  }

  /** Publishes and loads what the compiler made; undefined to try once more in a directory of our own. */
  #take(draft: string, { status, message }: Outcome): Addon | undefined {
    if (status === 0) {
      try {
        return load<Addon>(this.#cache.publish(draft, this.key));
      } catch (error) {
        if (this.#cache.problem !== undefined) throw this.#failure("was compiled but can't be loaded", String(error));
      }
    } else {
      this.#cache.discard(draft);
      if (this.#cache.problem !== undefined || !diskTrouble.test(message)) throw this.#failure("could not be compiled", message);
    }
    this.#cache = substituteFor(this.#cache);
    return undefined;
  }

  /** Runs a step that gives the addon or nothing yet, and settles with what it gives or throws. */
  #end(step: () => Addon | undefined): void {
    try {
      const addon = step();
      if (addon === undefined) return;
      this.#state = { kind: "loaded", addon };
    } catch (error) {
      this.#state = {
        kind: "failed",
        error: error instanceof GradsmithError ? error : this.#failure("could not be compiled", String(error)),
      };
    }
    this.#source = { text: "" };
    this.#settle();
  }

  #loadCached(): boolean {
    const addon = loadFrom<Addon>(this.#cache, this.key);
    if (addon === undefined) return false;
    this.#state = { kind: "loaded", addon };
    this.#source = { text: "" };
    this.#settle();
    return true;
  }

  #failure(what: string, message: string): GradsmithError {
    const lines = message.trim().split("\n").slice(0, 4).join("\n");
    return new GradsmithError(
      "device",
      "native",
      `${this.#options.name} ${what} with ${this.#options.toolchain.version}: ${lines || "it said nothing"}.`,
      "Use the wasm tier (GRADSMITH_CPU=wasm), or set CC to a compiler that works.",
    );
  }
}

function loadFrom<Addon>(cache: CodeCache, key: string): Addon | undefined {
  const path = cache.find(key);
  if (path === undefined) return undefined;
  try {
    return load<Addon>(path);
  } catch {
    // An object that this process can't load is made again.
    cache.discard(path);
    return undefined;
  }
}

function load<Addon>(path: string): Addon {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports as Addon;
}

/** As many compilers at a time as there are cores. */
let running = 0;
const waiting: (() => void)[] = [];
async function slot(): Promise<void> {
  if (running >= availableParallelism()) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
}
function free(): void {
  const next = waiting.shift();
  if (next === undefined) running--;
  else next();
}
