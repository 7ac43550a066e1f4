import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The bytes of an IDX file of unsigned bytes, whatever it claims to hold. */
export function idxBytes(shape: readonly number[], values: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

/** Fills a folder with the four files of a set whose class shows as the pair of rows that is bright. */
export function writeImages(folder: string, counts: { readonly train: number; readonly test: number }): void {
  mkdirSync(folder, { recursive: true });
  for (const [stem, count] of [
    ["train", counts.train],
    ["t10k", counts.test],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    const images = new Uint8Array(count * 784).map((_, at) => {
      const row = Math.floor((at % 784) / 28);
      return Math.floor(row / 2) === labels[Math.floor(at / 784)] ? 200 : (at * 7919) % 40;
    });
    writeFileSync(join(folder, `${stem}-images-idx3-ubyte`), idxBytes([count, 28, 28], images));
    writeFileSync(join(folder, `${stem}-labels-idx1-ubyte`), idxBytes([count], labels));
  }
}
