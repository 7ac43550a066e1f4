import { readFileSync } from "node:fs";
import type { NamedTensors, Precision, Tensor } from "gradsmith";
import { adam, compile, dense, describeDevice, grad, scan, sequential, setDevice, sgd, tensor, valueAndGrad } from "gradsmith";
import { afterAll, describe, expect, test } from "vitest";

interface Fixture {
  readonly torch: string;
  readonly rounding: { readonly from: readonly number[]; readonly bits: readonly number[] };
  readonly losses: readonly number[];
}
const fixture = JSON.parse(readFileSync(new URL("../fixtures/torch/bf16.json", import.meta.url), "utf8")) as Fixture;

setDevice({ tier: "native" });
/** Why there is no native tier here, if there is none. */
const [missing] = describeDevice().tier === "native" ? [] : describeDevice().lines;
afterAll(() => setDevice({ device: "cpu", tier: "auto" }));

const devices = [
  { name: "reference", settings: { device: "reference", tier: "auto" } },
  { name: "wasm", settings: { device: "cpu", tier: "wasm" } },
  { name: "native", settings: { device: "cpu", tier: "native" } },
] as const;

/** 1/3 as bf16 keeps it. */
const third = 0.333984375;

describe.each(devices)("precision bf16 on $name", ({ name, settings }) => {
  const skipped = name === "native" && missing !== undefined;
  const use = (): void => setDevice(settings);

  test.skipIf(skipped)("numbers become the bf16 that PyTorch rounds them to", async () => {
    use();
    const { from, bits } = fixture.rounding;
    const x = new Float32Array(Uint32Array.from(from).buffer);
    const rounded = (await tensor(x).cast("bf16").cast("f32").read()) as Float32Array;
    const found = Array.from(new Uint32Array(Float32Array.from(rounded).buffer), (word) => word >>> 16);
    // Native code takes numbers below 1.2e-38 for zero.
    const isTiny = (i: number): boolean => name === "native" && Math.abs(x[i]!) < 2 ** -126;
    for (const [i, wanted] of bits.entries()) if (!isTiny(i)) expect(found[i], `${x[i]}`).toBe(wanted);
  });

  test.skipIf(skipped)("a product rounds its operands and sums in f32, and nothing else is rounded", async () => {
    use();
    const f = (x: Tensor, w: Tensor): readonly Tensor[] => [x.matmul(w), x.mul(w.transpose()), x.sum()];
    const x = tensor([[1 / 3, 2 ** -12]]);
    const w = tensor([[1], [1]]);
    const [product, elementwise, sum] = compile(f, { precision: "bf16" })(x, w);
    // In bf16 the sum would lose the second term.
    expect(await product!.read()).toEqual(Float32Array.of(third + 2 ** -12));
    expect(await elementwise!.read()).toEqual(Float32Array.of(1 / 3, 2 ** -12));
    expect(await sum!.read()).toEqual(Float32Array.of(Math.fround(1 / 3) + 2 ** -12));
    const [exact] = compile(f)(x, w);
    expect(await exact!.read()).toEqual(Float32Array.of(Math.fround(1 / 3) + 2 ** -12));
  });

  test.skipIf(skipped)("gradients are products of rounded operands, summed in f32 and not rounded themselves", async () => {
    use();
    const loss = (w: Tensor, x: Tensor, g: Tensor): Tensor => x.matmul(w).mul(g).sum();
    const dw = compile((w: Tensor, x: Tensor, g: Tensor) => grad(loss)(w, x, g), { precision: "bf16" });
    const gradient = await dw(tensor([[1]]), tensor([[1 / 3], [1]]), tensor([[1], [2 ** -12]])).read();
    expect(gradient).toEqual(Float32Array.of(third + 2 ** -12));
  });

  test.skipIf(skipped)("the body of a loop is rounded like everything else", async () => {
    use();
    const f = (w: Tensor): Tensor => scan((x: Tensor) => ({ carry: x.matmul(w), y: x }), tensor([[1 / 3]]), { length: 2 }).carry;
    // 1/3 is rounded; what comes out of the first turn is a bf16 already.
    expect(await compile(f, { precision: "bf16" })(tensor([[1]])).read()).toEqual(Float32Array.of(third));
  });

  test.skipIf(skipped)("ten losses of a network agree with PyTorch's with the same roundings", async () => {
    use();
    const samples = (count: number, width: number, scale: number): Tensor =>
      tensor(Float32Array.from({ length: count * width }, (_, i) => Math.fround(scale) * Math.fround(Math.sin((i + 1) ** 2)))).reshape([
        count,
        width,
      ]);
    const [x, y] = [samples(64, 40, 1), samples(64, 1, 0.5)];
    let weights: NamedTensors = { a: samples(40, 48, 0.2), b: samples(48, 48, 0.2), c: samples(48, 1, 0.3) };
    const loss = ({ a, b, c }: NamedTensors): Tensor => x.matmul(a!).tanh().matmul(b!).tanh().matmul(c!).sub(y).square().mean();
    const step = compile(
      (params: NamedTensors) => {
        const { value, grads } = valueAndGrad(loss)(params);
        return { value, params: Object.fromEntries(Object.entries(params).map(([key, w]) => [key, w.sub(grads[key]!.mul(0.05))])) };
      },
      { precision: "bf16" },
    );
    for (const [i, wanted] of fixture.losses.entries()) {
      const result = step(weights);
      weights = result.params;
      // A sum in another order may round to another bf16: 2^-8 of one operand of thousands.
      expect(Math.abs((await result.value.item()) / wanted - 1), `step ${i + 1}`).toBeLessThan(2e-4);
    }
  });

  test.skipIf(skipped)("weights are f32: updates smaller than bf16 resolves add up", async () => {
    use();
    const model = sequential([dense(1, { useBias: false, kernelInitializer: "ones" })], { inputShape: [1] });
    model.compile({ optimizer: sgd({ learningRate: 2 ** -12 }), loss: "mae", precision: "bf16" });
    const x = tensor([[1], [1]]);
    await model.fit(x, tensor([[0], [0]]), { epochs: 8, batchSize: 2, verbose: 0 });
    const { kernel } = Object.fromEntries(Object.entries(await model.getWeights()).map(([key, value]) => [key.split("/")[1], value]));
    // Near 1, bf16 has steps of 2^-8: each of these eight would be lost.
    expect(kernel).toEqual(Float32Array.of(1 - 8 * 2 ** -12));
    expect(Object.values(model.weights).every((w) => w.dtype === "f32")).toBe(true);
  });

  test.skipIf(skipped)("evaluate and predict use the precision the model is compiled with", async () => {
    use();
    const model = sequential([dense(1, { useBias: false, kernelInitializer: "ones" })], { inputShape: [1] });
    const x = tensor([[1 / 3]]);
    const outputs = async (precision: Precision): Promise<number[]> => {
      model.compile({ optimizer: adam(), loss: "mae", precision });
      const { loss } = await model.evaluate(x, tensor([[0]]));
      return [loss!, ...(await model.predict(x).read())];
    };
    expect(await outputs("bf16")).toEqual([third, third]);
    expect(await outputs("f32")).toEqual([Math.fround(1 / 3), Math.fround(1 / 3)]);
  });
});

test("an unknown precision is refused with the known ones", () => {
  const model = sequential([dense(1)], { inputShape: [1] });
  expect(() => model.compile({ loss: "mse", precision: "bf61" as Precision })).toThrow(
    '[compile] unknown precision "bf61". Did you mean "bf16"? Known: f32, bf16.',
  );
  expect(() => compile((x: Tensor) => x, { precision: "half" as Precision })).toThrow(
    '[compile] unknown precision "half". Known: f32, bf16.',
  );
});
