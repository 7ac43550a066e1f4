import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DownloadProgress } from "./files-download.ts";
import { readImages } from "./files-images.ts";
import { describeDownload, showDownload } from "./files-progress.ts";
import { type ImageFiles, imageFiles, type Print, type PublishedFile } from "./image-files.ts";

const idx = (shape: readonly number[], values: readonly number[]): Buffer =>
  Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...values]);
const pixels = (count: number, value: number): number[] => new Array<number>(count * 784).fill(value);

/** Two images to train and one to test, in the files' own format. */
const contents: Readonly<Record<string, Buffer>> = {
  "train-images-idx3-ubyte": idx([2, 28, 28], pixels(2, 7)),
  "train-labels-idx1-ubyte": idx([2], [3, 9]),
  "t10k-images-idx3-ubyte": idx([1, 28, 28], pixels(1, 8)),
  "t10k-labels-idx1-ubyte": idx([1], [0]),
};
const stems = Object.keys(contents);

let server: Server;
let baseUrl = "";
let requests: string[] = [];
let answer: (stem: string) => { status: number; body: Buffer } = () => ({ status: 404, body: Buffer.of() });
let folder = "";
const environment = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    const stem = (request.url ?? "").slice(1).replace(/\.gz$/, "");
    requests.push(stem);
    const { status, body } = answer(stem);
    response.writeHead(status, { "content-length": body.byteLength }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradsmith-data-"));
  process.env["XDG_CACHE_HOME"] = join(folder, "cache");
  delete process.env["GRADSMITH_DATA"];
  requests = [];
  answer = (stem) => ({ status: 200, body: gzipSync(contents[stem]!) });
});
afterEach(async () => {
  process.env["XDG_CACHE_HOME"] = environment["XDG_CACHE_HOME"];
  process.env["GRADSMITH_DATA"] = environment["GRADSMITH_DATA"];
  if (environment["XDG_CACHE_HOME"] === undefined) delete process.env["XDG_CACHE_HOME"];
  if (environment["GRADSMITH_DATA"] === undefined) delete process.env["GRADSMITH_DATA"];
  await rm(folder, { recursive: true, force: true });
});

/** The small publication, served by the server above. */
function tiny(url = baseUrl): ImageFiles {
  const print = (stem: string): Print => ({ sha256: sumOf(gzipSync(contents[stem]!)), packedLength: gzipSync(contents[stem]!).byteLength });
  const [trainImages, trainLabels, testImages, testLabels] = stems.map(print) as [Print, Print, Print, Print];
  const files = imageFiles("tiny", "Tiny", { baseUrl: url, trainImages, trainLabels, testImages, testLabels });
  const sized = (file: PublishedFile): PublishedFile => ({ ...file, byteLength: contents[file.name.replace(".gz", "")]!.byteLength });
  return {
    ...files,
    trainImages: sized(files.trainImages),
    trainLabels: sized(files.trainLabels),
    testImages: sized(files.testImages),
    testLabels: sized(files.testLabels),
  };
}

async function fill(path: string, change: Readonly<Record<string, Buffer>> = {}, packed = true): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const stem of stems) {
    const bytes = change[stem] ?? contents[stem]!;
    await writeFile(join(path, packed ? `${stem}.gz` : stem), packed ? gzipSync(bytes) : bytes);
  }
}

const sumOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const quiet = { onProgress: (): void => undefined };

