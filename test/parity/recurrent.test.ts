import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { nativeAvailability } from "../../src/backends/cpu/native.ts";
import { compile, gru, lstm, setDevice, simpleRnn, type Tensor, tensor, valueAndGrad } from "../../src/index.ts";
import { distance } from "../contract/evaluated.ts";

type Name = "x" | "kernel" | "recurrentKernel" | "bias";
interface Case extends Readonly<Record<Name | "weights" | "outputs", readonly number[]>> {
  readonly gradients: Readonly<Record<Name, readonly number[]>>;
}
const fixture = JSON.parse(readFileSync(new URL("../fixtures/torch/recurrent.json", import.meta.url), "utf8")) as Readonly<
  Record<"lstm" | "gru" | "simpleRnn", Case>
>;
const [batch, steps, features, units] = [3, 7, 4, 5] as const;
const names = ["x", "kernel", "recurrentKernel", "bias"] as const;
const layers = {
  lstm: lstm(units, { returnSequences: true }),
  gru: gru(units, { returnSequences: true }),
  simpleRnn: simpleRnn(units, { returnSequences: true }),
};

afterAll(() => setDevice({ device: "cpu", tier: "auto" }));

const devices = [
  { device: "reference", settings: { device: "reference" }, skip: false },
  { device: "wasm", settings: { device: "cpu", tier: "wasm" }, skip: false },
  { device: "native", settings: { device: "cpu", tier: "native" }, skip: !nativeAvailability().available },
] as const;

describe.each(["lstm", "gru", "simpleRnn"] as const)("%s agrees with PyTorch", (kind) => {
  const layer = layers[kind];
  const given = fixture[kind];
  const specs = layer.params([batch, steps, features]);
  const shapeOf = (name: Name): readonly number[] => (name === "x" ? [batch, steps, features] : specs[name]!.shape);
  const weights = tensor(Float32Array.from(given.weights), { shape: [batch, steps, units] });
  const step = compile((parameters: Readonly<Record<Name, Tensor>>) => {
    const loss = ({ x, ...params }: Readonly<Record<Name, Tensor>>): readonly [Tensor, Tensor] => {
      const ys = layer.applyWith(params, x);
      return [ys.mul(weights).sum(), ys];
    };
    return valueAndGrad(loss, { hasAux: true })(parameters);
  });

  it.for(devices)("on $device in its outputs and all gradients, to 1e-5", async ({ settings, skip }, context) => {
    context.skip(skip, "there is no C compiler");
    setDevice(settings);
    const parameters = Object.fromEntries(names.map((name) => [name, tensor(Float32Array.from(given[name]), { shape: shapeOf(name) })]));
    const { aux, grads } = step(parameters as Record<Name, Tensor>);
    expect(distance([...(await aux.read())], given.outputs)).toBeLessThan(1e-5);
    for (const name of names) expect(distance([...(await grads[name].read())], given.gradients[name]), name).toBeLessThan(1e-5);
  });
});
