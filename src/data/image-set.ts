import { sourceOf } from "../tensor/execution.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DownloadProgress } from "./files-download.ts";
import type { IdxArray } from "./idx.ts";
import type { ImageFiles } from "./image-files.ts";

export interface ImageSetOptions {
  /** A folder with the four IDX files, packed with gzip or not. */
  readonly directory?: string;
  /** Told about a download as it goes on; without it, progress goes to standard error. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Images u8 [n, 28, 28] and labels u8 [n]. */
export interface LabelledImages {
  readonly images: Tensor;
  readonly labels: Tensor;
}

export interface ImageSet {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** In the order of the labels. */
  readonly classNames: readonly string[];
}

/** The file system is loaded only here, so that programs for a browser can hold the rest. */
export async function loadImageSet(files: ImageFiles, classNames: readonly string[], options: ImageSetOptions): Promise<ImageSet> {
  const { readImages } = await import("./files-images.ts");
  const { train, test } = await readImages(files, options);
  return { train: asTensors(train), test: asTensors(test), classNames };
}

const asTensors = ({ images, labels }: { images: IdxArray; labels: IdxArray }): LabelledImages => ({
  images: asTensor(images),
  labels: asTensor(labels),
});

/** The arrays belong to no one else, so they are taken over without a copy. */
const asTensor = ({ data, shape, dtype }: IdxArray): Tensor => new Tensor(sourceOf(data, { shape, dtype }));
