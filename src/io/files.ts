import { randomBytes } from "node:crypto";
import { appendFile, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { GradsmithError } from "../core/errors.ts";

/** The path that a `file:` URL means. */
export const filePathOf = ({ href }: { readonly href: string }): string => fileURLToPath(href);

/** All bytes of a file. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(path, "can't be read", error);
  }
}

/** Writes a file, of bytes or of parts that come one by one, as a whole or not at all: to a temporary name beside it, then renamed. Missing folders are made. */
export async function writeFileBytes(path: string, bytes: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    await makeFolder(dirname(resolve(path)));
    const file = await open(temporary, "wx");
    try {
      for await (const part of isWhole(bytes) ? [bytes] : bytes) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error instanceof GradsmithError ? error : fileError(path, "can't be written", error);
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
  EMFILE: ["too many files are open", "Close some, or raise the limit."],
};

/** A system error in words. */
export function fileError(path: string, what: string, error: unknown): GradsmithError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const [reason, fix] = reasons[code] ?? [error instanceof Error ? error.message : String(error), "Check the path."];
  return new GradsmithError("file", path, `${what}: ${reason}.`, fix);
}
