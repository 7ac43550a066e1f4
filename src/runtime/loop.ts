import { flag, nonNegativeNumber, text } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { showType } from "../core/shape.ts";
import { flatten } from "../core/tree.ts";
import type { Node } from "../ir/graph.ts";
import { isGiven } from "../ir/graph.ts";
import { bufferNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { explain } from "./explain.ts";
import type { Precision } from "./precision.ts";
import { knownPrecision } from "./precision.ts";
import type { Program } from "./program.ts";
import { computeMemories } from "./read.ts";
import { currentBackend } from "./settings.ts";
import { isTensor } from "./trace.ts";
import type { TracedCall } from "./traced-function.ts";
import { TracedFunction } from "./traced-function.ts";
import { Held, memoryOf } from "./values.ts";

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
  /** Queues so many steps; returns at once. */
  run(count: number): void;
  /** The state as it is now. Its memory is updated by later runs; reading copies. */
  readonly state: S;
  /** How the device runs it: "native", "wasm", "reference". */
  readonly tier: string;
  /** Why it runs there. */
  readonly reason: string;
  /** Its graph, where it runs and why, its kernels and its memory, as text. */
  explain(): string;
}

const checks: OptionChecks<LoopOptions> = {
  name: text,
  expectedRuns: nonNegativeNumber,
  takeState: flag,
  precision: knownPrecision,
};

/**
 * Makes a loop of `step(state, inputs) -> state`. State and inputs are trees of tensors. Inputs that are cheap functions of smaller memory
 * (images scaled from bytes, say) aren't computed beforehand but inside the step. Two loops over the same state see each other's updates.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense, "usage" or "shape" where the step gives back another
 * state than it was given.
 * @example const { run, state } = loop(({ w }, { x }) => ({ w: w.sub(x.mul(0.1)) }), { w }, { x });
 */
export function loop<S, I>(step: (state: S, inputs: I) => S, state: S, inputs: I, options: LoopOptions = {}): Loop<S> {
  const { precision = "f32", name = "loop", expectedRuns = 1000, takeState = false } = checkOptions("loop", options, checks);
  const steps = inPlace(step, { name, precision });
  // What makes no sense is found before anything is taken over.
  steps.prepare([state, inputs], expectedRuns);
  const own = ownState(state, { takes: takeState });
  const { ready, run, program } = bind(steps, [own, inputs], expectedRuns);
  return {
    ready,
    state: own,
    run,
    get tier() {
      return program.executable.explain().tier;
    },
    get reason() {
      return program.executable.explain().reason;
    },
    explain: () => explain(program),
  };
}

/** A step that goes on over the memory of one state: whatever else is done to that memory is seen. */
export interface BoundStep {
  /** Resolves when runs will not wait for a compiler. */
  readonly ready: Promise<void>;
  readonly program: Program;
  /** Queues so many steps as one call. */
  run(count: number): void;
}

/** A step over a state of `ownState`, and what it is given besides. */
export function bind<S, Rest extends readonly unknown[]>(
  step: TracedFunction<[S, ...Rest], S>,
  args: [S, ...Rest],
  expectedRuns: number,
): BoundStep {
  const { program, memories } = step.bound(args, expectedRuns);
  return {
    ready: program.executable.ready,
    program,
    run: (count) => program.backend.enqueue(program.executable, memories, count),
  };
}

interface InPlaceOptions {
  readonly name: string;
  readonly precision?: Precision;
  /** Whether cheap functions of smaller memory are computed where they are used; by default they are. */
  readonly takesLazy?: boolean;
}

/** A step whose first argument is a state that it gives back, each part in the memory of the one before. */
export function inPlace<S, Rest extends readonly unknown[]>(
  step: (state: S, ...rest: Rest) => S,
  { name, precision = "f32", takesLazy = true }: InPlaceOptions,
): TracedFunction<[S, ...Rest], S> {
  return new TracedFunction<[S, ...Rest], S>(step, {
    name,
    precision,
    takesLazy,
    donations: (call) => placeByPlace(call, name),
    refusesKeyless: () =>
      new GradsmithError(
        "usage",
        name,
        "draws random numbers without a key, which would be the same in every step.",
        "Carry a count in the state, and give { key: random.foldIn(key, count) }.",
      ),
  });
}

function placeByPlace({ args, result }: TracedCall, name: string): Map<number, number> {
  checkState(name, flatten(args[0], isTensor), result);
  return new Map(result.leaves.map((_, i) => [i, i]));
}

/** Tensors whose memory belongs to loops. */
const ofLoops = new WeakSet<Held>();

/**
 * A state in memory of its own, which steps that are bound to it update in place: parts that are such memory already stay it, lazy tensors are
 * computed into it, others are copied, or taken over where `takes` says so and they can be.
 */
export function ownState<S>(state: S, { takes }: { readonly takes: boolean }): S {
  const { leaves, rebuild } = flatten(state, isTensor);
  const backend = currentBackend();
  const lazy = [...new Set(leaves.map((leaf) => leaf.node).filter((node) => !isGiven(node)))];
  const memories = new Map(computeMemories(lazy).map((memory, i) => [lazy[i]!, memory]));
  const seen = new Set<Node>();
  const own = leaves.map((leaf) => {
    const { node, type } = leaf;
    const isFirst = !seen.has(node);
    const isLazy = memories.has(node);
    seen.add(node);
    const before = node.attributes instanceof Held ? node.attributes : undefined;
    if (isFirst && before !== undefined && ofLoops.has(before)) return leaf;
    const memory = memories.get(node) ?? memoryOf(node, backend);
    memories.set(node, memory);
    const isOwn = isFirst && (isLazy || (takes && before !== undefined));
    if (isOwn) before?.donate(backend);
    const held = new Held(backend, isOwn ? memory : backend.copy(memory));
    ofLoops.add(held);
    return new Tensor(bufferNode(held, type));
  });
  return rebuild(own) as S;
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
