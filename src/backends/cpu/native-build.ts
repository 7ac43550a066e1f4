import { availableParallelism } from "node:os";
import { GradsmithError } from "../../core/errors.ts";
import { CodeCache, keyOf } from "./cache.ts";
import type { Call, Outcome, Pending } from "./compiler-process.ts";
import { Compilers, runBlocking } from "./compiler-process.ts";
import type { Toolchain } from "./toolchain.ts";

export interface BuildOptions {
  readonly name: string;
  readonly toolchain: Toolchain;
  readonly cache: CodeCache;
  /** Told once, when the compiler has been running for half a second. */
  readonly onSlow?: ((name: string, elapsedMs: number) => void) | undefined;
  /** How long each compiler may take; by the length of its text if nothing is said. */
  readonly seconds?: number | undefined;
}

const slowMs = 500;
/** A file of so many characters takes a compiler about half a second: no less is worth another process. */
const pieceLength = 40_000;
/** A compiler that hangs is told from a slow one by a minute and twenty times as long as its text usually takes. */
const secondsFor = (length: number): number => 60 + Math.ceil(length / 4000);

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
export function build<Addon>(source: Source, options: BuildOptions): Built<Addon> {
  const key = keyOf(source.text, options.toolchain.identity);
  const before = underWay.get(key);
  if (before !== undefined) return (before as Build<Addon>).share();
  const fresh = new Build<Addon>(source, key, options);
  underWay.set(key, fresh);
  const forget = (): void => void underWay.delete(key);
  fresh.ready.then(forget, forget);
  return fresh.share();
}

/** What was built in this process or an earlier one, if it is still there: nothing is compiled. */
export function built<Addon>(key: string, options: BuildOptions): Built<Addon> | undefined {
  const before = underWay.get(key);
  if (before !== undefined) return (before as Build<Addon>).share();
  const addon = loadFrom<Addon>(options.cache, key);
  return addon === undefined ? undefined : { key, ready: Promise.resolve(addon), finish: () => addon, abandon: () => {} };
}

/** What a program needs of its code. Programs with the same text share a build, and each may leave it to the others. */
export interface Built<Addon> extends Pending<Addon> {
  /** What finds it in the cache. */
  readonly key: string;
  /** The addon, compiled while the caller waits if it isn't there yet. */
  finish(): Addon;
}

class Build<Addon> {
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
  readonly #compilers = new Compilers();
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

  /** The build as one of those has it who wait for it. */
  share(): Built<Addon> {
    const { key, ready } = this;
    return { key, ready, finish: () => this.#finish(), abandon: this.#compilers.join() };
  }

  #finish(): Addon {
    if (this.#state.kind === "working") {
      this.#compilers.stop();
      this.#end(() => {
        for (;;) {
          const draft = this.#cache.draft(this.key);
          const addon = this.#take(draft, runBlocking(this.#toObject(draft)));
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
      // It's for the compiler to keep this process alive.
      const slow = setTimeout(() => this.#options.onSlow?.(this.#options.name, performance.now() - started), slowMs).unref();
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
    if (pieces === undefined || count < 2) return this.#compilers.run(this.#toObject(draft));
    const files = pieces(count).map((piece, i) => ({ piece, object: `${draft}.${i}.o` }));
    try {
      let failure: Outcome | undefined;
      const compile = async ({ piece, object }: (typeof files)[number]): Promise<void> => {
        const outcome = await this.#compilers.run(this.#call(["-c", "-x", "c", "-o", object, "-"], { text: piece, path: `${object}.c` }));
        if (outcome.status === 0 || failure !== undefined) return;
        failure = outcome;
        this.#compilers.stop();
      };
      await Promise.all(files.map(compile));
      return failure ?? (await this.#compilers.run(this.#call(["-o", draft, ...files.map(({ object }) => object)])));
    } finally {
      for (const { object } of files) this.#cache.discard(object);
    }
  }

  #toObject(draft: string): Call {
    return this.#call(["-x", "c", "-o", draft, "-"], { text: this.#source.text, path: `${draft}.c` });
  }

  #call(extra: readonly string[], input?: Call["input"]): Call {
    const { command, flags } = this.#options.toolchain;
    return {
      command: [...command, ...flags, ...extra],
      environment: { ...process.env, LC_ALL: "C", TMPDIR: this.#cache.directory },
      seconds: this.#options.seconds ?? secondsFor(input?.text.length ?? 0),
      ...(input && { input }),
    };
  }

  /** Publishes and loads what the compiler made; undefined to try once more in a directory of our own. */
  #take(draft: string, { status, message, killedAfter }: Outcome): Addon | undefined {
    if (status === 0) {
      try {
        return load<Addon>(this.#cache.publish(draft, this.key));
      } catch (error) {
        if (this.#cache.problem !== undefined) throw this.#failure("was compiled but can't be loaded", String(error));
      }
    } else {
      this.#cache.discard(draft);
      if (killedAfter !== undefined) {
        const message = `the compiler did not finish within ${killedAfter} s`;
        throw this.#failure("could not be compiled", message, "set GRADSMITH_COMPILER_SECONDS to more");
      }
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

  #failure(what: string, message: string, advice = "set CC to a compiler that works"): GradsmithError {
    const lines = message.trim().split("\n").slice(0, 4).join("\n");
    return new GradsmithError(
      "device",
      "native",
      `${this.#options.name} ${what} with ${this.#options.toolchain.version}: ${lines || "it said nothing"}.`,
      `Use the wasm tier (GRADSMITH_CPU=wasm), or ${advice}.`,
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