describe("where the files come from", () => {
  test("the option's folder comes first, packed or unpacked", async () => {
    for (const packed of [true, false]) {
      const directory = join(folder, String(packed));
      await fill(directory, {}, packed);
      const { train, test: held } = await readImages(tiny(), { directory });
      expect(train.images.shape).toEqual([2, 28, 28]);
      expect(train.images.data.every((pixel) => pixel === 7)).toBe(true);
      expect(train.labels).toMatchObject({ dtype: "u8", shape: [2], data: Uint8Array.of(3, 9) });
      expect(held.labels.data).toEqual(Uint8Array.of(0));
    }
    expect(requests).toEqual([]);
  });

  test("then GRADSMITH_DATA's folder of the set's name", async () => {
    process.env["GRADSMITH_DATA"] = folder;
    await fill(join(folder, "tiny"));
    expect((await readImages(tiny())).train.images.shape).toEqual([2, 28, 28]);
    expect(requests).toEqual([]);
  });

  test("GRADSMITH_DATA and directory both take the folder itself, and the one that it is in", async () => {
    await fill(join(folder, "tiny"));
    for (const place of [folder, join(folder, "tiny")]) {
      process.env["GRADSMITH_DATA"] = place;
      expect((await readImages(tiny())).train.images.shape).toEqual([2, 28, 28]);
      delete process.env["GRADSMITH_DATA"];
      expect((await readImages(tiny(), { directory: place })).train.images.shape).toEqual([2, 28, 28]);
    }
    expect(requests).toEqual([]);
  });

  test("then the publisher, once: the second time the cache has them", async () => {
    const progress: DownloadProgress[] = [];
    process.env["GRADSMITH_DATA"] = folder;
    await readImages(tiny(), { onProgress: (step) => progress.push(step) });
    expect(requests).toEqual(stems);
    expect(progress.at(-1)).toMatchObject({ file: "t10k-labels-idx1-ubyte.gz", receivedBytes: progress.at(-1)!.totalBytes });
    expect(await readdir(join(folder, "cache", "gradsmith", "data", "tiny"))).toEqual(stems.map((stem) => `${stem}.gz`).sort());
    expect((await readImages(tiny(), quiet)).test.images.shape).toEqual([1, 28, 28]);
    expect(requests).toEqual(stems);
  });
});

const otherwise = 'Without a network, put the four files into a folder "tiny" and set GRADSMITH_DATA to the folder that holds it.';

describe("what can go wrong on the way", () => {
  test("no network", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`;
    await new Promise((resolve) => closed.close(resolve));
    await expect(readImages(tiny(url), quiet)).rejects.toThrow(
      expect.objectContaining({
        code: "network",
        message: `[${url}train-images-idx3-ubyte.gz] can't be downloaded: the connection was refused. ${otherwise}`,
      }),
    );
  });

  test("a server that does not have the file", async () => {
    answer = () => ({ status: 404, body: Buffer.of() });
    await expect(readImages(tiny(), quiet)).rejects.toThrow(
      `[${baseUrl}train-images-idx3-ubyte.gz] can't be downloaded: the server answered 404 Not Found. ${otherwise}`,
    );
  });

  test("something else than was published leaves nothing in the cache", async () => {
    const published = gzipSync(contents["train-images-idx3-ubyte"]!);
    const other = Buffer.from(published).fill(1, 16);
    answer = () => ({ status: 200, body: other });
    await expect(readImages(tiny(), quiet)).rejects.toThrow(
      `[${baseUrl}train-images-idx3-ubyte.gz] gave something else than was published: SHA-256 ${sumOf(other)} instead of ${sumOf(published)}. ${otherwise}`,
    );
    await expect(readdir(join(folder, "cache"))).rejects.toThrow("ENOENT");
  });

  test("a server that sends without end is cut off", async () => {
    answer = () => ({ status: 200, body: Buffer.alloc(200_000) });
    await expect(readImages(tiny(), quiet)).rejects.toThrow(
      `[${baseUrl}train-images-idx3-ubyte.gz] can't be downloaded: the server sent more than the ${gzipSync(contents["train-images-idx3-ubyte"]!).byteLength} bytes that were published. ${otherwise}`,
    );
  });
});

test("a cache that can't be written to is named, with what to do", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  process.env["XDG_CACHE_HOME"] = file;
  const place = join(file, "gradsmith", "data", "tiny");
  await expect(readImages(tiny(), quiet)).rejects.toThrow(
    expect.objectContaining({
      code: "file",
      message: `[${join(place, "train-images-idx3-ubyte.gz")}] can't be written: ENOTDIR: not a directory, mkdir '${place}'. Set XDG_CACHE_HOME to a folder that can be written, or GRADSMITH_DATA to one that has the data.`,
    }),
  );
});

