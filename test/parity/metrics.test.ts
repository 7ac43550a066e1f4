import { describe, expect, it } from "vitest";
import { activations } from "../../src/nn/activations.ts";
import type { Metric, MetricState } from "../../src/nn/metrics/metric.ts";
import { meanMetric } from "../../src/nn/metrics/metric.ts";
import { metricOf, metrics } from "../../src/nn/metrics/registry.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

interface Samples {
  readonly target: unknown[][];
  readonly prediction: unknown[][][];
}
interface Fixture {
  readonly weights: readonly (readonly number[])[];
  readonly samples: Readonly<Record<string, Samples>>;
  readonly cases: readonly {
    readonly name: string;
    readonly options: object;
    readonly samples: string;
    readonly result: number;
    readonly weighted: number;
  }[];
}
const { cases, samples, weights } = kerasFixture<Fixture>("metrics");
const batch = (rows: unknown[]): Tensor => f64(rows, Array.isArray(rows[0]) ? [rows.length, rows[0].length] : [rows.length]);
const resultOf = (metric: Metric, state: MetricState): number =>
  metric.result(Object.fromEntries(Object.entries(state).map(([name, t]) => [name, evaluated(t)])));

/** A metric after all batches, with weights of samples or without. */
function measured(metric: Metric, { target, prediction }: Samples, weight?: readonly (readonly number[])[]): number {
  const state = target.reduce<MetricState>((before, rows, i) => {
    const options = weight === undefined ? {} : { weight: tensor([...weight[i]!]) };
    return metric.update(before, batch(rows), batch(prediction[i]!), options);
  }, metric.init());
  return resultOf(metric, state);
}

