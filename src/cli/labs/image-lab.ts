import {
  adam,
  confusionMatrix,
  confusionTable,
  dense,
  flatten,
  type ImageSet,
  type ImageSetOptions,
  learningCurves,
  sequential,
  type Tensor,
} from "../../index.ts";
import type { Lab } from "../lab.ts";

/** Lecture 3's network for pictures, 784-512-512-10, on a set of 28 x 28 images. */
export function imageLab(name: string, title: string, load: (options: ImageSetOptions) => Promise<ImageSet>): Lab {
  return {
    name,
    title,
    lecture: 3,
    defaults: { epochs: 5, batchSize: 32 },

    async run({ epochs, batchSize, seed, precision, directory }, { print, chart, training }) {
      const { train, test, classNames } = await load(directory === undefined ? {} : { directory });
      const scale = (images: Tensor): Tensor => images.cast("f32").div(255);
      const model = sequential(
        [flatten(), dense(512, { activation: "relu" }), dense(512, { activation: "relu" }), dense(10, { activation: "softmax" })],
        { inputShape: [28, 28] },
      );
      model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], precision });
      print(model.summary());

      const held = scale(test.images);
      const history = await model.fit(scale(train.images), train.labels, {
        batchSize,
        epochs,
        validationData: [held, test.labels],
        seed,
        ...training,
      });
      if (history.stopped === "aborted") return { model, stopped: history.stopped, test: {} };
      print(learningCurves(history, chart));

      const { loss, accuracy } = await model.evaluate(held, test.labels, { batchSize: 500 });
      const scores = model.predict(held);
      const predicted = await scores.argmax({ axis: 1 }).read();
      print(confusionTable(confusionMatrix(await test.labels.read(), predicted, { classCount: 10 }), { classNames, ascii: chart.ascii }));
      return { model, stopped: history.stopped, test: { loss: loss!, accuracy: accuracy! } };
    },
  };
}
