import { imageFiles } from "./image-files.ts";
import { type ImageSet, type ImageSetOptions, loadImageSet } from "./image-set.ts";

const files = () =>
  imageFiles("fashion-mnist", "Fashion-MNIST", {
    baseUrl: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    sha256: {
      trainImages: "97886e8a43061a66fa403e3d3e3a2f72a47f7f94303fe1e3b947d49deb905e9e",
      trainLabels: "c555c31c355567e0aa0d7dae0146319b158cf675be168cc32cc83dd78b0dc1f9",
      testImages: "bf42c70248e2a59e412c27f0e2b84590d845653e810f7a5cc5b6cf9deaece312",
      testLabels: "40b592ec3a7815605fd221e0d8f88c222388efd0fb30095f2590d066a71402b0",
    },
  });

const classNames = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

/**
 * Zalando's pictures of clothes (Xiao, Rasul and Vollgraf, 2017): 60,000 images u8 [28, 28] to train with, 10,000 to test with, ten classes.
 * Read from `directory`, else from the folder `fashion-mnist` of the environment variable GRADSMITH_DATA, else from the user's cache, else
 * downloaded.
 *
 * @throws GradsmithError "data", "file" or "network", which say what is missing, damaged or out of reach.
 * @example const { train, test, classNames } = await fashionMnist();
 */
export function fashionMnist(options: ImageSetOptions = {}): Promise<ImageSet> {
  return loadImageSet(files(), classNames, options);
}
