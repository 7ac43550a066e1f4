// A bit of everything that differs between runtimes: both tiers, files, a worker. Prints "all right", or what isn't.
import { adam, dense, loadModel, random, sequential, setDevice, useWorker } from "gradsmith";

const x = random.uniform([2000, 10], { seed: 1 });
const y = x.square().sum({ axis: 1 }).sin();
const losses = {};
const train = async (name) => {
  const model = sequential([dense(20, { activation: "relu" }), dense(1)], { inputShape: [10] });
  model.compile({ optimizer: adam(), loss: "mse" });
  const { metrics } = await model.fit(x, y, { epochs: 2, seed: 1, verbose: 0 });
  losses[name] = metrics.loss.at(-1);
  return model;
};
const tiers = process.argv.slice(2);
for (const tier of tiers) {
  setDevice({ tier });
  await train(tier);
}
setDevice({ tier: "wasm" });
const model = await train("wasm");
await model.save("smoke.safetensors");
const loaded = await loadModel("smoke.safetensors");
const [before, after] = [await model.predict(x).read(), await loaded.predict(x).read()];
useWorker();
await train("worker");
const isSame = before.every((value, i) => value === after[i]) && losses.worker === losses.wasm;
const isNear = Object.values(losses).every((loss) => Math.abs(loss - losses.wasm) < 1e-4);
console.log(isSame && isNear ? "all right" : JSON.stringify({ isSame, losses }));
process.exit(0);
