import { adam, dense, random, sequential } from "gradsmith";

export async function run() {
  const x = random.uniform([64, 2], { seed: 1 });
  const y = x.sum({ axis: 1, keepDims: true });
  const model = sequential([dense(8, { activation: "relu" }), dense(1)], { inputShape: [2] });
  model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: "mse" });
  const { metrics } = await model.fit(x, y, { epochs: 60, batchSize: 16, seed: 5, verbose: 0 });
  const [first, last] = [metrics.loss[0], metrics.loss.at(-1)];
  return last < 0.02 && last < first / 10 ? "trained" : `not trained: ${first} to ${last}`;
}
