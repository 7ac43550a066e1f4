import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { GradsmithError } from "../../core/errors.ts";
import { isAlive } from "./is-alive.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Compiled code is kept up to so much of it; then the files unused for longest go. */
const mostBytes = 512 * 2 ** 20;
const mostFiles = 2000;

/**
 * Compiled objects and plans, found by a hash of all that went into them. The directory belongs to this user alone, since whoever can write
 * to it can have code run in this process. Where none can be had, a fresh temporary one serves this process.
 */
export class CodeCache {
  readonly directory: string;
  /** Why the usual directory isn't used; undefined if it is. */
  readonly problem: string | undefined;
  #isPruned = false;

  private constructor(directory: string, problem: string | undefined) {
    this.directory = directory;
    this.problem = problem;
  }

  static open(environment: Environment = process.env): CodeCache {
    const usual = CodeCache.usual(environment);
    return typeof usual === "string" ? CodeCache.temporary(usual) : usual;
  }

  /** The directory that lasts, or why there is none. */
  static usual(environment: Environment = process.env): CodeCache | string {
    const parent = usualDirectory(environment);
    if (parent === undefined) return "there is no home directory";
    const directory = join(parent, "native");
    return prepare(directory) ?? new CodeCache(directory, undefined);
  }

  /** A directory nobody else has seen, removed when the process ends. */
  static temporary(problem: string): CodeCache {
    const directory = temporaryDirectory(problem);
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
    return new CodeCache(directory, problem);
  }

  /**
   * The object of this key, if it is there, nobody else can have made it, and it is what was published: the system's loader takes half an object
   * for a whole one, and the process ends (0.3 ms for 250 KB).
   */
  find(key: string): string | undefined {
    const digest = this.read(key, "seal");
    const path = digest && this.#path(nameOf(digest), "node");
    const object = path && this.#contents(path);
    return object && digestOf(object).equals(digest!) ? path : undefined;
  }

  /** Where to write an object before it is published. */
  draft(key: string): string {
    return `${join(this.directory, key)}.${process.pid}.${drafts++}.tmp`;
  }

  /** Makes a finished draft the object of its key, at once for all processes: a file named by what is in it, and a seal that says so. */
  publish(draft: string, key: string): string {
    const digest = digestOf(readFileSync(draft));
    const path = this.#path(nameOf(digest), "node");
    chmodSync(draft, 0o700);
    renameSync(draft, path);
    this.write(key, digest, "seal");
    attempt(() => prune(this.directory, path));
    return path;
  }

  discard(path: string): void {
    attempt(() => rmSync(path, { force: true }));
  }

  /** The plan of this key, under the same conditions as an object, if it is whole. */
  read(key: string, kind: Kind = "plan"): Uint8Array | undefined {
    const file = this.#contents(this.#path(key, kind)) ?? Buffer.of();
    const plan = file.subarray(digestBytes);
    return file.length >= digestBytes && digestOf(plan).equals(file.subarray(0, digestBytes)) ? plan : undefined;
  }

  /** Keeps a plan behind a digest of it, at once for all processes; not where the disk is full or read-only. */
  write(key: string, plan: Uint8Array, kind: Kind = "plan"): void {
    const draft = this.draft(key);
    const path = this.#path(key, kind);
    attempt(() => {
      try {
        writeFileSync(draft, Buffer.concat([digestOf(plan), plan]), { mode: 0o600, flag: "wx" });
        renameSync(draft, path);
      } catch (error) {
        rmSync(draft, { force: true });
        throw error;
      }
      // Looking through the directory takes longer than writing: once for a process.
      if (!this.#isPruned) prune(this.directory, path);
      this.#isPruned = true;
    });
  }

  #path(name: string, kind: Kind): string {
    return join(this.directory, `${name}.${kind}`);
  }

  /** What is in a file, unless others can have written it. */
  #contents(path: string): Buffer | undefined {
    try {
      const facts = lstatSync(path);
      if (!facts.isFile() || !isOurs(facts)) return undefined;
      const now = new Date();
      // Its time of use decides who goes first. A cache that can't be written can still be read.
      attempt(() => utimesSync(path, now, now));
      return readFileSync(path);
    } catch {
      return undefined;
    }
  }
}

const digestBytes = 32;
const digestOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const nameOf = (digest: Uint8Array): string => Buffer.from(digest).toString("hex", 0, 20);

/** `node`: what a compiler made. `seal`: the digest that names it. `plan`: what was found out before it. */
type Kind = "node" | "seal" | "plan";

const opened = new Map<string, CodeCache>();
const usuals = new Map<string, CodeCache | undefined>();
const placeNamed = ({ GRADSMITH_CACHE = "", XDG_CACHE_HOME = "" } = process.env): string => `${GRADSMITH_CACHE}\n${XDG_CACHE_HOME}`;

