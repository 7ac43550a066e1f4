import { dense, learningCurves, sequential, sgd, sineOfSquares, table } from "../../index.ts";
import type { Lab } from "../lab.ts";

/** Lecture 3, part one: the value of sin(sum x^2). */
export const regression: Lab = {
  name: "regression",
  title: "What is sin(x1^2 + ... + x10^2)? A 10-20-30-1 network learns it from 10,000 samples.",
  lecture: 3,
  defaults: { epochs: 10, batchSize: 32 },

  async run({ epochs, batchSize, seed, precision }, { print, chart, training }) {
    const { x, y } = sineOfSquares(10_000, { seed });
    const model = sequential([dense(20, { activation: "relu" }), dense(30, { activation: "relu" }), dense(1)], { inputShape: [10] });
    model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: "mse", metrics: ["mae"], precision });
    print(model.summary());

    const history = await model.fit(x, y, { batchSize, epochs, validationSplit: 0.2, seed, ...training });
    if (history.stopped === "aborted") return { model, stopped: history.stopped, test: {} };
    print(learningCurves(history, chart));

    const test = sineOfSquares(10_000, { seed: seed + 1 });
    const { loss, mae } = await model.evaluate(test.x, test.y, { batchSize });
    const truth = await test.y.slice([0], [5]).read();
    const first = model.predict(test.x.slice([0, 0], [5, 10]));
    const predicted = await first.read();
    const rows = Array.from(truth, (value, i) => ({ truth: value.toFixed(3), predicted: predicted[i]!.toFixed(3) }));
    print(table(rows, { ascii: chart.ascii }));
    return { model, stopped: history.stopped, test: { loss: loss!, mae: mae! } };
  },
};
