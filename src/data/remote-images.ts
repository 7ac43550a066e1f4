import { GradsmithError } from "../core/errors.ts";
import { givenBytes } from "../core/memory.ts";
import type { DownloadProgress } from "./files-download.ts";
import { parseIdx } from "./idx.ts";
import type { ImageFiles, PublishedFile } from "./image-files.ts";
import { unpackedName } from "./image-files.ts";
import type { ImageArrays, NamedArray } from "./image-pair.ts";
import { imagePair } from "./image-pair.ts";

interface RemoteOptions {
  /** Where the four files are; the publisher's place if not said. */
  readonly directory?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** The four arrays, fetched from a URL, checked. Nothing is kept but what the browser itself keeps. */
export async function readImages(files: ImageFiles, options: RemoteOptions): Promise<ImageArrays> {
  const fetched = async (images: PublishedFile, labels: PublishedFile) =>
    imagePair(await readIdx(images, options), await readIdx(labels, options));
  return { train: await fetched(files.trainImages, files.trainLabels), test: await fetched(files.testImages, files.testLabels) };
}

async function readIdx(file: PublishedFile, { directory, onProgress = () => {} }: RemoteOptions): Promise<NamedArray> {
  const names = directory === undefined ? [file.url] : [file.name, unpackedName(file)].map((name) => inFolder(directory, name));
  const [url, response] = await firstFound(names);
  const header = response.headers.get("content-length");
  const totalBytes = header === null ? undefined : Number(header);
  let receivedBytes = 0;
  const told = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, controller) {
      receivedBytes += part.byteLength;
      onProgress({ file: file.name, receivedBytes, totalBytes });
      controller.enqueue(part);
    },
  });
  return { ...parseIdx(await unpacked(response.body!.pipeThrough(told), url, file.byteLength), url), where: url };
}

/** In a page, relative to it. */
function inFolder(directory: string, name: string): string {
  const base = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  try {
    return new URL(name, new URL(directory.replace(/\/?$/, "/"), base)).href;
  } catch {
    throw new GradsmithError("option", "directory", `"${directory}" is not a URL.`, "A page has no folders: give the URL of one.");
  }
}

async function firstFound(urls: readonly string[]): Promise<readonly [url: string, response: Response]> {
  let answer = "";
  for (const url of urls) {
    const response = await fetch(url).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      const fix =
        "If it is there, its server may not let pages of other origins read it: serve the four files beside the page, and give directory.";
      throw new GradsmithError("network", url, `can't be read: ${why}.`, fix);
    });
    if (response.ok) return [url, response];
    answer = `${response.status} ${response.statusText}`.trim();
  }
  throw new GradsmithError("network", urls[0]!, `answers with ${answer}.`, "Check the address.");
}

/** The bytes, or what they unpack to where they are gzip's. More than `limit` are never produced. */
async function unpacked(body: ReadableStream<Uint8Array<ArrayBuffer>>, url: string, limit: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const first = await reader.read();
  const parts = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      if (first.done) controller.close();
      else controller.enqueue(first.value);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => reader.cancel(),
  });
  const isPacked = first.value?.[0] === 0x1f && first.value[1] === 0x8b;
  const plain = (isPacked ? parts.pipeThrough(new DecompressionStream("gzip")) : parts).getReader();
  const bytes = givenBytes(limit);
  let length = 0;
  for (;;) {
    const { done, value } = await plain.read().catch((cause: unknown) => {
      const what = isPacked ? "can't be unpacked: its gzip data is damaged or cut off" : "broke off";
      throw new GradsmithError("network", url, `${what} (${cause instanceof Error ? cause.message : String(cause)}).`, "Try again.");
    });
    if (done) return bytes.subarray(0, length);
    if (length + value.byteLength > limit) {
      await plain.cancel();
      throw new GradsmithError("file", url, `unpacks to more than the ${limit} bytes expected.`, "Is it the right file?");
    }
    bytes.set(value, length);
    length += value.byteLength;
  }
}
