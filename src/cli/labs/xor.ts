import { adam, boundaryGrid, decisionBoundary, dense, learningCurves, sequential, table, tensor, xorSamples } from "../../index.ts";
import type { Lab } from "../lab.ts";

/** Lecture 2: exclusive or, which no single neuron can tell. */
export const xor: Lab = {
  name: "xor",
  title: "Exclusive or: a 2-4-1 network learns what no single neuron can.",
  lecture: 2,
  defaults: { epochs: 400, batchSize: 4 },

  async run({ epochs, batchSize, seed, precision }, { print, chart, training }) {
    const { x, y } = xorSamples();
    const model = sequential([dense(4, { activation: "tanh" }), dense(1, { activation: "sigmoid" })], { inputShape: [2] });
    model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "binaryCrossentropy", metrics: ["accuracy"], precision });
    print(model.summary());

    const history = await model.fit(x, y, { batchSize, epochs, seed, ...training });
    if (history.stopped === "aborted") return { model, stopped: history.stopped, test: {} };
    print(learningCurves(history, chart));

    const area = { xRange: [-0.5, 1.5], yRange: [-0.5, 1.5], width: Math.min(60, chart.width), ascii: chart.ascii } as const;
    const scores = model.predict(tensor(boundaryGrid(area)));
    const samples = [
      [0, 0, 0],
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ].map(([a, b, label]) => ({ x: [a!, b!] as const, label: label! }));
    print(decisionBoundary(await scores.read(), { ...area, samples }));
    const answers = model.predict(x);
    const predicted = await answers.read();
    print(
      table(
        samples.map(({ x: [a, b], label }, i) => ({ a, b, "a xor b": label, predicted: predicted[i]!.toFixed(3) })),
        { ascii: chart.ascii },
      ),
    );
    const { loss, accuracy } = await model.evaluate(x, y);
    return { model, stopped: history.stopped, test: { loss: loss!, accuracy: accuracy! } };
  },
};
