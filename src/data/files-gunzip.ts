import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { GradsmithError } from "../core/errors.ts";
import { givenBytes } from "../core/memory.ts";

/**
 * What a file unpacks to, or its bytes as they are when they are not gzip's, in a buffer of their own. More than `limit` bytes are never
 * produced. Errors of the file system are its own.
 */
export async function unpackedFile(path: string, limit: number): Promise<Uint8Array> {
  // Without this flag a pipe is open only when somebody writes to it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw unpackError(path, "can't be read: it is not a file.");
    const { buffer: start } = await file.read(new Uint8Array(2), 0, 2, 0);
    if (start[0] === 0x1f && start[1] === 0x8b) return await unpacked(file, path, limit);
    if (facts.size > limit) throw unpackError(path, `has ${facts.size} bytes, more than the ${limit} expected.`);
    const whole = givenBytes(facts.size);
    for (let done = 0; done < whole.byteLength; ) {
      const { bytesRead } = await file.read(whole, done, whole.byteLength - done, done);
      if (bytesRead === 0) throw unpackError(path, "became shorter while it was read.");
      done += bytesRead;
    }
    return whole;
  } finally {
    await file.close();
  }
}

/**
 * Part by part from the file to where it will stay, in small parts, whose buffers the garbage collector keeps up with: Fashion-MNIST's 52 MiB
 * are there after a peak of 83 MiB over what Node takes, against 114 when a file is read as a whole and unpacked in parts of 256 KiB.
 */
async function unpacked(file: FileHandle, path: string, limit: number): Promise<Uint8Array> {
  const bytes = givenBytes(limit);
  let length = 0;
  let isTooLong = false;
  const packed = file.createReadStream({ start: 0, autoClose: false });
  const parts = packed.pipe(createGunzip());
  packed.on("error", (error) => parts.destroy(error));
  try {
    for await (const part of parts as AsyncIterable<Uint8Array>) {
      isTooLong = length + part.length > limit;
      if (isTooLong) break;
      bytes.set(part, length);
      length += part.length;
    }
  } catch (error) {
    const isDamage = error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
    throw isDamage ? unpackError(path, "can't be unpacked: its gzip data is damaged or cut off.") : error;
  }
  if (isTooLong) throw unpackError(path, `unpacks to more than the ${limit} bytes expected.`);
  return bytes.subarray(0, length);
}

const unpackError = (where: string, what: string): GradsmithError =>
  new GradsmithError("file", where, what, "Delete the file and fetch it again.");
