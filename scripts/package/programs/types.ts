import type { Callback, History, Tensor } from "gradsmith";
import { adam, compile, dense, grad, random, sequential, tensor } from "gradsmith";
import { losses } from "gradsmith/nn";
import { zeros } from "gradsmith/tensor";

const double = compile((x: Tensor) => x.mul(2));
const numbers: Promise<Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | Uint16Array> = double(tensor([1, 2])).read();
const slope: Tensor = grad((w: Tensor) => w.square().sum())(tensor([1]));
const model = sequential([dense(8, { activation: "relu" }), dense(1)], { inputShape: [2] }).compile({
  optimizer: adam({ learningRate: 1e-3 }),
  loss: "mse",
  metrics: ["mae"],
});
const watch: Callback = { onEpochEnd: (epoch, logs) => console.log(epoch, logs["loss"]) };
const history: History<"mae"> = await model.fit(random.uniform([8, 2]), random.uniform([8, 1]), { callbacks: [watch] });
const figures: number[] = history.metrics.mae;
console.log(numbers, slope.shape, figures, losses, zeros);
// @ts-expect-error no such activation
dense(1, { activation: "relux" });
