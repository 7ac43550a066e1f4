import { createGunzip } from "node:zlib";
import { GradsmithError } from "../core/errors.ts";
import { givenBytes } from "../core/memory.ts";

/** Unpacked bytes, or the bytes as they are when they are not gzip's, in a buffer of their own. More than `limit` bytes are never produced. */
export async function gunzipped(bytes: Uint8Array, where: string, limit: number): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  // Part by part to where they will stay: zlib's own function holds all parts and then all of them together.
  const unpacked = givenBytes(limit);
  let length = 0;
  let isTooLong = false;
  const stream = createGunzip({ chunkSize: 2 ** 18 });
  stream.end(bytes);
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      isTooLong = length + part.length > limit;
      if (isTooLong) break;
      unpacked.set(part, length);
      length += part.length;
    }
  } catch {
    throw unpackError(where, "can't be unpacked: its gzip data is damaged or cut off.");
  }
  if (isTooLong) throw unpackError(where, `unpacks to more than the ${limit} bytes expected.`);
  return unpacked.subarray(0, length);
}

const unpackError = (where: string, what: string): GradsmithError =>
  new GradsmithError("file", where, what, "Delete the file and fetch it again.");