describe("what can be wrong with a folder", () => {
  const inFolder = (change: Readonly<Record<string, Buffer>>) => async (): Promise<unknown> => {
    await fill(folder, change);
    return readImages(tiny(), { directory: folder });
  };

  test("files that are missing are named", async () => {
    await fill(folder);
    await rm(join(folder, "t10k-labels-idx1-ubyte.gz"));
    await expect(readImages(tiny(), { directory: folder })).rejects.toThrow(
      `[tiny] ${folder} lacks t10k-labels-idx1-ubyte.gz. Put Tiny's four files there, as ${baseUrl}train-images-idx3-ubyte.gz and its neighbours.`,
    );
  });

  test("gzip data that is cut off", async () => {
    await fill(folder);
    const path = join(folder, "train-images-idx3-ubyte.gz");
    await writeFile(path, gzipSync(contents["train-images-idx3-ubyte"]!).subarray(0, 25));
    await expect(readImages(tiny(), { directory: folder })).rejects.toThrow(
      `[${path}] can't be unpacked: its gzip data is damaged or cut off. Delete the file and fetch it again.`,
    );
  });

  test("a small file that unpacks to a large one is stopped at the published size", async () => {
    await expect(inFolder({ "train-images-idx3-ubyte": Buffer.alloc(5_000_000) })()).rejects.toThrow(
      `[${join(folder, "train-images-idx3-ubyte.gz")}] unpacks to more than the 1584 bytes expected. Delete the file and fetch it again.`,
    );
  });

  test("labels that belong to other images", async () => {
    await expect(inFolder({ "train-labels-idx1-ubyte": idx([1], [3]) })()).rejects.toThrow(
      `[${join(folder, "train-labels-idx1-ubyte.gz")}] holds 1 labels for 2 images. Take both files from one publication.`,
    );
  });

  test("a label past 9", async () => {
    await expect(inFolder({ "train-labels-idx1-ubyte": idx([2], [3, 10]) })()).rejects.toThrow(
      `[${join(folder, "train-labels-idx1-ubyte.gz")}] holds the label 10, and labels are 0 to 9. Is it the right file?`,
    );
  });

  test("labels where images should be", async () => {
    await expect(inFolder({ "train-images-idx3-ubyte": idx([2], [3, 1]) })()).rejects.toThrow(
      `[${join(folder, "train-images-idx3-ubyte.gz")}] holds u8 [2], and images are u8 [n, 28, 28]. Is it the right file?`,
    );
  });
});

describe("progress", () => {
  test("a line says how far the download is", () => {
    expect(describeDownload("Tiny", { file: "a.gz", receivedBytes: 13_100_000, totalBytes: 26_200_000 })).toBe(
      "Tiny a.gz [##########          ] 13.1 of 26.2 MB",
    );
    expect(describeDownload("Tiny", { file: "a.gz", receivedBytes: 13_100_000, totalBytes: undefined })).toBe("Tiny a.gz 13.1 MB");
  });

  test("a terminal sees one line that is rewritten, a pipe sees one line a file", () => {
    const shownOn = (isTTY: boolean): string => {
      let text = "";
      const show = showDownload("Tiny", { isTTY, write: (part) => (text += part) });
      for (const receivedBytes of [0, 500_000, 500_001, 1_000_000]) show({ file: "a.gz", receivedBytes, totalBytes: 1_000_000 });
      return text;
    };
    expect(shownOn(false)).toBe("Downloading Tiny: a.gz\n");
    expect(shownOn(true)).toBe(
      [0, 0.5, 1]
        .map((part) => `\r\u001b[2KTiny a.gz [${"#".repeat(20 * part)}${" ".repeat(20 - 20 * part)}] ${part.toFixed(1)} of 1.0 MB`)
        .join("") + "\n",
    );
  });
});
