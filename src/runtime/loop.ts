import type { Storage } from "../backends/storage.ts";
import { isPulled } from "../compiler/access.ts";
import { elements, inlineCost } from "../compiler/pull.ts";
import { flag, nonNegativeNumber, text } from "../core/checks.ts";
import { bytesOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { showType } from "../core/shape.ts";
import { flatten } from "../core/tree.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { holdGraphs } from "../tensor/execution.ts";
import { bufferNode, inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { explain } from "./explain.ts";
import type { Precision } from "./precision.ts";
import { inPrecision, knownPrecision } from "./precision.ts";
import { prepare } from "./prepared.ts";
import { computeNow, computeStorages } from "./read.ts";
import { capturedBy, isTensor } from "./trace.ts";
import { Held, isGiven, storageOf } from "./values.ts";

/** The options of `loop`. */
export interface LoopOptions {
  /** For error messages and `explain`. Default "loop". */
  readonly name?: string;
  /** How many steps will be run in all, as far as is known. Default 1000. */
  readonly expectedRuns?: number;
  /** Takes the given state's memory over where it can: its tensors can't be used afterwards. Otherwise, and by default, it is copied. */
  readonly takeState?: boolean;
  /** What the operands of products are rounded to; "f32", the default, rounds nothing. */
  readonly precision?: Precision;
}

/** A step traced once whose state stays in place: `run(n)` carries the state through n steps in one call. */
export interface Loop<S> {
  /** Resolves when `run` will not wait for a compiler. */
  readonly ready: Promise<void>;
  run(count: number): void;
  /** The state as it is now. Its memory is updated by later runs; reading copies. */
  readonly state: S;
  readonly tier: string;
  readonly reason: string;
  explain(): string;
}

const checks: OptionChecks<LoopOptions> = {
  name: text,
  expectedRuns: nonNegativeNumber,
  takeState: flag,
  precision: knownPrecision,
};

/** Operations up to which an input is better computed inside the step, where only the elements that are used are computed. */
const cheapInput = 8;

/**
 * Makes a loop of `step(state, inputs) -> state`. State and inputs are trees of tensors. Inputs that are cheap functions of smaller memory
 * (images scaled from bytes, say) aren't computed beforehand but inside the step. Two loops over the same state see each other's updates.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense, "usage" or "shape" where the step gives back another
 * state than it was given.
 * @example const { run, state } = loop(({ w }, { x }) => ({ w: w.sub(x.mul(0.1)) }), { w }, { x });
 */
export function loop<S, I>(step: (state: S, inputs: I) => S, state: S, inputs: I, options: LoopOptions = {}): Loop<S> {
  const { precision = "f32" } = checkOptions("loop", options, checks);
  const name = options.name ?? "loop";
  const given = flatten(state, isTensor);
  const outside = flatten(inputs, isTensor);
  computeNow(outside.leaves.filter((leaf) => !staysLazy(leaf.node)));
  const slots = given.leaves.map((tensor, slot) => inputNode(slot, tensor.type));
  const next = holdGraphs(() => step(given.rebuild(slots.map((node) => new Tensor(node))) as S, inputs));
  const result = flatten(next, isTensor);
  checkState(name, given, result);
  const outputs = inPrecision(name, precision)(result.leaves.map((leaf) => leaf.node));
  const captured = capturedBy(outputs, new Set(slots));
  const traced = { name, inputs: [...slots, ...captured], outputs, donations: new Map(outputs.map((_, i) => [i, i])) };
  const prepared = prepare(traced, options.expectedRuns ?? 1000);
  const held = ownMemory(given.leaves, options.takeState === true);
  const storages: Storage[] = [...held, ...captured.map((node) => new Tensor(node))].map((tensor) => storageOf(tensor.node));
  return {
    ready: prepared.ready,
    state: given.rebuild(held) as S,
    get tier() {
      return prepared.tier;
    },
    get reason() {
      return prepared.reason;
    },
    run(count) {
      if (count > 0) prepared.run(storages, count);
    },
    explain: () => explain(traced, prepared),
  };
}

/** Whether an input is left to be computed where it's used: little work, from memory that is no larger than its result. */
export function staysLazy(node: Node): boolean {
  if (isGiven(node)) return true;
  const nodes = topological([node]);
  if (!nodes.every((each) => isPulled(each) || isGiven(each))) return false;
  const leafBytes = nodes.filter(isGiven).reduce((sum, leaf) => sum + elements(leaf) * bytesOf(leaf.type.dtype), 0);
  return inlineCost(node, isGiven, new Map()) <= cheapInput && leafBytes <= elements(node) * bytesOf(node.type.dtype);
}

/** Tensors whose memory belongs to loops. */
const ofLoops = new WeakSet<Held>();

/**
 * State in memory of its own: what other loops made stays theirs in common, lazy tensors are computed into it, others are taken over or
 * copied.
 */
function ownMemory(leaves: readonly Tensor[], takes: boolean): Tensor[] {
  const lazy = [...new Set(leaves.map((leaf) => leaf.node).filter((node) => !isGiven(node)))];
  const storages = new Map(computeStorages(lazy).map((storage, i) => [lazy[i]!, storage]));
  const seen = new Set<Node>();
  return leaves.map((leaf) => {
    const { node, type } = leaf;
    const isFirst = !seen.has(node);
    const isLazy = storages.has(node);
    seen.add(node);
    const memory = node.attributes instanceof Held ? node.attributes : undefined;
    if (isFirst && memory !== undefined && ofLoops.has(memory)) return leaf;
    const storage = storages.get(node) ?? storageOf(node);
    storages.set(node, storage);
    const isOwn = isFirst && (isLazy || (takes && memory !== undefined));
    if (isOwn) memory?.donate();
    const held = new Held(isOwn ? storage : storage.copy());
    ofLoops.add(held);
    return new Tensor(bufferNode(held, type));
  });
}

function checkState(
  name: string,
  before: { structure: string; leaves: readonly Tensor[] },
  after: { structure: string; leaves: readonly Tensor[] },
): void {
  if (before.structure !== after.structure) {
    throw new GradsmithError(
      "usage",
      name,
      "the step gives back a state of another structure than it was given.",
      "Return every part of the state, changed or not.",
    );
  }
  for (const [i, leaf] of before.leaves.entries()) {
    const other = after.leaves[i]!;
    if (showType(leaf) === showType(other)) continue;
    throw new GradsmithError(
      "shape",
      name,
      `part ${i} of the state was ${showType(leaf)} and comes back as ${showType(other)}.`,
      "A state keeps its types from step to step.",
    );
  }
}
