import { callable, text } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { sourceOf } from "../tensor/execution.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DownloadProgress } from "./files-download.ts";
import type { IdxArray } from "./idx.ts";
import type { ImageFiles } from "./image-files.ts";
import type { ImageArrays } from "./image-pair.ts";

/** The options of `mnist` and `fashionMnist`. */
export interface ImageSetOptions {
  /**
   * A folder with the four IDX files, packed with gzip or not (or with a folder of the data set's name), or the URL of one, which in a page may be relative; by default the usual places, and in a
   * page the publisher's.
   */
  readonly directory?: string;
  /** Told about a download as it goes on. By default progress goes to standard error, where there is one. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Images u8 [n, 28, 28] and labels u8 [n]. */
export interface LabelledImages {
  /** Pixels from 0 to 255, u8 [n, 28, 28]. */
  readonly images: Tensor;
  /** Class numbers, u8 [n]. */
  readonly labels: Tensor;
}

/** Images with labels, to train on and to test with. */
export interface ImageSet {
  /** To train with. */
  readonly train: LabelledImages;
  /** To test with: never trained on. */
  readonly test: LabelledImages;
  /** In the order of the labels. */
  readonly classNames: readonly string[];
}

const checks: OptionChecks<ImageSetOptions> = { directory: text, onProgress: callable };

let loadFiles: (() => Promise<{ readImages(files: ImageFiles, options: ImageSetOptions): Promise<ImageArrays> }>) | undefined;

/** Says how images are read where there are files. */
export function bringImageFiles(loader: typeof loadFiles): void {
  loadFiles = loader;
}

/** Options come from a user and are checked under the name of `where`. What reads is loaded only here, so that pages can hold the rest. */
export async function loadImageSet(
  where: string,
  options: ImageSetOptions,
  { files, classNames }: { readonly files: () => ImageFiles; readonly classNames: readonly string[] },
): Promise<ImageSet> {
  checkOptions(where, options, checks);
  const isRemote = loadFiles === undefined || /^https?:\/\//i.test(options.directory ?? "");
  const { readImages } = await (isRemote ? import("./remote-images.ts") : loadFiles!());
  const { train, test } = await readImages(files(), options);
  return { train: asTensors(train), test: asTensors(test), classNames };
}

const asTensors = ({ images, labels }: { images: IdxArray; labels: IdxArray }): LabelledImages => ({
  images: asTensor(images),
  labels: asTensor(labels),
});

/** The arrays belong to no one else, so they are taken over without a copy. */
const asTensor = ({ data, shape, dtype }: IdxArray): Tensor => new Tensor(sourceOf(data, { shape, dtype }));
