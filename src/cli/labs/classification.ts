import { adam, dense, learningCurves, rocChart, rocCurve, sequential, signOfSine } from "../../index.ts";
import type { Lab } from "../lab.ts";

/** Lecture 3, part two: is sin(sum x^2) >= 0? */
export const classification: Lab = {
  name: "classification",
  title: "Is sin(x1^2 + ... + x10^2) >= 0? A 10-100-100-1 network learns it from 10,000 samples.",
  lecture: 3,
  defaults: { epochs: 25, batchSize: 256 },

  async run({ epochs, batchSize, seed, precision }, { print, chart, training }) {
    const { x, y } = signOfSine(10_000, { seed });
    const model = sequential(
      [dense(100, { activation: "relu" }), dense(100, { activation: "relu" }), dense(1, { activation: "sigmoid" })],
      { inputShape: [10] },
    );
    model.compile({ optimizer: adam(), loss: "binaryCrossentropy", metrics: ["accuracy"], precision });
    print(model.summary());

    const history = await model.fit(x, y, { batchSize, epochs, validationSplit: 0.2, seed, ...training });
    if (history.stopped === "aborted") return { model, stopped: history.stopped, test: {} };
    print(learningCurves(history, chart));

    const test = signOfSine(10_000, { seed: seed + 1 });
    const { loss, accuracy } = await model.evaluate(test.x, test.y, { batchSize });
    const scores = model.predict(test.x);
    const curve = rocCurve(await scores.read(), await test.y.read());
    print(rocChart(curve, { ...chart, width: Math.min(60, chart.width) }));
    return { model, stopped: history.stopped, test: { loss: loss!, accuracy: accuracy!, auc: curve.area } };
  },
};
