import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  activation,
  adam,
  batchNormalization,
  type CallContext,
  compile,
  crossEntropy,
  dense,
  dropout,
  flatten,
  Layer,
  type LayerOptions,
  loadModel,
  Model,
  Module,
  type Params,
  random,
  register,
  Sequential,
  type Shape,
  sequential,
  sgd,
  type Tensor,
  type TrainState,
  tensor,
  valueAndGrad,
} from "gradsmith";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";

// Seam one of the architecture, through the package's doors: layers, models in models and classes of one's own are one tree.

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-modules-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const x = random.uniform([40, 6], { seed: 1, low: -1, high: 1 });
const y = x.square().sum({ axis: 1 });
const quiet = { verbose: 0, epochs: 3, seed: 5 } as const;

class Residual extends Module {
  readonly inner = dense(6, { activation: "tanh" });
  readonly outer = dense(6);
  override forward(x: Tensor): Tensor {
    return this.outer.apply(this.inner.apply(x)).add(x);
  }
}

class Scale extends Layer {
  override readonly kind = "scale";
  override params(input: Shape) {
    return { factor: { shape: [input.at(-1)!], initializer: "ones" } } as const;
  }
  call({ factor }: Params, x: Tensor): Tensor {
    return x.mul(factor!);
  }
}

describe("paths", () => {
  test("modules in fields, lists and records, nested in models: their place names their weights", async () => {
    class Net extends Model {
      readonly encoder = sequential([dense(5), dense(4)], { name: "code" });
      readonly blocks = [dense(4), dense(4)];
      readonly heads = { mean: dense(1), spread: dense(1) };
      override forward(x: Tensor): Tensor {
        const h = this.blocks.reduce((value, block) => block.apply(value), this.encoder.apply(x));
        return this.heads.mean.apply(h).add(this.heads.spread.apply(h));
      }
    }
    const net = new Net({ inputShape: [6] });
    expect(Object.keys(net.weights)).toEqual([
      "encoder/dense/kernel",
      "encoder/dense/bias",
      "encoder/dense_1/kernel",
      "encoder/dense_1/bias",
      "blocks/0/kernel",
      "blocks/0/bias",
      "blocks/1/kernel",
      "blocks/1/bias",
      "heads/mean/kernel",
      "heads/mean/bias",
      "heads/spread/kernel",
      "heads/spread/bias",
    ]);
    net.compile({ optimizer: "adam", loss: "mse" });
    const { metrics } = await net.fit(x, y, quiet);
    expect(metrics.loss.at(-1)).toBeLessThan(metrics.loss[0]!);
    expect(net.layer("blocks/1")).toBe(net.blocks[1]);
    expect(net.layer("dense_1")).toBe(net.encoder.layers[1]);
    expect(() => net.layer("blocks/2")).toThrow('[net] the model has no part "blocks/2". Did you mean "blocks/0"?');
  });

  test("String(module) is PyTorch's tree", () => {
    const shared = dense(2);
    const tree = sequential([sequential([dense(3, { activation: "relu" })], { name: "encoder" }), new Residual(), shared, shared]);
    expect(String(tree)).toBe(
      [
        "Sequential(",
        "  (encoder): Sequential(",
        '    (dense): Dense(units: 3, activation: "relu")',
        "  )",
        "  (residual): Residual(",
        '    (inner): Dense(units: 6, activation: "tanh")',
        "    (outer): Dense(units: 6)",
        "  )",
        "  (dense): Dense(units: 2)",
        ")",
      ].join("\n"),
    );
  });

  test("a module that is called but that no public field leads to is an error that names it", () => {
    class Hidden extends Module {
      readonly #secret = dense(2);
      override forward(x: Tensor): Tensor {
        return this.#secret.apply(x);
      }
    }
    expect(() => sequential([new Hidden()], { inputShape: [6] })).toThrow(
      "[dense] is called in Sequential, but no public field leads to it, so its weights would have no name. Keep it in a field of the module that calls it, or in an array or a record there; not in a # field, nor made anew in each call.",
    );
  });

  test("the layers of a model in a model are counted in its row, and shown below it if asked", () => {
    const fitting = sequential([sequential([dense(6), batchNormalization()], { name: "encoder" }), new Residual(), dense(1)], {
      inputShape: [6],
    });
    const rows = fitting.summary().split("\n");
    expect(rows.find((row) => row.includes("encoder (Sequential)"))).toContain("66");
    expect(rows.find((row) => row.includes("residual (Residual)"))).toContain("84");
    expect(fitting.summary()).not.toContain("inner (Dense)");
    expect(fitting.summary({ expandNested: true })).toContain("└ inner (Dense)");
    expect(fitting.summary()).toContain("Total params: 157");
    expect(fitting.summary()).toContain("Non-trainable params: 12");
  });

  test("building is linear in layers: 20,000 of them in seconds", { timeout: 60_000 }, () => {
    const time = (count: number): number => {
      const start = performance.now();
      const model = sequential(
        Array.from({ length: count }, () => activation("relu")),
        { inputShape: [2] },
      );
      expect(model.layer(`activation_${count - 1}`)).toBe(model.layers.at(-1));
      return performance.now() - start;
    };
    time(2000);
    const [some, many] = [Math.min(time(2000), time(2000)), time(20_000)];
    expect(many / some).toBeLessThan(40);
  });
});

