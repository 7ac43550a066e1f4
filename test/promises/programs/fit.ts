// Trains a small model, with everything in it that draws random numbers, and prints a digest of its weights and losses.
import { createHash } from "node:crypto";
import { adam, dense, dropout, random, sequential } from "gradsmith";

const [width = "16"] = process.argv.slice(2);
const x = random.uniform([700, 10], { seed: 3, low: -1, high: 1 });
const y = x.square().sum({ axis: 1, keepDims: true }).sin().greaterEqual(0).cast("f32");
const model = sequential(
  [
    dense(Number(width), { activation: "relu" }),
    dropout(0.3),
    dense(Number(width), { activation: "tanh" }),
    dense(1, { activation: "sigmoid" }),
  ],
  { inputShape: [10] },
).compile({ optimizer: adam({ learningRate: 0.01 }), loss: "binaryCrossentropy", metrics: ["accuracy"] });
const { metrics } = await model.fit(x, y, { seed: 1, epochs: 4, batchSize: 70, verbose: 0 });
const digest = createHash("sha256").update(JSON.stringify(metrics));
for (const values of Object.values(await model.getWeights())) digest.update(Float32Array.from(values));
console.log(digest.digest("hex"));
