import { stat } from "node:fs/promises";
import { join } from "node:path";
import { GradsmithError } from "../core/errors.ts";
import { dataCacheFolder } from "./files-cache.ts";
import { type DownloadProgress, download } from "./files-download.ts";
import { unpackedFile } from "./files-gunzip.ts";
import { showDownload } from "./files-progress.ts";
import { parseIdx } from "./idx.ts";
import type { ImageFiles, PublishedFile } from "./image-files.ts";
import { unpackedName } from "./image-files.ts";
import type { ImageArrays, NamedArray } from "./image-pair.ts";
import { imagePair } from "./image-pair.ts";

export interface ImageOptions {
  /** A folder with the four IDX files, packed with gzip or not, or one with a folder of the data set's name. */
  readonly directory?: string;
  /** Told about a download as it goes on. By default progress goes to standard error. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** The four arrays, checked: found in `directory` or `directory/<name>`, else in `$GRADSMITH_DATA` or `$GRADSMITH_DATA/<name>`, else in the user's cache, else downloaded into it. */
export async function readImages(files: ImageFiles, options: ImageOptions = {}): Promise<ImageArrays> {
  const folder = await findFolder(files, options);
  // One after the other, so that one file's packed bytes are in memory at a time.
  const set = async (images: PublishedFile, labels: PublishedFile) =>
    imagePair(await readIdx(folder, images), await readIdx(folder, labels));
  return { train: await set(files.trainImages, files.trainLabels), test: await set(files.testImages, files.testLabels) };
}

async function findFolder(files: ImageFiles, options: ImageOptions): Promise<string> {
  if (options.directory !== undefined) return completeFolder(files, (await folderIn(options.directory, files)) ?? options.directory);
  const root = process.env["GRADSMITH_DATA"];
  const folder = root === undefined || root === "" ? undefined : await folderIn(root, files);
  return folder === undefined ? cachedFolder(files, options) : completeFolder(files, folder);
}

/** A folder of data sets has one of this name; or it is that folder itself. */
async function folderIn(root: string, files: ImageFiles): Promise<string | undefined> {
  const inside = join(root, files.name);
  if (await exists(inside)) return inside;
  return (await missingFiles(files, root)).length < 4 ? root : undefined;
}

async function completeFolder(files: ImageFiles, folder: string): Promise<string> {
  const missing = await missingFiles(files, folder);
  if (missing.length === 0) return folder;
  const names = missing.map((file) => file.name).join(", ");
  throw new GradsmithError(
    "data",
    files.name,
    `${folder} lacks ${names}.`,
    `Put ${files.title}'s four files there, as ${files.trainImages.url} and its neighbours.`,
  );
}

async function cachedFolder(files: ImageFiles, options: ImageOptions): Promise<string> {
  const folder = join(dataCacheFolder(), files.name);
  const missing = await missingFiles(files, folder);
  if (missing.length === 0) return folder;
  const onProgress = options.onProgress ?? showDownload(files.title);
  const otherwise = `Without a network, put the four files into a folder "${files.name}" and set GRADSMITH_DATA to the folder that holds it.`;
  for (const file of missing) await download(file, join(folder, file.name), { onProgress, otherwise });
  return folder;
}

async function missingFiles(files: ImageFiles, folder: string): Promise<PublishedFile[]> {
  const all = [files.trainImages, files.trainLabels, files.testImages, files.testLabels];
  const present = await Promise.all(
    all.map(async (file) => (await exists(join(folder, file.name))) || exists(join(folder, unpackedName(file)))),
  );
  return all.filter((_, i) => !present[i]);
}

async function readIdx(folder: string, file: PublishedFile): Promise<NamedArray> {
  const packed = join(folder, file.name);
  const path = (await exists(packed)) ? packed : join(folder, unpackedName(file));
  let bytes: Uint8Array;
  try {
    bytes = await unpackedFile(path, file.byteLength);
  } catch (error) {
    if (error instanceof GradsmithError) throw error;
    throw new GradsmithError(
      "file",
      path,
      `can't be read: ${error instanceof Error ? error.message : String(error)}.`,
      "Check its permissions.",
    );
  }
  return { ...parseIdx(bytes, path), where: path };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