describe("sharing", () => {
  test("a layer used twice has one set of weights, trains, and is saved and loaded as one", async () => {
    const shared = dense(6, { activation: "tanh" });
    const model = sequential([shared, dense(6), shared, dense(1)], { inputShape: [6] }).compile({ optimizer: "adam", loss: "mse" });
    expect(Object.keys(model.weights).filter((path) => path.endsWith("kernel"))).toEqual([
      "dense/kernel",
      "dense_1/kernel",
      "dense_2/kernel",
    ]);
    await model.fit(x, y, quiet);
    const path = join(folder, "shared.safetensors");
    await model.save(path);
    const again = await loadModel(path);
    expect(await again.predict(x).read()).toEqual(await model.predict(x).read());
    expect(Object.keys(again.weights)).toEqual(Object.keys(model.weights));
  });

  test("an encoder trained within an autoencoder is trained, and keeps its weights in another model", async () => {
    const encoder = sequential([dense(3, { activation: "tanh" })], { inputShape: [6] });
    const decoder = sequential([dense(6)], { inputShape: [3] });
    const before = await encoder.predict(x).read();
    const both = sequential([encoder, decoder], { inputShape: [6] }).compile({ optimizer: "adam", loss: "mse" });
    const learning: number[] = [];
    await both.fit(x, x, {
      ...quiet,
      callbacks: [{ onEpochEnd: async () => void learning.push((await encoder.getWeights())["dense/bias"]![0]!) }],
    });
    expect(new Set(learning).size).toBe(3);
    const after = await encoder.predict(x).read();
    expect(after).not.toEqual(before);
    const weights = await both.getWeights();
    expect((await encoder.getWeights())["dense/kernel"]).toEqual(weights["sequential/dense/kernel"]);
    expect(await decoder.predict(encoder.predict(x)).read()).toEqual(await both.predict(x).read());
    const classifier = sequential([encoder, dense(2)], { inputShape: [6] });
    expect((await classifier.getWeights())["sequential/dense/kernel"]).toEqual(weights["sequential/dense/kernel"]);
  });
});

