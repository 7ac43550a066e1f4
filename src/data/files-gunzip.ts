import { promisify } from "node:util";
import { gunzip as gunzipCallback } from "node:zlib";
import { GradsmithError } from "../core/errors.ts";

const unpack = promisify(gunzipCallback);

/** Unpacked bytes, or the bytes as they are when they are not gzip's. More than `limit` bytes are never produced. */
export async function gunzipped(bytes: Uint8Array, where: string, limit: number): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await unpack(bytes, { maxOutputLength: limit });
  } catch (error) {
    const tooLong = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    const what = tooLong ? `unpacks to more than the ${limit} bytes expected.` : "can't be unpacked: its gzip data is damaged or cut off.";
    throw new GradsmithError("file", where, what, "Delete the file and fetch it again.");
  }
}