describe("metrics over two batches agree with Keras", () => {
  for (const { name, options, samples: of, result, weighted } of cases) {
    it(`${name} ${JSON.stringify(options)}, ${of}`, () => {
      const metric = metricOf("test", [name, options]);
      expect(metric.name).toBe(name);
      expect(distance([measured(metric, samples[of]!)], [result])).toBeLessThan(1e-6);
      expect(distance([measured(metric, samples[of]!, weights)], [weighted])).toBeLessThan(1e-6);
    });
  }

  it("covers every metric but accuracy, which is one of three, and other names", () => {
    const covered = new Set(cases.map(({ name }) => name));
    const others = Object.keys(metrics).filter((name) => !covered.has(name));
    expect(others.filter((name) => !name.startsWith("mean"))).toEqual([
      "accuracy",
      "acc",
      "rootMeanSquaredError",
      "binaryCrossentropy",
      "categoricalCrossentropy",
    ]);
  });

  it("accuracy is binary, categorical or sparse by the shapes", () => {
    for (const name of ["binaryAccuracy", "categoricalAccuracy", "sparseCategoricalAccuracy"]) {
      const of = samples[cases.find((c) => c.name === name)!.samples]!;
      expect(measured(metricOf("test", "accuracy"), of)).toBe(measured(metricOf("test", name), of));
    }
  });

  it("state keeps its dtype and shape from batch to batch, so that it can stay in place", () => {
    for (const { name, options, samples: of } of cases) {
      const { target, prediction } = samples[of]!;
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
    expect(weighted("recall")).toBe(1);
  });

  it("weights may be those of each sample's values, [batch, steps], and [batch, 1] is [batch]", () => {
    const prediction = tensor([
      [[0.9], [0.8]],
      [[0.7], [0.2]],
    ]);
    const target = tensor([
      [[1], [0]],
      [[1], [1]],
    ]);
    const weight = tensor([
      [1, 2],
      [3, 4],
    ]);
    const weighted = (metric: Metric, of = weight): number =>
      resultOf(metric, metric.update(metric.init(), target, prediction, { weight: of }));
    expect(weighted(metrics.binaryAccuracy())).toBeCloseTo(4 / 10, 6);
    expect(weighted(metrics.precision())).toBeCloseTo(4 / 6, 6);
    expect(weighted(metrics.recall())).toBeCloseTo(4 / 8, 6);
    expect(weighted(metrics.mae())).toBeCloseTo((0.1 + 2 * 0.8 + 3 * 0.3 + 4 * 0.8) / 10, 6);
    // Of the pairs of a positive and a negative, those in which the positive has the higher score.
    expect(weighted(metrics.auc())).toBeCloseTo((1 * 2) / (8 * 2), 6);
    expect(weighted(metrics.mae(), tensor([[1], [3]]))).toBeCloseTo((0.1 + 0.8 + 3 * 0.3 + 3 * 0.8) / 8, 6);
    expect(() => weighted(metrics.mae(), tensor([1, 2, 3]))).toThrow(
      "[mae] weights of shape [3] don't go with values [2, 2]. Give one for each sample, or one for each of its values.",
    );
  });

  it("a score that is NaN is not among the largest", () => {
    const prediction = tensor([
      [Number.NaN, 1, 2],
      [3, Number.NaN, 1],
    ]);
    const topTwo = metrics.sparseTopKCategoricalAccuracy({ k: 2 });
    expect(resultOf(topTwo, topTwo.update(topTwo.init(), tensor(Int32Array.of(0, 0)), prediction))).toBe(0.5);
  });

  it("a metric of one's own sees [n] targets as [n, 1] where predictions are, and keeps its weights and its name", () => {
    const within = (limit: number): Metric<"within"> =>
      meanMetric("within", { options: { limit }, perSample: (y, p) => p.sub(y).abs().lessEqual(limit).cast("f32").mean({ axis: -1 }) });
    const metric = metricOf("compile", within(1));
    const figure = (weight?: Tensor): number =>
      resultOf(metric, metric.update(metric.init(), tensor([1, 2, 3]), tensor([[1], [5], [3.5]]), { weight }));
    expect(metric.name).toBe("within");
    expect(figure()).toBeCloseTo(2 / 3, 6);
    expect(figure(tensor([1, 3, 0]))).toBeCloseTo(1 / 4, 6);
  });

  it("a metric chosen by a name goes by it, also by a short one; others by their own", () => {
    for (const name of ["acc", "mse", "meanSquaredError", "bce"] as const) {
      expect(metricOf("compile", name).name).toBe(name);
      expect(metrics[name]().name).toBe(name);
    }
    expect(metricOf("compile", ["auc", { curve: "PR" }]).name).toBe("auc");
    expect(metricOf("compile", { ...metrics.auc({ curve: "PR" }), name: "auc_pr" }).name).toBe("auc_pr");
  });

  it("those of probabilities say so, and crossentropies use the logits that those carry", () => {
    const taking = Object.entries(metrics).filter(([, make]) => make().takes === "probabilities");
    expect(taking.map(([name]) => name)).toEqual([
      "accuracy",
      "acc",
      "binaryAccuracy",
      "auc",
      "precision",
      "recall",
      "bce",
      "binaryCrossentropy",
      "cce",
      "categoricalCrossentropy",
      "sparseCategoricalCrossentropy",
    ]);
    const z = tensor([[200]]);
    const metric = metrics.bce();
    expect(resultOf(metric, metric.update(metric.init(), tensor([[0]]), activations.sigmoid().call(z)))).toBe(200);
  });

  it("an option a metric has not is refused", () => {
    for (const [name, make] of Object.entries(metrics))
      expect(() => make({ nme: 1 } as never), name).toThrow(/^\[\w+\] unknown option "nme"\./);
    expect(() => metrics.auc({ thresholds: 1 })).toThrow(
      "[auc] thresholds must be a whole number of at least 2, got 1. 200 is a good choice.",
    );
    expect(() => metrics.auc({ curve: "roc" as never })).toThrow('[auc] curve must be "ROC" or "PR", got "roc". Did you mean "ROC"?');
    expect(() => metrics.precision({ threshold: 2 })).toThrow("[precision] threshold must be between 0 and 1, got 2.");
  });

  it("an unknown name is answered with the nearest", () => {
    expect(() => metricOf("compile", "acuracy")).toThrow('[compile] unknown metric "acuracy". Did you mean "accuracy"?');
  });
});
