import { countingNumber } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import { described } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { checkedShape, showType, sizeOf } from "../../core/shape.ts";
import { makeNode } from "../../ir/graph.ts";
import { fillNode, iotaNode, literalNode } from "../ops/source.ts";
import type { ThreefryAttributes } from "../ops/threefry.ts";
import { threefry } from "../ops/threefry.ts";
import { Tensor } from "../tensor.ts";

/**
 * The key of a seed: u32 [2], JAX's `PRNGKey`. A seed may be a tensor, so that a compiled step can count.
 *
 * @throws GradsmithError "option" unless the seed is a whole number below 2^53.
 * @example random.normal([2, 3], { key: random.key(7) })
 */
export function key(seed: number | Tensor): Tensor {
  if (seed instanceof Tensor) {
    const low = seed.cast("i32").bitcast("u32").reshape([1]);
    return low.fill(0).concat(low);
  }
  if (!Number.isSafeInteger(seed))
    throw new GradsmithError("option", "random", `seed must be an integer, got ${described(seed)}.`, "Use a whole number below 2^53.");
  const words = Uint32Array.of(Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0);
  return new Tensor(literalNode(words, { dtype: "u32", shape: [2] }));
}

/**
 * A key for `data` (an iteration, a layer's number) that is independent of the others: JAX's `fold_in`.
 *
 * @throws GradsmithError "option" unless `data` is an integer and `from` a key.
 * @example const keyOfStep = random.foldIn(key, step);
 */
export function foldIn(from: Tensor, data: number | Tensor): Tensor {
  const [high, low] = data instanceof Tensor ? [0, data.cast("i32").bitcast("u32").reshape([])] : [0, unsigned(data)];
  const words = (["first", "second"] as const).map((word) => hash(from, high, low, word).reshape([1]));
  return words[0]!.concat(words[1]!);
}

/**
 * `count` independent keys, 2 by default: JAX's `split`.
 *
 * @throws GradsmithError "option" unless `count` is a whole number and `from` a key.
 * @example const [weights, biases] = random.split(random.key(7));
 */
export function split(from: Tensor, count = 2): Tensor[] {
  countingNumber("random.split", "count", count);
  return Array.from({ length: count }, (_, i) => foldIn(from, i));
}

/**
 * 32 random bits for each element, u32, from its row-major place: the two words of `threefry(key, (0, place))` xored, as JAX does it.
 *
 * @throws GradsmithError "option" unless `from` is a key, "shape" unless `shape` is one.
 * @example random.bits(random.key(7), [4])
 */
export const bits = (from: Tensor, shape: Shape): Tensor => wordAt(from, checkedShape("random.bits", shape), "xor");

export function wordAt(from: Tensor, shape: Shape, word: ThreefryAttributes["word"]): Tensor {
  const places = new Tensor(iotaNode([sizeOf(shape)], 0)).bitcast("u32").reshape(shape);
  return hash(from, 0, places, word);
}

function hash(from: Tensor, high: number, low: Tensor | number, word: ThreefryAttributes["word"]): Tensor {
  if (!(from instanceof Tensor) || from.dtype !== "u32" || from.rank !== 1 || from.size !== 2) {
    const given = from instanceof Tensor ? showType(from) : described(from);
    throw new GradsmithError("option", "random", `a key is u32 [2], got ${given}.`, "Make one with random.key(seed).");
  }
  const counter = [high, low].map((x) => (x instanceof Tensor ? x.node : fillNode(x, "u32")));
  const inputs = [from.get(0).node, from.get(1).node, ...counter];
  return new Tensor(makeNode(threefry, inputs, { word } satisfies ThreefryAttributes));
}

const unsigned = (data: number): number => {
  if (Number.isInteger(data)) return data >>> 0;
  throw new GradsmithError("option", "random", `foldIn takes an integer, got ${described(data)}.`, "Use a step or layer number.");
};
