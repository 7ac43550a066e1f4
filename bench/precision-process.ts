// One seed of the comparison of precisions on Fashion-MNIST: trained in f32 and in bf16, each outcome evaluated in both. One line of JSON.
import { adam, cosineDecay, dense, fashionMnist, flatten, type Precision, sequential, type Tensor } from "gradsmith";

export interface PrecisionPlan {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Of the test images: the share that is recognised, and the mean loss. */
export interface Score {
  readonly accuracy: number;
  readonly loss: number;
}

export interface PrecisionLine {
  /** What training in one precision came to, evaluated in it and in the other. */
  readonly f32: { readonly inF32: Score; readonly inBf16: Score };
  readonly bf16: { readonly inF32: Score; readonly inBf16: Score };
}

const { seed, epochs, batchSize } = JSON.parse(process.env["BENCH_PRECISION"]!) as PrecisionPlan;
const { train, test } = await fashionMnist({ onProgress() {} });
const scaled = (images: Tensor) => images.cast("f32").div(255);
const relu = { activation: "relu" } as const;
const line: PrecisionLine = { f32: await trained("f32"), bf16: await trained("bf16") };
console.log(JSON.stringify(line));

/** The same first weights and the same batches in either precision. */
async function trained(precision: Precision): Promise<PrecisionLine[Precision]> {
  const model = sequential([flatten(), dense(512, relu), dense(512, relu), dense(10, { activation: "softmax" })], { inputShape: [28, 28] });
  // The learning rate falls to 0: at a constant one, accuracy goes up and down by half a point from epoch to epoch.
  const learningRate = cosineDecay(1e-3, { decaySteps: epochs * Math.ceil(train.images.shape[0]! / batchSize) });
  const compiled = { optimizer: adam({ learningRate }), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] } as const;
  model.compile({ ...compiled, precision });
  await model.fit(scaled(train.images), train.labels, { batchSize, epochs, seed, verbose: 0 });
  const score = async (precision: Precision): Promise<Score> => {
    const { accuracy, loss } = await model
      .compile({ ...compiled, precision })
      .evaluate(scaled(test.images), test.labels, { batchSize: 500 });
    return { accuracy: accuracy!, loss: loss! };
  };
  return { inF32: await score("f32"), inBf16: await score("bf16") };
}
