import * as gradsmith from "gradsmith";
import type { TypedArray } from "../../src/core/dtype.ts";
import type { Shape } from "../../src/core/shape.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { Node } from "../../src/ir/graph.ts";
import { inPrecision } from "../../src/runtime/precision.ts";
import { toStored } from "../../src/tensor/functions/element-arrays.ts";
import { inputNode } from "../../src/tensor/ops/source.ts";
import { Context } from "./context.ts";
import type { RandomGraph } from "./generate.ts";

const { GradsmithError, sequential, Tensor, valueAndGrad } = gradsmith;

/** What a model computes in: f32, f64, or f32 with contractions of bf16. */
export type Arithmetic = "f32" | "f64" | "bf16";

/** How far elements may be off, by the largest of all results: kernels sum in another order and have approximations of their own. */
const tolerances: Readonly<Record<Arithmetic, number>> = { f32: 1e-3, f64: 1e-10, bf16: 0.05 };

/** A factory's name and its arguments. */
type LayerCall = readonly [name: string, ...given: (number | string | object)[]];
type Suggest = (context: Context, shape: Shape) => LayerCall;

const activations = ["linear", "relu", "tanh", "sigmoid", "elu", "gelu", "softplus", "silu", "leakyRelu", "softmax"] as const;
const units = (context: Context): number => context.pick([1, 2, 3, 4, 5, 7, 8, 16]);
const activation = (context: Context) => ({ activation: context.pick(activations), useBias: !context.chance(4) });

/** Windows of a layer along `rank` axes; strides and dilation don't go together. */
function windows(context: Context, rank: number): object {
  const each = (low: number, high: number): number[] => Array.from({ length: rank }, () => context.between(low, high));
  const steps = context.chance(3) ? { dilation: each(1, 2) } : { strides: each(1, 2) };
  return { kernelSize: each(1, 3), padding: context.pick(["valid", "same"]), ...steps };
}
const convolution =
  (name: string, rank: number): Suggest =>
  (context) => [name, units(context), { ...windows(context, rank), ...activation(context) }];
const depthwise =
  (name: string, rank: number): Suggest =>
  (context) => [name, { ...windows(context, rank), ...activation(context), depthMultiplier: context.between(1, 2) }];
const pooling =
  (name: string, rank: number): Suggest =>
  (context) => [
    name,
    {
      poolSize: Array.from({ length: rank }, () => context.between(1, 3)),
      strides: context.between(1, 2),
      padding: context.pick(["valid", "same"]),
    },
  ];
const recurrent =
  (name: string): Suggest =>
  (context) => [name, context.between(1, 5), { returnSequences: context.chance(2), goBackwards: context.chance(3) }];
const alone =
  (name: string): Suggest =>
  () => [name];

const anywhere: readonly Suggest[] = [
  (context) => ["dense", units(context), activation(context)],
  (context) => ["activation", context.pick(activations)],
  alone("batchNormalization"),
  alone("layerNormalization"),
  (context, shape) => ["reshape", context.shuffled(shape)],
];
const pools = (rank: number): Suggest[] => [pooling(`maxPooling${rank}d`, rank), pooling(`averagePooling${rank}d`, rank)];
const globals = (rank: number): Suggest[] => [alone(`globalMaxPooling${rank}d`), alone(`globalAveragePooling${rank}d`), alone("flatten")];

/** By the rank of a sample. */
const suggestions: readonly (readonly Suggest[])[] = [
  [],
  anywhere,
  [
    ...anywhere,
    ...pools(1),
    ...globals(1),
    convolution("conv1d", 1),
    convolution("conv1d", 1),
    depthwise("depthwiseConv1d", 1),
    ...["simpleRnn", "gru", "lstm"].map(recurrent),
    () => ["zeroPadding1d", 1],
  ],
  [
    ...anywhere,
    ...pools(2),
    ...globals(2),
    convolution("conv2d", 2),
    convolution("conv2d", 2),
    convolution("conv2dTranspose", 2),
    convolution("separableConv2d", 2),
    depthwise("depthwiseConv2d", 2),
    () => ["upSampling2d", 2],
    () => ["zeroPadding2d", 1],
  ],
  [...anywhere, ...pools(3), ...globals(3), convolution("conv3d", 3)],
];

const factories = gradsmith as unknown as Readonly<Record<string, (...given: unknown[]) => gradsmith.Module>>;
const shapes: readonly ((context: Context) => number[])[] = [
  (context) => [context.between(1, 20)],
  (context) => [context.between(1, 12), context.between(1, 9)],
  (context) => [context.between(1, 9), context.between(1, 9), context.pick([1, 2, 3, 4, 8])],
  (context) => [context.between(1, 4), context.between(1, 4), context.between(1, 4), context.between(1, 3)],
];

