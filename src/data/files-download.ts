import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { GradsmithError } from "../core/errors.ts";
import type { PublishedFile } from "./image-files.ts";

export interface DownloadProgress {
  readonly file: string;
  readonly receivedBytes: number;
  /** As the server announces it. */
  readonly totalBytes: number | undefined;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** What to do instead, in an error: a sentence. */
  readonly otherwise?: string;
  /** Give up after this long without a byte. */
  readonly stallMs?: number;
}

/**
 * Fetches a published file to `path`. Its SHA-256 is compared before the file gets its name, so that a file that is there is whole.
 */
export async function download(file: PublishedFile, path: string, options: DownloadOptions = {}): Promise<void> {
  const otherwise = options.otherwise ?? "Check the network.";
  const packed = await fetchBytes(file, {
    otherwise,
    stallMs: options.stallMs ?? 30_000,
    onProgress: options.onProgress ?? (() => undefined),
  });
  const sum = createHash("sha256").update(packed).digest("hex");
  if (sum !== file.sha256) {
    throw new GradsmithError(
      "network",
      file.url,
      `gave something else than was published: SHA-256 ${sum} instead of ${file.sha256}.`,
      otherwise,
    );
  }
  await place(path, packed);
}

async function fetchBytes(file: PublishedFile, options: Required<DownloadOptions>): Promise<Uint8Array> {
  const stall = new AbortController();
  const restart = timer(options.stallMs, () => stall.abort(new Error(`nothing arrived for ${options.stallMs / 1000} s`)));
  try {
    const response = await fetch(file.url, { signal: stall.signal, headers: { "accept-encoding": "identity" } });
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    const totalBytes = Number(response.headers.get("content-length")) || undefined;
    const chunks: Uint8Array[] = [];
    let receivedBytes = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      restart.again();
      receivedBytes += chunk.byteLength;
      if (receivedBytes > file.packedLength)
        throw new Error(`the server sent more than the ${file.packedLength} bytes that were published`);
      chunks.push(chunk);
      options.onProgress({ file: file.name, receivedBytes, totalBytes });
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw new GradsmithError("network", file.url, `can't be downloaded: ${reasonOf(error)}.`, options.otherwise);
  } finally {
    restart.stop();
  }
}

function timer(milliseconds: number, ring: () => void): { again(): void; stop(): void } {
  let running = setTimeout(ring, milliseconds);
  const stop = (): void => clearTimeout(running);
  const again = (): void => {
    stop();
    running = setTimeout(ring, milliseconds);
  };
  return { again, stop };
}

/** Node's fetch says only "fetch failed"; the cause knows why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "there is no network, or its host name is unknown";
  if (code === "ECONNREFUSED") return "the connection was refused";
  if (cause instanceof Error && cause.message !== "") return cause.message;
  return error.message === "" ? code || error.name : error.message;
}

async function place(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new GradsmithError(
      "file",
      path,
      `can't be written: ${reason}.`,
      "Set XDG_CACHE_HOME to a folder that can be written, or GRADSMITH_DATA to one that has the data.",
    );
  }
}
