import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { appendFile, mkdir, open, readdir, readlink, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive } from "../backends/cpu/is-alive.ts";
import type { OpenFile } from "../core/disk.ts";
import { GradsmithError } from "../core/errors.ts";

/** The path that a `file:` URL means. */
export const filePathOf = ({ href }: { readonly href: string }): string => fileURLToPath(href);

/** All bytes of a file. */
export const readFileBytes = (path: string): Promise<Uint8Array> =>
  withFile(path, async ({ byteLength, read }) => {
    const bytes = new Uint8Array(byteLength);
    await read(bytes, 0);
    return bytes;
  });

/** One system call reads at most 2 GiB. */
const mostRead = 2 ** 30;

/** Has `use` read parts of a file. Pipes and devices, which may never end, are refused. */
export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const failed = (error: unknown): GradsmithError => fileError(path, "can't be read", error);
  let file: FileHandle | undefined;
  try {
    // Without this flag a pipe is open only when somebody writes to it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const facts = await file.stat();
    if (facts.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    if (!facts.isFile()) throw new GradsmithError("file", path, "can't be read: it is a pipe or a device.", "Give the path of a file.");
    const { size } = facts;
    const source = file;
    const read = async (target: Uint8Array, position: number): Promise<void> => {
      for (let done = 0; done < target.byteLength; ) {
        const length = Math.min(mostRead, target.byteLength - done);
        const { bytesRead } = await source.read(target, done, length, position + done).catch((error: unknown) => {
          throw failed(error);
        });
        if (bytesRead === 0) throw new GradsmithError("file", path, "became shorter while it was read.", "Read it again.");
        done += bytesRead;
      }
    };
    return await use({ byteLength: size, read });
  } catch (error) {
    throw error instanceof GradsmithError || !isOfSystem(error) ? error : failed(error);
  } finally {
    await file?.close();
  }
}

const isOfSystem = (error: unknown): boolean => error instanceof Error && "code" in error;

/**
 * Writes a file, of bytes or of parts that come one by one, as a whole or not at all: to a temporary name beside it, then renamed. Missing folders
 * are made. Links are followed, a file that is there keeps its mode, and pipes and devices are written to.
 */
export async function writeFileBytes(path: string, bytes: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void> {
  let temporary: string | undefined;
  try {
    const place = await linked(resolve(path));
    const old = await stat(place).catch(() => undefined);
    if (old?.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
    await makeFolder(dirname(place));
    const isFile = old === undefined || old.isFile();
    if (isFile) {
      await sweep(dirname(place));
      temporary = `${place}.${process.pid}-${randomBytes(6).toString("hex")}.part`;
    }
    const file = await open(temporary ?? place, isFile ? "wx" : "w");
    try {
      if (isFile && old !== undefined) await file.chmod(old.mode & 0o777);
      for await (const part of isWhole(bytes) ? [bytes] : bytes) await file.writeFile(part);
      if (isFile) await file.sync();
    } finally {
      await file.close();
    }
    if (temporary !== undefined) await rename(temporary, place);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw error instanceof GradsmithError ? error : fileError(path, "can't be written", error);
  }
}

/** Where links lead to, also where nothing is there yet. */
async function linked(path: string): Promise<string> {
  let place = path;
  for (let links = 0; links < 40; links++) {
    const target = await readlink(place).catch(() => undefined);
    if (target === undefined) return place;
    place = resolve(dirname(place), target);
  }
  throw Object.assign(new Error("its links lead in a circle"), { code: "ELOOP" });
}

const temporaryName = /\.(\d+)-[0-9a-f]{12}\.part$/;
/** Nobody who lives leaves a file alone for so long while writing it; on a disk that machines share, others' processes aren't known. */
const abandonedMs = 5 * 60_000;

/** Removes what saves have left behind in a folder whose processes were killed. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = temporaryName.exec(basename(name))?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && Date.now() - facts.mtimeMs > abandonedMs) await rm(path, { force: true }).catch(() => undefined);
  }
}

const isWhole = (bytes: Uint8Array | string | AsyncIterable<Uint8Array>): bytes is Uint8Array | string =>
  typeof bytes === "string" || bytes instanceof Uint8Array;

/** Deletes a file, if it is there. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw fileError(path, "can't be deleted", error);
  }
}

/** Whether something of this name is there. */
export const isTaken = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Adds one line to a text file, which is made if it is missing. */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    await appendFile(path, `${line}\n`);
  } catch (error) {
    throw fileError(path, "can't be written", error);
  }
}

/** Makes a folder, and tries whether files can be written there; its absolute path. */
export async function writableFolder(path: string): Promise<string> {
  const probe = join(path, `.${randomBytes(6).toString("hex")}.part`);
  try {
    await makeFolder(resolve(path));
    await (await open(probe, "wx")).close();
    await rm(probe);
  } catch (error) {
    throw fileError(path, "can't be written to", error);
  }
  return resolve(path);
}

/** Makes a folder and those above it, one by one: Node 20's recursive mkdir never returns where the system answers ENOENT, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isFolder(path))) throw error;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ["it does not exist", "Check the path."],
  EACCES: ["permission is denied", "Check its permissions, or choose another place."],
  EPERM: ["permission is denied", "Check its permissions, or choose another place."],
  EROFS: ["the file system is read-only", "Choose another place."],
  EISDIR: ["it is a folder", "Give the path of a file."],
  ENOTDIR: ["a file is where a folder of the path should be", "Choose another place."],
  EEXIST: ["a file is where a folder of the path should be", "Choose another place."],
  ENOSPC: ["the disk is full", "Free some space, or choose another place."],
  EDQUOT: ["the disk quota is used up", "Free some space, or choose another place."],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter one."],
  ELOOP: ["its links lead in a circle", "Give the path of a file."],
  EMFILE: ["too many files are open", "Close some, or raise the limit."],
};

/** A system error in words. */
export function fileError(path: string, what: string, error: unknown): GradsmithError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const [reason, fix] = reasons[code] ?? [error instanceof Error ? error.message : String(error), "Check the path."];
  return new GradsmithError("file", path, `${what}: ${reason}.`, fix);
}