describe("what is known of the input", () => {
  test("without an inputShape the first batch decides; before, the table has question marks", async () => {
    const model = sequential([dense(4), dense(1)]).compile({ optimizer: sgd(), loss: "mse" });
    expect(model.summary()).toContain("0 (unbuilt)");
    expect(() => model.init()).toThrow(
      "[sequential] isn't built yet: nothing has said what shape its input has. Give an inputShape, call build([10]), or fit it first.",
    );
    await model.fit(x, y, quiet);
    expect(model.summary()).toContain("(None, 4)");
    expect(model.inputShape).toEqual([6]);
  });

  test("samples that the model can't take don't decide", async () => {
    const model = sequential([new Residual(), dense(1)]).compile({ loss: "mse" });
    await expect(model.fit(random.uniform([8, 3], { seed: 1 }), [1, 2, 3, 4, 5, 6, 7, 8], quiet)).rejects.toMatchObject({ code: "shape" });
    await model.fit(x, y, quiet);
    expect(model.inputShape).toEqual([6]);
  });

  test("in the first layer, with add, as Keras's closing program has it", () => {
    const model = sequential();
    model.add(dense(64, { activation: "relu", inputShape: [20] }));
    model.add(dropout(0.5)).add(dense(10, { activation: "softmax" }));
    expect(model.summary()).toContain("Total params: 1,994");
    expect(Object.keys(model.weights)).toEqual(["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]);
  });

  test("a layer that doesn't fit is not added, and the next one is", () => {
    const model = sequential([dense(2)], { inputShape: [6] });
    expect(() => model.add(new Residual())).toThrow("cannot broadcast");
    model.add(dense(1));
    expect(Object.keys(model.weights)).toEqual(["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]);
    expect(model.predict(x).shape).toEqual([40, 1]);
  });

  test("from a model that stands first", () => {
    const encoder = sequential([dense(3)], { inputShape: [6] });
    expect(sequential([encoder, dense(6)]).summary()).toContain("(None, 6)");
  });

  test("add keeps what has been learnt", async () => {
    const model = sequential([dense(6)], { inputShape: [6] }).compile({ loss: "mse" });
    await model.fit(x, x, quiet);
    const kernel = (await model.getWeights())["dense/kernel"];
    model.add(dense(2));
    expect((await model.getWeights())["dense/kernel"]).toEqual(kernel);
    expect(model.predict(x).shape).toEqual([40, 2]);
  });

  test("an embedding of one's own is given integers in fit, predict and a loaded file", async () => {
    class Embedding extends Layer<LayerOptions & { readonly words: number; readonly size: number }> {
      override params() {
        return { table: { shape: [this.options.words, this.options.size] } };
      }
      call({ table }: Params, ids: Tensor): Tensor {
        given.push(ids.dtype);
        return table!.gather(ids);
      }
    }
    const given: string[] = [];
    register(Embedding);
    const ids = tensor(Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 5)).reshape([20, 3]);
    const target = ids.equal(2).any({ axis: 1 }).cast("f32");
    for (const options of [{}, { inputShape: [3] }]) {
      const model = sequential([new Embedding({ words: 5, size: 4 }), flatten(), dense(1, { activation: "sigmoid" })], options);
      model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "binaryCrossentropy", metrics: ["accuracy"] });
      const { metrics } = await model.fit(ids, target, { ...quiet, epochs: 60 });
      expect(metrics.accuracy?.at(-1)).toBe(1);
      expect(given.at(-1)).toBe("i32");
      const path = join(folder, "embedding.safetensors");
      await model.save(path);
      expect(await (await loadModel(path)).predict(ids).read()).toEqual(await model.predict(ids).read());
    }
  });

  test("bytes reach a dense layer as floats, whole", async () => {
    const bytes = tensor(Uint8Array.of(200, 100, 3, 4)).reshape([2, 2]);
    const model = sequential([flatten(), dense(1, { kernelInitializer: "ones" })], { inputShape: [2] });
    expect(await model.predict(bytes).read()).toEqual(Float32Array.of(300, 7));
  });
});

describe("several inputs and outputs", () => {
  class Shop extends Model {
    readonly words = dense(4, { activation: "tanh" });
    readonly sold = dense(1, { activation: "sigmoid" });
    readonly days = dense(1);
    override forward({ title, price }: { title: Tensor; price: Tensor }) {
      const h = this.words.apply(title).add(price);
      return { sold: this.sold.apply(h), days: this.days.apply(h) };
    }
  }
  const inputs = { title: x, price: y.expandDims(1) };
  const targets = { sold: y.greater(2).cast("f32").expandDims(1), days: y.mul(3).expandDims(1) };

  test("as records by name: a loss, metrics and a weight for each, as Keras logs them", async () => {
    const shop = new Shop().compile({
      optimizer: "adam",
      loss: { sold: "binaryCrossentropy", days: "mse" },
      lossWeights: { sold: 1, days: 0.1 },
      metrics: { sold: ["accuracy"], days: ["mae"] },
    });
    const { metrics } = await shop.fit(inputs, targets, { ...quiet, validationSplit: 0.25 });
    expect(Object.keys(metrics)).toEqual([
      "loss",
      "days_loss",
      "sold_loss",
      "days_mae",
      "sold_accuracy",
      "val_loss",
      "val_days_loss",
      "val_sold_loss",
      "val_days_mae",
      "val_sold_accuracy",
    ]);
    for (let epoch = 0; epoch < 3; epoch++)
      expect(metrics.loss[epoch]).toBeCloseTo(metrics.sold_loss![epoch]! + 0.1 * metrics.days_loss![epoch]!, 5);
    const { sold, days } = shop.predict(inputs);
    expect([sold.shape, days.shape]).toEqual([
      [40, 1],
      [40, 1],
    ]);
    const figures = await shop.evaluate(inputs, targets);
    expect(figures.loss).toBeCloseTo(figures.sold_loss! + 0.1 * figures.days_loss!, 5);
  });

  test("as lists, in order", async () => {
    class Pair extends Model {
      readonly first = dense(2);
      readonly second = dense(3);
      override forward([a, b]: readonly [Tensor, Tensor]) {
        return [this.first.apply(a), this.second.apply(b)] as const;
      }
    }
    const pair = new Pair().compile({ optimizer: "sgd", loss: ["mse", "mae"] });
    const { metrics } = await pair.fit([x, x], [x.slice([0, 0], [40, 2]), x.slice([0, 0], [40, 3])], quiet);
    expect(Object.keys(metrics)).toEqual(["loss", "output_0_loss", "output_1_loss"]);
    expect(metrics.loss[2]).toBeCloseTo(metrics.output_0_loss![2]! + metrics.output_1_loss![2]!, 5);
    expect(pair.predict([x, x])[1].shape).toEqual([40, 3]);
  });

  test("what doesn't fit the inputs and outputs is said by name", async () => {
    const shop = new Shop({ inputShape: { title: [6], price: [1] } });
    expect(() => shop.compile({ loss: { solt: "mse" } }) && shop.summary() && shop.compile({ loss: { solt: "mse" } })).toThrow(
      '[compile] loss names an output "solt" that the model doesn\'t have. Did you mean "sold"? It has: days, sold.',
    );
    shop.compile({ loss: { sold: "mse", days: "mse" } });
    await expect(shop.fit(x, targets, quiet)).rejects.toThrow(
      "[fit] the model takes inputs price, title, but x holds one tensor. Give samples for each input.",
    );
    await expect(shop.fit(inputs, { sold: targets.sold }, quiet)).rejects.toThrow('[fit] y lacks the output "days".');
    await expect(shop.fit(inputs, y, quiet)).rejects.toThrow(
      "[fit] y is one tensor, but the model has several outputs. Give one for each output: days, sold.",
    );
  });
});

describe("freezing", () => {
  test("trainable = false freezes all that is inside, of any module, and the table says so", async () => {
    const encoder = sequential([dense(4), batchNormalization()]);
    const model = sequential([encoder, dense(1)], { inputShape: [6] }).compile({ optimizer: "adam", loss: "mse" });
    await model.fit(x, y, quiet);
    encoder.trainable = false;
    expect(model.summary()).toContain(" Trainable params: 5 ");
    const before = await model.getWeights();
    await model.fit(x, y, quiet);
    const after = await model.getWeights();
    const changed = Object.keys(after).filter((path) => String(after[path]) !== String(before[path]));
    // As in Keras, frozen batch normalisation uses its moving statistics and leaves them.
    expect(changed).toEqual(["dense/kernel", "dense/bias"]);
    encoder.trainable = true;
    await model.fit(x, y, quiet);
    expect(await model.getWeights()).not.toEqual(after);
    expect((await model.getWeights())["sequential/dense/kernel"]).not.toEqual(after["sequential/dense/kernel"]);
  });

  test("a model with nothing to train says so", async () => {
    const model = sequential([dense(1)], { inputShape: [6] }).compile({ loss: "mse" });
    model.trainable = false;
    await expect(model.fit(x, y, quiet)).rejects.toThrow(
      "[fit] nothing in the model can be trained: it has no weights, or all are frozen. Set trainable = true on a part of it.",
    );
    expect((await model.evaluate(x, y)).loss).toBeGreaterThan(0);
  });

  test("gradients of one's own loop are those of what is not frozen", () => {
    const model = sequential([dense(4), dense(1)], { inputShape: [6] });
    model.layers[0]!.trainable = false;
    const { params, state } = model.init();
    expect(Object.keys(params)).toEqual(["dense_1/kernel", "dense_1/bias"]);
    expect(Object.keys(state)).toEqual(["dense/kernel", "dense/bias"]);
  });
});

describe("outputs of inner parts", () => {
  test("by name or path, equal to what the part gives, without running the rest", async () => {
    class Refusing extends Layer {
      call(_params: Params, x: Tensor): Tensor {
        return x.exp();
      }
    }
    const inner = sequential([dense(4, { activation: "relu" }), dense(3)], { name: "inner" });
    const model = sequential([inner, new Refusing(), dense(1)], { inputShape: [6] });
    const weights = model.weights;
    const hidden = x.matmul(weights["inner/dense/kernel"]!).add(weights["inner/dense/bias"]!).relu();
    const got = model.predict(x, { outputs: "inner/dense" });
    expect(await got.read()).toEqual(await hidden.read());
    const { inner: code, "inner/dense_1": second } = model.predict(x, { outputs: ["inner", "inner/dense_1"] });
    expect(await code!.read()).toEqual(await second!.read());
    expect(() => model.predict(x, { outputs: "outer" })).toThrow(
      '[predict] the model has no part "outer". It has: inner, inner/dense, inner/dense_1, refusing, dense.',
    );
  });
});

describe("apply and applyWith", () => {
  test("the old spelling of applyWith names the new one", () => {
    const model = sequential([dense(1)], { inputShape: [6] });
    const old = model as unknown as { apply(params: unknown, x: Tensor): Tensor };
    expect(() => old.apply(model.weights, x)).toThrow(
      "[sequential] apply(x) takes one value, inside a trace. The pure function is applyWith(params, x, options).",
    );
  });

  test("a plain module is a pure function of its weights, and compiles and differentiates", async () => {
    const block = new Residual();
    const params = {
      "inner/kernel": random.normal([6, 6], { seed: 1 }),
      "inner/bias": tensor([0, 0, 0, 0, 0, 0]),
      "outer/kernel": random.normal([6, 6], { seed: 2 }),
      "outer/bias": tensor([0, 0, 0, 0, 0, 0]),
    };
    const run = compile((p: typeof params, x: Tensor) => valueAndGrad((q: typeof params) => block.applyWith(q, x).square().sum())(p));
    const { grads } = run(params, x);
    const expected = x.matmul(params["inner/kernel"]).tanh().matmul(params["outer/kernel"]).add(x);
    expect(await block.applyWith(params, x).read()).toEqual(await expected.read());
    expect(grads["outer/bias"].shape).toEqual([6]);
  });

  test("a class of one's own trains in a loop of one's own, and is taken over", async () => {
    class Net extends Model {
      readonly block = new Residual();
      readonly last = dense(2);
      override forward(x: Tensor): Tensor {
        return this.last.apply(this.block.apply(x));
      }
    }
    const net = new Net({ inputShape: [6] });
    const optimizer = adam({ learningRate: 0.01 });
    const labels = y.greater(2).cast("i32");
    const step = compile(
      (s: TrainState) => {
        const { value: loss, grads } = valueAndGrad((p: TrainState["params"]) => crossEntropy(labels, net.applyWith(p, x)))(s.params);
        return { loss, state: s.update(optimizer, grads) };
      },
      { donate: [0] },
    );
    let state = net.init({ seed: 0, optimizer });
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) {
      const result = step(state);
      state = result.state;
      losses.push(await result.loss.item());
    }
    expect(losses[29]).toBeLessThan(losses[0]!);
    net.trainState = state;
    expect(net.predict(x).shape).toEqual([40, 2]);
  });
});

