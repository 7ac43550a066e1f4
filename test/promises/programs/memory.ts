// Runs 10,000 training steps in one of several ways and prints, in MiB, how much memory was taken after a warm-up and at the end.
import { compile, dense, grad, random, sequential, sgd, type Tensor, tensor, valueAndGrad, zeros } from "gradsmith";

const steps = 10_000;
const warmUp = 2000;
const taken = (): { rss: number; heap: number; outside: number } => {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20, outside: arrayBuffers / 2 ** 20 };
};
/** Several looks, as the garbage collector comes when it likes. */
class Looks {
  readonly early: ReturnType<typeof taken>[] = [];
  readonly late: ReturnType<typeof taken>[] = [];
  at(step: number): void {
    if (step > steps / 5 && step <= steps / 2) this.early.push(taken());
    if (step > steps * 0.7) this.late.push(taken());
  }
}

const x = random.uniform([32, 10], { seed: 1 });
const target = x.sum({ axis: 1, keepDims: true });
await Promise.all([x.read(), target.read()]);
const loss = (w: Tensor): Tensor => x.matmul(w).sub(target).square().mean();

const ways: Readonly<Record<string, (looks: Looks) => Promise<number>>> = {
  async fit(looks) {
    const samples = random.uniform([3200, 10], { seed: 2 });
    const model = sequential([dense(16, { activation: "relu" }), dense(1)], { inputShape: [10] }).compile({
      optimizer: sgd(),
      loss: "mse",
    });
    const { metrics } = await model.fit(samples, samples.sum({ axis: 1, keepDims: true }), {
      epochs: steps / 100,
      batchSize: 32,
      verbose: 0,
      callbacks: [{ onEpochEnd: (epoch) => looks.at((epoch + 1) * 100) }],
    });
    return metrics["loss"]!.at(-1)!;
  },
  async donated(looks) {
    const step = compile(
      (w: Tensor) => {
        const { value, grads } = valueAndGrad(loss)(w);
        return { w: w.sub(grads.mul(0.1)), value };
      },
      { donate: [0] },
    );
    let state = { w: zeros([10, 1]), value: tensor(0) };
    for (let i = 1; i <= steps; i++) {
      state = step(state.w);
      if (i % 100 === 0) {
        await state.value.item();
        looks.at(i);
      }
    }
    return state.value.item();
  },
  async naive(looks) {
    let w = zeros([10, 1]);
    for (let i = 1; i <= steps; i++) {
      w = w.sub(grad(loss)(w).mul(0.1));
      if (i % 100 === 0) {
        await loss(w).item();
        looks.at(i);
      }
    }
    return loss(w).item();
  },
};

const looks = new Looks();
const started = performance.now();
const last = await ways[process.argv[2]!]!(looks);
console.log(JSON.stringify({ loss: last, seconds: (performance.now() - started) / 1000, warmUp, early: looks.early, late: looks.late }));
