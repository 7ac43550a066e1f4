/** Datasets, their batches, and the samples of the lectures. */
export type { DataLoader, DataLoaderOptions } from "../data/data-loader.ts";
export { dataLoader, tensorDataset } from "../data/data-loader.ts";
export type { Batch, BatchOptions, DatasetSource, Sample, ShuffleOptions } from "../data/dataset.ts";
export { Dataset, dataset } from "../data/dataset.ts";
export { fashionMnist } from "../data/fashion-mnist.ts";
export type { GenerateOptions, Samples, SineOptions, SpiralOptions } from "../data/generate.ts";
export { circles, moons, signOfSine, sineOfSquares, spirals, xorSamples } from "../data/generate.ts";
export type { IdxArray } from "../data/idx.ts";
export { parseIdx } from "../data/idx.ts";
export type { ImageSet, ImageSetOptions, LabelledImages } from "../data/image-set.ts";
export { mnist } from "../data/mnist.ts";
export type { FromPixelsOptions, PixelCanvas, PixelSource, Pixels } from "../data/pixels.ts";
export { fromPixels, toPixels } from "../data/pixels.ts";
export type { Numbers } from "../data/rows.ts";
