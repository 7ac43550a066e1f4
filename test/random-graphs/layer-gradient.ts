import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { showShape } from "../../src/core/shape.ts";
import { convolve, convolveDepthwise, convolveTransposed } from "../../src/nn/layers/convolve.ts";
import { maxPool } from "../../src/nn/layers/max-pool.ts";
import type { WindowGeometry } from "../../src/nn/layers/windowed.ts";
import { reachOf, spatialOf } from "../../src/nn/layers/windowed.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Context } from "./context.ts";
import type { RandomGraph } from "./generate.ts";

/** What a layer learns, and what it computes from [batch, ...lengths, channels]. */
interface Layer {
  readonly weights: readonly Tensor[];
  readonly apply: (x: Tensor, weights: readonly Tensor[]) => Tensor;
}
type MakeLayer = (shape: readonly number[], context: Context) => Layer;

const channelsOf = (shape: readonly number[]): number => shape[shape.length - 1]!;

/** Windows that fit into these lengths. */
function geometryFor(shape: readonly number[], context: Context, isDilated: boolean): WindowGeometry {
  const lengths = spatialOf(shape);
  const dilations = lengths.map(() => (isDilated && context.chance(3) ? 2 : 1));
  const sizes = lengths.map((length, axis) => context.between(1, Math.min(3, Math.floor((length - 1) / dilations[axis]!) + 1)));
  return { sizes, dilations, strides: lengths.map(() => context.between(1, 3)), padding: context.pick(["valid", "same"]) };
}

const pooling: MakeLayer = (shape, context) => {
  const geometry = geometryFor(shape, context, false);
  return { weights: [], apply: (x) => maxPool("test", x, geometry) };
};

const globalPooling: MakeLayer = (shape) => {
  const sizes = spatialOf(shape);
  const geometry: WindowGeometry = { sizes, strides: sizes, dilations: sizes.map(() => 1), padding: "valid" };
  return { weights: [], apply: (x) => maxPool("test", x, geometry) };
};

/** A convolution of some kind, its kernel [...sizes, ...last], and a bias. */
function convolution(
  geometry: WindowGeometry,
  context: Context,
  [last, filters]: readonly [last: readonly number[], filters: number],
  apply: (x: Tensor, kernel: Tensor) => Tensor,
): Layer {
  const kernel = context.source([...geometry.sizes, ...last], context.float).tensor;
  const bias = context.source([filters], context.float).tensor;
  return { weights: [kernel, bias], apply: (x, [k, b]) => apply(x, k!).add(b!) };
}

const convolved: MakeLayer = (shape, context) => {
  const geometry = geometryFor(shape, context, true);
  const filters = context.between(1, 8);
  return convolution(geometry, context, [[channelsOf(shape), filters], filters], (x, kernel) => convolve("test", x, kernel, geometry));
};

const depthwise: MakeLayer = (shape, context) => {
  const geometry = geometryFor(shape, context, true);
  const [channels, multiplier] = [channelsOf(shape), context.between(1, 2)];
  return convolution(geometry, context, [[channels, multiplier], channels * multiplier], (x, kernel) =>
    convolveDepthwise("test", x, kernel, geometry),
  );
};

const transposed: MakeLayer = (shape, context) => {
  const geometry = geometryFor(shape, context, true);
  const filters = context.between(1, 8);
  const lengths = spatialOf(shape).map((length, axis) => (length - 1) * geometry.strides[axis]! + reachOf(geometry, axis));
  return convolution(geometry, context, [[filters, channelsOf(shape)], filters], (x, kernel) =>
    convolveTransposed(x, kernel, geometry, lengths),
  );
};

const dense: MakeLayer = (shape, context) => {
  const filters = context.between(1, 8);
  const none: WindowGeometry = { sizes: [], strides: [], dilations: [], padding: "valid" };
  return convolution(none, context, [[channelsOf(shape), filters], filters], (x, kernel) => x.matmul(kernel));
};

const layers = { pooling, globalPooling, convolved, depthwise, transposed, dense };

/** All with slopes that keep sums exact, and masks in their gradients. */
const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  relu: (x) => x.relu(),
  clip: (x) => x.clip(-1, 1.5),
  abs: (x) => x.abs(),
  leaky: (x) => x.greater(0).where(x, x.mul(0.25)),
  floored: (x) => x.maximum(-0.5),
};

/**
 * A layer with windows, an activation and perhaps a pooling of that, with the gradients of a weighted sum of the results for the input and all
 * weights. Numbers are few eighths, so that all products and sums are exact and every backend has to give the same.
 */
export function layerGradient(seed: number, float?: "f32" | "f64"): RandomGraph {
  const context = new Context(seed, float);
  const lengths = context.chance(2) ? [context.between(1, 20)] : [context.between(1, 9), context.between(1, 9)];
  const shape = [context.between(1, 3), ...lengths, context.pick([1, 2, 3, 3, 4, 5, 8, 19])];
  const [name, make] = context.pick(Object.entries(layers));
  const [activation, activate] = context.pick(Object.entries(activations));
  const layer = make(shape, context);
  const isPooled = context.chance(4);
  const forward = (x: Tensor, weights: readonly Tensor[]): Tensor => {
    const y = activate(layer.apply(x, weights));
    return isPooled ? globalPooling(y.shape, context).apply(y, []) : y;
  };
  const x = context.source(shape, context.float).tensor;
  const slopes = context.source(forward(x, layer.weights).shape, context.float).tensor;
  const both = valueAndGrad(
    ({ x, weights }: { x: Tensor; weights: readonly Tensor[] }) => {
      const y = forward(x, weights);
      return [y.mul(slopes).sum(), y] as const;
    },
    { hasAux: true },
  );
  const { aux, grads } = both({ x, weights: layer.weights });
  const roots = [aux, grads.x, ...grads.weights].map(({ node }) => node);
  const weights = layer.weights.map((weight) => showShape(weight.shape)).join(" ");
  return {
    roots,
    describe: `seed ${seed}, ${context.float}; ${name} of ${showShape(shape)} with ${weights}; ${activation}${isPooled ? "; pooled" : ""}`,
    inputs: context.inputs,
    tolerances: roots.map(() => 0),
  };
}
