import { readFileSync } from "node:fs";
import { adam, dense, describeDevice, sequential, setDevice, sgd, tensor } from "gradsmith";
import { afterAll, describe, expect, test } from "vitest";
import type { FixedNetwork } from "./fixed-networks.ts";
import { fixedNetworks, weightsOf } from "./fixed-networks.ts";

interface Fixture {
  readonly torch: string;
  readonly losses: Readonly<Record<FixedNetwork["name"], { readonly f32: readonly number[]; readonly f64: readonly number[] }>>;
}
const fixture = JSON.parse(readFileSync(new URL("../fixtures/torch/train_losses.json", import.meta.url), "utf8")) as Fixture;

setDevice({ tier: "native" });
/** Why there is no native tier here, if there is none. */
const [native] = describeDevice().tier === "native" ? [] : describeDevice().lines;
afterAll(() => setDevice({ tier: "auto" }));

describe.each(["wasm", "native"] as const)("on the %s tier", (tier) => {
  test.for(fixedNetworks)("ten training losses of $name agree with PyTorch's", async (network, { skip }) => {
    if (tier === "native" && native !== undefined) skip(native);
    setDevice({ tier });
    const losses = await trainTenSteps(network);
    expect(describeDevice().tier).toBe(tier);
    const { f32, f64 } = fixture.losses[network.name];
    for (let step = 0; step < 10; step++) {
      // Rounding differs from the first step on, and grows with each: 1e-5 at step 1, 1e-3 at step 10, evenly on a logarithmic scale between.
      const tolerance = 10 ** (-5 + (2 * step) / 9);
      // Whoever is nearer to float64 is not wrong: PyTorch's own float32 is no closer than this.
      const error = Math.min(relative(losses[step]!, f32[step]!), relative(losses[step]!, f64[step]!));
      expect(error, `step ${step + 1}: ${losses[step]} here, ${f64[step]} in PyTorch`).toBeLessThan(tolerance);
    }
  });
});

/** One batch for each call of `fit`, which goes on where the last one ended: its history is that batch's loss before the update. */
async function trainTenSteps(network: FixedNetwork): Promise<number[]> {
  const { sizes, lastActivation, loss, batch } = network;
  const last = sizes.length - 2;
  const layers = sizes.slice(1).map((units, i) => dense(units, { activation: i === last ? lastActivation : "relu" }));
  const model = sequential(layers, { inputShape: [sizes[0]!] });
  model.compile({ optimizer: network.name === "W1" ? sgd({ learningRate: 0.01 }) : adam({ learningRate: 1e-3, epsilon: 1e-12 }), loss });
  const weights = weightsOf(network).flatMap(({ kernel, bias, inputs, outputs }, i) => {
    const name = i === 0 ? "dense" : `dense_${i}`;
    return [
      [`${name}/kernel`, tensor(kernel, { shape: [inputs, outputs] })],
      [`${name}/bias`, tensor(bias)],
    ] as const;
  });
  await model.setWeights(Object.fromEntries(weights));
  const losses: number[] = [];
  for (let step = 0; step < 10; step++) {
    const { x, y } = network.samples(step);
    const features = tensor(x, { shape: [batch, sizes[0]!] });
    const history = await model.fit(features, tensor(y), { batchSize: batch, epochs: 1, shuffle: false, verbose: 0 });
    losses.push(history.metrics["loss"]![0]!);
  }
  return losses;
}

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);
