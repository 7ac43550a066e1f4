/** One published file: its name, where it comes from, and what it must hold once unpacked. */
export interface PublishedFile {
  readonly name: string;
  readonly url: string;
  /** Of the unpacked bytes, so that a copy packed by another gzip is the same file. */
  readonly sha256: string;
  readonly byteLength: number;
}

/** A publication of 28 x 28 images with labels 0 to 9, as four IDX files. */
export interface ImageFiles {
  /** Also the name of its folder. */
  readonly name: string;
  readonly title: string;
  readonly trainImages: PublishedFile;
  readonly trainLabels: PublishedFile;
  readonly testImages: PublishedFile;
  readonly testLabels: PublishedFile;
}

interface Sums {
  readonly trainImages: string;
  readonly trainLabels: string;
  readonly testImages: string;
  readonly testLabels: string;
}

/** The four files as both publishers name and size them: 60,000 images to train, 10,000 to test. */
export function imageFiles(name: string, title: string, options: { readonly baseUrl: string; readonly sha256: Sums }): ImageFiles {
  const { baseUrl, sha256 } = options;
  const file = (stem: string, sum: string, byteLength: number): PublishedFile => ({ name: `${stem}.gz`, url: `${baseUrl}${stem}.gz`, sha256: sum, byteLength });
  return {
    name,
    title,
    trainImages: file("train-images-idx3-ubyte", sha256.trainImages, 16 + 60_000 * 784),
    trainLabels: file("train-labels-idx1-ubyte", sha256.trainLabels, 8 + 60_000),
    testImages: file("t10k-images-idx3-ubyte", sha256.testImages, 16 + 10_000 * 784),
    testLabels: file("t10k-labels-idx1-ubyte", sha256.testLabels, 8 + 10_000),
  };
}
