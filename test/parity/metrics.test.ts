import { describe, expect, it } from "vitest";
import type { MetricState } from "../../src/nn/metrics/metric.ts";
import { metricOf, metrics } from "../../src/nn/metrics/registry.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { evaluated, flat } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

interface Case {
  readonly name: string;
  readonly options: object;
  readonly target: unknown[][];
  readonly prediction: unknown[][][];
  readonly result: number;
}
const { cases } = kerasFixture<{ readonly cases: readonly Case[] }>("metrics");
const batch = (rows: unknown[]): Tensor => f64(rows, Array.isArray(rows[0]) ? [rows.length, rows[0].length] : [rows.length]);
const resultOf = (metric: ReturnType<typeof metricOf>, state: MetricState): number =>
  metric.result(Object.fromEntries(Object.entries(state).map(([name, t]) => [name, evaluated(t)])));

describe("metrics over two batches agree with Keras", () => {
  for (const { name, options, target, prediction, result } of cases) {
    it(`${name} ${JSON.stringify(options)}`, () => {
      const metric = metricOf("test", [name, options]);
      const state = target.reduce<MetricState>((s, rows, i) => metric.update(s, batch(rows), batch(prediction[i]!)), metric.init());
      expect(resultOf(metric, state)).toBeCloseTo(result, 6);
    });
  }

  it("covers every metric but accuracy, which is one of three", () => {
    const covered = new Set(cases.map(({ name }) => name));
    expect(Object.keys(metrics).filter((name) => !covered.has(name))).toEqual(["accuracy"]);
  });

  it("accuracy is binary, categorical or sparse by the shapes", () => {
    for (const name of ["binaryAccuracy", "categoricalAccuracy", "sparseCategoricalAccuracy"]) {
      const { target, prediction } = cases.find((c) => c.name === name)!;
      const [general, particular] = [metricOf("test", "accuracy"), metricOf("test", name)].map((m) =>
        resultOf(m, m.update(m.init(), batch(target[0]!), batch(prediction[0]!))),
      );
      expect(general).toBe(particular);
    }
  });

  it("state keeps its dtype and shape from batch to batch, so that it can stay in place", () => {
    for (const { name, options, target, prediction } of cases) {
      const metric = metricOf("test", [name, options]);
      const before = metric.init();
      const after = metric.update(before, batch(target[0]!).cast("f32"), batch(prediction[0]!).cast("f32"));
      for (const [key, t] of Object.entries(before))
        expect([after[key]!.dtype, after[key]!.shape], `${name} ${key}`).toEqual([t.dtype, t.shape]);
    }
  });

  it("weights count samples", () => {
    const weight = tensor([1, 0, 3]);
    const [target, prediction] = [tensor([[1], [1], [0]]), tensor([[0.9], [0.8], [0.7]])];
    const weighted = (name: string): number => {
      const metric = metricOf("test", name);
      return resultOf(metric, metric.update(metric.init(), target, prediction, { weight }));
    };
    expect(weighted("binaryAccuracy")).toBeCloseTo(1 / 4, 6);
    expect(weighted("precision")).toBeCloseTo(1 / 4, 6);
    expect(weighted("auc")).toBeCloseTo(1, 6);
    expect(flat([weighted("recall")])).toEqual([1]);
  });

  it("an unknown name is answered with the nearest", () => {
    expect(() => metricOf("compile", "acuracy")).toThrow('[compile] unknown metric "acuracy". Did you mean "accuracy"?');
  });
});
