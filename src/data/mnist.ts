import { imageFiles } from "./image-files.ts";
import { type ImageSet, type ImageSetOptions, loadImageSet } from "./image-set.ts";

const files = () =>
  imageFiles("mnist", "MNIST", {
    baseUrl: "https://storage.googleapis.com/cvdf-datasets/mnist/",
    trainImages: { sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", packedLength: 9_912_422 },
    trainLabels: { sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", packedLength: 28_881 },
    testImages: { sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", packedLength: 1_648_877 },
    testLabels: { sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", packedLength: 4_542 },
  });

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/**
 * The handwritten digits of LeCun, Cortes and Burges: 60,000 images u8 [28, 28] to train with, 10,000 to test with.
 * Read from `directory`, else from the folder `mnist` of the environment variable GRADSMITH_DATA, else from the user's cache, else downloaded.
 *
 * @throws GradsmithError "option" for an unknown option, "data", "file" or "network" for what is missing, damaged or out of reach.
 * @example const { train, test } = await mnist();
 */
export function mnist(options: ImageSetOptions = {}): Promise<ImageSet> {
  return loadImageSet("mnist", options, { files, classNames });
}
