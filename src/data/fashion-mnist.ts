import { imageFiles } from "./image-files.ts";
import { type ImageSet, type ImageSetOptions, loadImageSet } from "./image-set.ts";

const files = () =>
  imageFiles("fashion-mnist", "Fashion-MNIST", {
    baseUrl: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    trainImages: { sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", packedLength: 26_421_880 },
    trainLabels: { sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", packedLength: 29_515 },
    testImages: { sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", packedLength: 4_422_102 },
    testLabels: { sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", packedLength: 5_148 },
  });

const classNames = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/**
 * Zalando's pictures of clothes (Xiao, Rasul and Vollgraf, 2017): 60,000 images u8 [28, 28] to train with, 10,000 to test with, ten classes.
 * Read from `directory`, else from the folder `fashion-mnist` of the environment variable GRADSMITH_DATA, else from the user's cache, else
 * downloaded.
 *
 * @throws GradsmithError "option" for an unknown option, "data", "file" or "network" for what is missing, damaged or out of reach.
 * @example const { train, test, classNames } = await fashionMnist();
 */
export function fashionMnist(options: ImageSetOptions = {}): Promise<ImageSet> {
  return loadImageSet("fashionMnist", options, { files, classNames });
}