/** One for each place the environment names, so that a temporary directory is made once. */
export function codeCache(): CodeCache {
  const key = placeNamed();
  const cache = opened.get(key) ?? lastingCache() ?? CodeCache.open();
  opened.set(key, cache);
  return cache;
}

/** The same, where it outlives this process. */
export function lastingCache(): CodeCache | undefined {
  const key = placeNamed();
  if (!usuals.has(key)) {
    const usual = CodeCache.usual();
    usuals.set(key, typeof usual === "string" ? undefined : usual);
  }
  return usuals.get(key);
}

let drafts = 0;

export const keyOf = (...parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex").slice(0, 40);
};

function usualDirectory(environment: Environment): string | undefined {
  const { GRADSMITH_CACHE: own, XDG_CACHE_HOME: shared, LOCALAPPDATA: local } = environment;
  if (own) return resolve(own);
  if (process.platform === "win32" && local) return join(local, "gradsmith");
  if (shared && process.platform !== "darwin") return join(resolve(shared), "gradsmith");
  try {
    const folders = process.platform === "darwin" ? ["Library", "Caches"] : [".cache"];
    return join(homedir(), ...folders, "gradsmith");
  } catch {
    // A user without an entry in the system's list of users.
    return undefined;
  }
}

/** Makes the directory if need be; says what is wrong with it, if anything. */
function prepare(directory: string): string | undefined {
  try {
    makeDirectory(directory);
    const facts = lstatSync(directory);
    if (!facts.isDirectory()) return `${directory} is not a directory`;
    if (!isOurs(facts)) return `${directory} can be written by others`;
    const strange = othersAbove(realpathSync(directory));
    if (strange !== undefined) return `${directory} can be replaced by others, who can write to ${strange}`;
    if (process.platform !== "win32" && (facts.mode & 0o077) !== 0) chmodSync(directory, 0o700);
    // A file written on trial takes 2 ms, twenty times as long.
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${directory} can't be used (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

/** The nearest folder above in which somebody else, but the system's administrator, may put another directory in the place of this one. */
function othersAbove(directory: string): string | undefined {
  if (process.getuid === undefined) return undefined;
  for (let [below, path] = [directory, dirname(directory)]; path !== below; [below, path] = [path, dirname(path)]) {
    const { uid, mode } = statSync(path);
    const isSticky = (mode & 0o1000) !== 0;
    if ((uid !== process.getuid() && uid !== 0) || ((mode & 0o002) !== 0 && !isSticky)) return path;
  }
  return undefined;
}

/** One by one: Node 20's recursive mkdir never returns where the system answers ENOENT, as below /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(path)) throw error;
  }
}

const temporaryName = /^gradsmith-(\d+)-\w{6}$/;
/** Where processes of several systems share a folder, those of others aren't known: none runs for so long without compiling anything. */
const abandonedMs = 7 * 24 * 3600_000;

/** Removes the temporary directories of processes that were killed. */
export function sweepTemporary(folder = tmpdir()): void {
  for (const name of readdirSync(folder)) {
    const pid = temporaryName.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    attempt(() => {
      const facts = lstatSync(path);
      if (facts.isDirectory() && isOurs(facts) && Date.now() - facts.mtimeMs > abandonedMs) rmSync(path, { recursive: true, force: true });
    });
  }
}

function temporaryDirectory(problem: string): string {
  try {
    attempt(() => sweepTemporary());
    return mkdtempSync(join(tmpdir(), `gradsmith-${process.pid}-`));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new GradsmithError(
      "device",
      "native",
      `there is no place for compiled code: ${problem}, and ${tmpdir()} can't be used (${code}).`,
      "Set GRADSMITH_CACHE or TMPDIR to a folder that can be written.",
    );
  }
}

const isOurs = (facts: { readonly uid: number; readonly mode: number }): boolean =>
  process.getuid === undefined || (facts.uid === process.getuid() && (facts.mode & 0o022) === 0);

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Losing a cached object, or the order of them, costs a compilation later.
  }
}

/** Removes the files unused for longest until the directory is within its bounds. */
export function prune(directory: string, keep: string, bounds = { bytes: mostBytes, files: mostFiles }): void {
  const files = readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts?.isFile() ? [{ path, bytes: facts.size, used: facts.mtimeMs }] : [];
  });
  files.sort((a, b) => a.used - b.used);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let count = files.length;
  for (const file of files) {
    if (bytes <= bounds.bytes && count <= bounds.files) return;
    if (file.path === keep) continue;
    rmSync(file.path, { force: true });
    bytes -= file.bytes;
    count--;
  }
}
