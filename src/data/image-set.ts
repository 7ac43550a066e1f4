import { callable, text } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { sourceOf } from "../tensor/execution.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DownloadProgress } from "./files-download.ts";
import type { IdxArray } from "./idx.ts";
import type { ImageFiles } from "./image-files.ts";

/** The options of `mnist` and `fashionMnist`. */
export interface ImageSetOptions {
  /** A folder with the four IDX files, packed with gzip or not; by default the usual places. */
  readonly directory?: string;
  /** Told about a download as it goes on; without it, progress goes to standard error. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Images u8 [n, 28, 28] and labels u8 [n]. */
export interface LabelledImages {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Images with labels, to train on and to test with. */
export interface ImageSet {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** In the order of the labels. */
  readonly classNames: readonly string[];
}

const checks: OptionChecks<ImageSetOptions> = { directory: text, onProgress: callable };

/** Options come from a user and are checked under the name of `where`. The file system is loaded only here, so that programs for a browser can hold the rest. */
export async function loadImageSet(
  where: string,
  options: ImageSetOptions,
  { files, classNames }: { readonly files: () => ImageFiles; readonly classNames: readonly string[] },
): Promise<ImageSet> {
  checkOptions(where, options, checks);
  const { readImages } = await import("./files-images.ts");
  const { train, test } = await readImages(files(), options);
  return { train: asTensors(train), test: asTensors(test), classNames };
}

const asTensors = ({ images, labels }: { images: IdxArray; labels: IdxArray }): LabelledImages => ({
  images: asTensor(images),
  labels: asTensor(labels),
});

/** The arrays belong to no one else, so they are taken over without a copy. */
const asTensor = ({ data, shape, dtype }: IdxArray): Tensor => new Tensor(sourceOf(data, { shape, dtype }));