/** Layers one after the other that fit, none of them large. */
function layersFor(inputShape: Shape, dtype: "f32" | "f64", context: Context): LayerCall[] {
  const calls: LayerCall[] = [];
  let shape = inputShape;
  for (let tries = context.between(1, 5); tries > 0; tries--) {
    const call = context.pick(suggestions[shape.length]!)(context, shape);
    try {
      const [name, ...given] = call;
      const { output } = sequential([factories[name]!(...given)], { inputShape: shape, dtype }).blueprint;
      const next = (output as unknown as { readonly shape: Shape }).shape.slice(1);
      if (next.length === 0 || next.length > 4 || sizeOf(next) === 0 || sizeOf(next) > 1500) continue;
      calls.push(call);
      shape = next;
    } catch (error) {
      // A window that is larger than what it slides over.
      if (!(error instanceof GradsmithError)) throw error;
    }
  }
  return calls.length === 0 ? [["dense", 3, { activation: "tanh" }]] : calls;
}

/** The numbers of `wave` in what is printed, which each float type holds. */
const wave = (shape: Shape, shift: number): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(i * i + shift) / 2));

/**
 * A small model of random layers as it is in training: what it gives, what its layers write, and the gradients of the sum of squares
 * for the input and all variables. Its description is a program of its own that computes the same.
 */
export function modelGradient(seed: number, arithmetic: Arithmetic): RandomGraph {
  const context = new Context(seed + 1e6, arithmetic === "f64" ? "f64" : "f32");
  const dtype = context.float as "f32" | "f64";
  const inputShape = context.pick(shapes)(context);
  const calls = layersFor(inputShape, dtype, context);
  const model = sequential(
    calls.map(([name, ...given]) => factories[name]!(...given)),
    { inputShape, dtype },
  );
  const batch = context.between(1, 4);
  const inputs = new Map<Node, TypedArray>();
  const given = (shape: Shape, shift: number): gradsmith.Tensor => {
    const node = inputNode(inputs.size, { dtype, shape });
    inputs.set(node, toStored(wave(shape, shift), dtype));
    return new Tensor(node);
  };
  const x = given([batch, ...inputShape], 0);
  const variables = Object.fromEntries(
    Object.entries(model.blueprint.variables).map(([path, { shape }], k) => [path, given(shape, k + 1)]),
  );
  const both = valueAndGrad(
    ({ x, variables }: { x: gradsmith.Tensor; variables: Readonly<Record<string, gradsmith.Tensor>> }) => {
      const written: gradsmith.Tensor[] = [];
      const y = model.applyWith(variables, x, { training: true, write: (_path, value) => written.push(value) }) as gradsmith.Tensor;
      return [y.square().sum(), [y, ...written]] as const;
    },
    { hasAux: true },
  );
  const { aux, grads } = both({ x, variables });
  const precision = arithmetic === "bf16" ? "bf16" : "f32";
  const roots = inPrecision("test", precision)([...aux, grads.x, ...Object.values(grads.variables)].map(({ node }) => node)) as Node[];
  return {
    roots,
    describe: `seed ${seed}, ${arithmetic}:\n${program(calls, { inputShape, batch, dtype, precision })}`,
    inputs,
    tolerances: roots.map(() => 0),
    relative: tolerances[arithmetic],
  };
}

interface ProgramFacts {
  readonly inputShape: Shape;
  readonly batch: number;
  readonly dtype: string;
  readonly precision: string;
}

/** What computes the same on two devices, from the package's door alone. */
function program(calls: readonly LayerCall[], { inputShape, batch, dtype, precision }: ProgramFacts): string {
  const names = [...new Set(["compile", "sequential", "setDevice", "tensor", "valueAndGrad", ...calls.map(([name]) => name)])].sort();
  const layers = calls.map(([name, ...given]) => `${name}(${given.map((value) => JSON.stringify(value)).join(", ")})`);
  return `import { ${names.join(", ")} } from "gradsmith";
const model = sequential([${layers.join(", ")}], { inputShape: ${JSON.stringify(inputShape)}, dtype: "${dtype}" });
const wave = (shape, shift) => tensor(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.fround(Math.sin(i * i + shift) / 2)), { shape, dtype: "${dtype}" });
const variables = Object.fromEntries(Object.entries(model.blueprint.variables).map(([path, { shape }], k) => [path, wave(shape, k + 1)]));
const given = { x: wave(${JSON.stringify([batch, ...inputShape])}, 0), variables };
for (const device of [{ device: "cpu", tier: "native" }, { device: "reference" }]) {
  setDevice(device);
  const run = compile((given) => {
    const both = valueAndGrad(({ x, variables }) => { const y = model.applyWith(variables, x, { training: true }); return [y.square().sum(), y]; }, { hasAux: true });
    const { aux, grads } = both(given);
    return [aux, grads.x, ...Object.values(grads.variables)];
  }, { precision: "${precision}" });
  for (const result of run(given)) console.log(device.device, result.shape, Array.from(await result.read()).join(" "));
}`;
}
