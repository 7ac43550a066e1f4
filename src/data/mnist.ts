import { imageFiles } from "./image-files.ts";
import { type ImageSet, type ImageSetOptions, loadImageSet } from "./image-set.ts";

const files = () =>
  imageFiles("mnist", "MNIST", {
    baseUrl: "https://storage.googleapis.com/cvdf-datasets/mnist/",
    sha256: {
      trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
  });

/**
 * The handwritten digits of LeCun, Cortes and Burges: 60,000 images u8 [28, 28] to train with, 10,000 to test with.
 * Read from `directory`, else from the folder `mnist` of the environment variable GRADSMITH_DATA, else from the user's cache, else downloaded.
 *
 * @throws GradsmithError "data", "file" or "network", which say what is missing, damaged or out of reach.
 * @example const { train, test } = await mnist();
 */
export function mnist(options: ImageSetOptions = {}): Promise<ImageSet> {
  return loadImageSet(files(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], options);
}
