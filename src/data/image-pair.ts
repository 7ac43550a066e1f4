import { GradsmithError } from "../core/errors.ts";
import type { IdxArray } from "./idx.ts";

/** An array, and how errors name where it came from. */
export type NamedArray = IdxArray & { readonly where: string };

/** Images and their labels. */
export interface ImagePair {
  readonly images: IdxArray;
  readonly labels: IdxArray;
}

/** What a set of images is read as. */
export interface ImageArrays {
  readonly train: ImagePair;
  readonly test: ImagePair;
}

/** 28 x 28 images and a label from 0 to 9 for each, checked. */
export function imagePair(images: NamedArray, labels: NamedArray): ImagePair {
  if (images.dtype !== "u8" || images.shape.length !== 3 || images.shape[1] !== 28 || images.shape[2] !== 28) {
    throw new GradsmithError(
      "file",
      images.where,
      `holds ${images.dtype} [${images.shape.join(", ")}], and images are u8 [n, 28, 28].`,
      "Is it the right file?",
    );
  }
  if (labels.dtype !== "u8" || labels.shape.length !== 1) {
    throw new GradsmithError(
      "file",
      labels.where,
      `holds ${labels.dtype} [${labels.shape.join(", ")}], and labels are u8 [n].`,
      "Is it the right file?",
    );
  }
  if (images.shape[0] !== labels.shape[0]) {
    throw new GradsmithError(
      "file",
      labels.where,
      `holds ${labels.shape[0]} labels for ${images.shape[0]} images.`,
      "Take both files from one publication.",
    );
  }
  const wrong = labels.data.find((label) => label > 9);
  if (wrong !== undefined)
    throw new GradsmithError("file", labels.where, `holds the label ${wrong}, and labels are 0 to 9.`, "Is it the right file?");
  return { images, labels };
}
