/** One published file: its name, where it comes from, and what arrives. */
export interface PublishedFile {
  readonly name: string;
  readonly url: string;
  /** Of the file as published, packed with gzip. */
  readonly sha256: string;
  readonly packedLength: number;
  /** Bytes once unpacked. */
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

/** What a publisher's file is known by. */
export interface Print {
  readonly sha256: string;
  readonly packedLength: number;
}

export interface ImageFilesOptions {
  readonly baseUrl: string;
  readonly trainImages: Print;
  readonly trainLabels: Print;
  readonly testImages: Print;
  readonly testLabels: Print;
}

/** The four files as both publishers name them: 60,000 images to train, 10,000 to test. */
export function imageFiles(name: string, title: string, options: ImageFilesOptions): ImageFiles {
  const file = (stem: string, print: Print, byteLength: number): PublishedFile => ({
    ...print,
    name: `${stem}.gz`,
    url: `${options.baseUrl}${stem}.gz`,
    byteLength,
  });
  return {
    name,
    title,
    trainImages: file("train-images-idx3-ubyte", options.trainImages, 16 + 60_000 * 784),
    trainLabels: file("train-labels-idx1-ubyte", options.trainLabels, 8 + 60_000),
    testImages: file("t10k-images-idx3-ubyte", options.testImages, 16 + 10_000 * 784),
    testLabels: file("t10k-labels-idx1-ubyte", options.testLabels, 8 + 10_000),
  };
}

export const unpackedName = ({ name }: PublishedFile): string => name.replace(/\.gz$/, "");
