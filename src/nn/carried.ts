import type { Shape } from "../core/shape.ts";
import { sameShape } from "../core/shape.ts";
import type { Movement, Node } from "../ir/graph.ts";
import { makeNode, topological } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { keyOf, mentions, variable } from "../ir/index.ts";
import { Tensor } from "../tensor/tensor.ts";

/** What numbers are the probabilities of: yes or no, each by itself, or classes along the last axis. */
export type Distribution = "bernoulli" | "categorical";

/** The numbers whose sigmoid, or softmax over the last axis, a value is. */
export interface Logits {
  /** The values before the sigmoid or softmax. */
  readonly logits: Tensor;
  /** What they are logits of. */
  readonly distribution: Distribution;
}

// What a value carries besides its numbers belongs to the node that computes it, and to the tensor, whose node is replaced once it is known.
const carriedLogits = new WeakMap<object, Logits>();
const carriedMasks = new WeakMap<object, Tensor>();
/** Until there is a mask, nobody has to look for one. */
let masksExist = false;

/**
 * The same value, which carries the logits that these probabilities were computed from: a loss that can work on logits does, which is exact
 * where probabilities round to 0 or 1. They travel with the value through `reshape`, `permute`, `slice` and their like, as long as the
 * classes stay whole along the last axis; any other operation makes a new value that carries none.
 *
 * @example const p = withLogits(z.sigmoid(), z, "bernoulli");
 */
export function withLogits(probabilities: Tensor, logits: Tensor, distribution: Distribution): Tensor {
  const carried = { logits, distribution };
  carriedLogits.set(probabilities, carried);
  carriedLogits.set(probabilities.node, carried);
  return probabilities;
}

/** The logits that a value carries, in its shape; none where it carries none. */
export function logitsOf(value: Tensor): Logits | undefined {
  return carriedLogits.get(value) ?? logitsBehind(value.node);
}

function logitsBehind(node: Node): Logits | undefined {
  const own = carriedLogits.get(node);
  if (own !== undefined) return own;
  if (node.op.kind !== "movement" || node.inputs.length !== 1) return undefined;
  const behind = logitsBehind(node.inputs[0]!);
  if (behind === undefined) return undefined;
  const { logits, distribution } = behind;
  const origin = originOf(node);
  if (origin === undefined || (distribution === "categorical" && !keepsLastAxis(node, origin))) return undefined;
  return { logits: new Tensor(makeNode(node.op, [logits.node], node.attributes)), distribution };
}

/**
 * The same value, which carries a mask: which of its leading places count, such as the steps [batch, steps] of a value [batch, steps, features]
 * (a bool, or numbers that are not 0). Losses and metrics leave the others out, as Keras's do. A mask travels through elementwise operations
 * (several masks count together), through `reshape` and its like, and through layers that keep places; other operations make a value without.
 *
 * @example call(_params: Params, x: Tensor) { return withMask(x, x.notEqual(0).any({ axis: -1 })); }
 */
export function withMask(value: Tensor, mask: Tensor): Tensor {
  // A node of its own, so that the value without a mask stays without.
  const masked = value.identity();
  const whole = mask
    .notEqual(0)
    .reshape([...mask.shape, ...value.shape.slice(mask.rank).map(() => 1)])
    .broadcastTo(value.shape);
  masksExist = true;
  carriedMasks.set(masked, whole);
  carriedMasks.set(masked.node, whole);
  return masked;
}

/** The mask a value carries, for its first axes: bool in `shape`, the value's own shape by default. None where it carries none. */
export function maskOf(value: Tensor, shape: Shape = value.shape): Tensor | undefined {
  if (!masksExist) return undefined;
  const whole = carriedMasks.get(value) ?? maskBehind(value.node);
  if (whole === undefined || sameShape(whole.shape, shape)) return whole;
  const axes = whole.shape.map((_, axis) => axis).slice(shape.length);
  return axes.length === 0 ? whole : whole.cast("u8").min({ axes }).notEqual(0);
}

function maskBehind(root: Node): Tensor | undefined {
  const known = new Map<Node, Tensor | undefined>();
  const below = (node: Node): readonly Node[] => (carriedMasks.has(node) || !passesMasks(node) ? [] : node.inputs);
  for (const node of topological([root], undefined, below))
    known.set(node, carriedMasks.get(node) ?? (passesMasks(node) ? maskFrom(node, known) : undefined));
  return known.get(root);
}

const passesMasks = ({ op, inputs }: Node): boolean => op.kind === "elementwise" || (op.kind === "movement" && inputs.length === 1);

function maskFrom(node: Node, known: ReadonlyMap<Node, Tensor | undefined>): Tensor | undefined {
  const masks = node.inputs.map((input) => known.get(input)).filter((mask) => mask !== undefined);
  if (node.op.kind === "elementwise")
    return masks.map((mask) => mask.broadcastTo(node.type.shape)).reduce<Tensor | undefined>((a, b) => a?.and(b) ?? b, undefined);
  const [behind] = masks;
  return behind && originOf(node) && new Tensor(makeNode(node.op, [behind.node], node.attributes));
}

/** Where each element of a movement comes from, if all come from somewhere: a function of `o0`, `o1`, ..., one for each axis of the result. */
function originOf(node: Node): readonly Index[] | undefined {
  const out = node.type.shape.map((size, axis) => variable(`o${axis}`, size));
  const { cases } = (node.op as Movement).source(
    out,
    node.inputs.map(({ type }) => type),
    node.attributes,
  );
  const [only] = cases;
  return cases.length === 1 && only!.guards.length === 0 ? only!.index : undefined;
}

/** Whether the last axis of the result is the whole last axis of the input, in its order. */
function keepsLastAxis(node: Node, origin: readonly Index[]): boolean {
  const [from, to] = [node.inputs[0]!.type.shape, node.type.shape];
  if (from.length === 0 || to.length === 0 || from[from.length - 1] !== to[to.length - 1]) return false;
  const last = to.length - 1;
  const name = `o${last}`;
  const others = origin.slice(0, -1);
  const isOwn = keyOf(origin[origin.length - 1]!) === keyOf(variable(name, to[last]!));
  return isOwn && others.every(({ terms }) => terms.every(({ atom }) => !mentions(atom, name)));
}