describe("one's own parts", () => {
  test("a layer of its own is saved and loaded once it is registered, and refused before", async () => {
    const model = sequential([new Scale(), dense(1)], { inputShape: [6] }).compile({ optimizer: "adam", loss: "mse" });
    await model.fit(x, y, quiet);
    const path = join(folder, "scale.safetensors");
    await expect(model.save(path)).rejects.toThrow(
      `[save] "Scale" isn't registered, so what is saved couldn't be loaded again. Call register(...) with its class or factory before saving and before loading, or save only the weights.`,
    );
    register(Scale);
    await model.save(path);
    const again = await loadModel(path);
    expect(again.layer("scale")).toBeInstanceOf(Scale);
    expect(await again.predict(x).read()).toEqual(await model.predict(x).read());
  });

  test("a class with modules inside is built again from its options, or refused when it couldn't be", async () => {
    class Tower extends Module {
      readonly floors;
      constructor(options: { readonly floors: number }) {
        super(options);
        this.floors = Array.from({ length: options.floors }, () => dense(6));
      }
      override forward(x: Tensor): Tensor {
        return this.floors.reduce((value, floor) => floor.apply(value), x);
      }
    }
    class Forgetful extends Tower {
      constructor(options: { readonly floors: number }) {
        super({ floors: options.floors ?? 1 });
        (this as { options: object }).options = {};
      }
    }
    register(Tower);
    register(Forgetful);
    const path = join(folder, "tower.safetensors");
    const model = sequential([new Tower({ floors: 3 }), dense(1)], { inputShape: [6] });
    await model.save(path);
    expect(Object.keys((await loadModel(path)).weights)).toEqual(Object.keys(model.weights));
    await expect(sequential([new Forgetful({ floors: 3 })], { inputShape: [6] }).save(path)).rejects.toThrow(
      "[save] a Forgetful can't be built again from its options.",
    );
  });

  test("what would come back as something else is refused, not saved", async () => {
    class Flatten extends Layer {
      call(_params: Params, x: Tensor): Tensor {
        return x.mul(100);
      }
    }
    class Twice extends Sequential {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    class Times extends Layer {
      readonly factor: number;
      constructor(factor: number) {
        super();
        this.factor = factor;
      }
      call(_params: Params, x: Tensor): Tensor {
        return x.mul(this.factor);
      }
    }
    register(Times as never);
    const path = join(folder, "refused.safetensors");
    await expect(sequential([new Flatten()], { inputShape: [2] }).save(path)).rejects.toThrow(`[save] "Flatten" isn't registered`);
    await expect(new Twice([dense(1)], { inputShape: [2] }).save(path)).rejects.toThrow(`[save] "Twice" isn't registered`);
    await expect(sequential([new Times(3)], { inputShape: [2] }).save(path)).rejects.toThrow(
      "[save] a Times can't be built again from its options.",
    );
  });

  test("a layer's own state, random numbers and penalties", async () => {
    class Noisy extends Layer {
      override params() {
        return { calls: { shape: [], initializer: "zeros", trainable: false } } as const;
      }
      call({ calls }: Params, x: Tensor, context: CallContext): Tensor {
        if (!context.training) return x;
        context.write("calls", calls!.add(1));
        context.addLoss(x.square().mean().mul(0));
        return x.add(random.normal(x.shape, { key: context.key(), std: 0.01 }));
      }
    }
    const model = sequential([new Noisy(), dense(1)], { inputShape: [6] }).compile({ optimizer: "adam", loss: "mse" });
    await model.fit(x, y, { ...quiet, batchSize: 10 });
    expect((await model.getWeights())["noisy/calls"]).toEqual(Float32Array.of(12));
  });
});

describe("what the type checker knows", () => {
  test("names that are none don't compile; metrics' names are carried to history and evaluate", async () => {
    const net = sequential([dense(1, { activation: "sigmoid" })], { inputShape: [6] }).compile({
      optimizer: "adam",
      loss: "bce",
      metrics: ["acc", ["auc", { thresholds: 50 }]],
    });
    const label = y.greater(2).cast("f32");
    const history = await net.fit(x, label, quiet);
    expectTypeOf(history.metrics.acc).toEqualTypeOf<number[]>();
    expectTypeOf(history.metrics.auc).toEqualTypeOf<number[]>();
    expect(Object.keys(history.metrics)).toEqual(["loss", "acc", "auc"]);
    const { loss, acc } = await net.evaluate(x, label);
    expectTypeOf(acc).toEqualTypeOf<number>();
    expect([loss, acc].every(Number.isFinite)).toBe(true);

    const plain = sequential([dense(1)], { inputShape: [6] });
    plain.compile({ loss: "mse", metrics: ["mae"] });
    const record = await plain.fit(x, y, quiet);
    expectTypeOf(record.metrics.loss).toEqualTypeOf<number[]>();
    expectTypeOf(record.metrics["mae"]).toEqualTypeOf<number[] | undefined>();

    // @ts-expect-error no optimizer of this name
    expect(() => plain.compile({ loss: "mse", optimizer: "adma" })).toThrow('[compile] unknown optimizer "adma". Did you mean "adam"?');
    // @ts-expect-error no loss of this name
    expect(() => plain.compile({ loss: "msee" })).toThrow('[compile] unknown loss "msee". Did you mean "mse"?');
    // @ts-expect-error no activation of this name
    expect(() => dense(1, { activation: "rleu" })).toThrow('[dense] unknown activation "rleu". Did you mean "relu"?');
  });
});
