import { finished } from "../core/finished.ts";
import type { Node } from "../ir/graph.ts";
import type { Program } from "../ir/program.ts";
import { eachCall } from "../ir/program.ts";
import { arrange } from "./arrange.ts";
import { Emitter } from "./emit.ts";
import type { Group } from "./group.ts";
import { Layout, Memories } from "./layout.ts";
import { optimizing } from "./optimize.ts";
import { planMemory } from "./plan-memory.ts";
import type { Target } from "./target.ts";

/** A function as it was traced: results from inputs, and which input's memory each result may take over. */
export interface Traced {
  readonly name: string;
  /** Sources from outside (inputs, buffers, literals), in the order their memory will be handed over. */
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
  /** For each output the place in `inputs` of the donated input it replaces. */
  readonly donations?: ReadonlyMap<number, number>;
}

export interface Compiled {
  readonly program: Program;
  /**
   * Where each output is after a run: in the memory of an input (by place in `inputs`), or in a new one (by place in
   * `Program.arguments`, which lists `inputs` first).
   */
  readonly outputs: readonly { readonly argument: number }[];
  readonly groups: readonly Group[];
  /** Estimated operations of a run. */
  readonly operations: number;
}

export interface CompilerOptions {
  /** `false` gives every node a kernel of its own. */
  readonly fusion?: boolean;
  /** `false` leaves kernels over the same slices apart. */
  readonly merging?: boolean;
}

/** From graph to program: optimize, fuse, update in place, lower each group, plan memory. */
export function compile(traced: Traced, target: Target, options: CompilerOptions = {}): Compiled {
  return finished(compiling(traced, target, options));
}

/** As `compile`, with pauses between passes and kernels, for callers that must not be blocked for long. */
export function* compiling(traced: Traced, target: Target, options: CompilerOptions = {}): Generator<undefined, Compiled> {
  const { limits, passes } = target;
  const { name, inputs, donations = new Map<number, number>() } = traced;
  const optimized = yield* optimizing(traced.outputs, target);
  yield;
  const arranged = arrange(inputs, optimized, { ...options, donations });
  yield;
  const layout = new Layout(arranged, new Memories());
  const emitter = new Emitter(target);
  const calls = yield* emitter.calls(layout);
  yield;
  const made = { kernels: emitter.kernels, calls, memories: layout.memories.all, given: layout.arguments };
  const merge = options.fusion === false || options.merging === false ? undefined : passes.mergeKernels;
  const { memories, given, ...merged } = merge?.(made, limits) ?? made;
  const program = planMemory({ name, ...merged }, memories, given);
  return {
    program,
    outputs: arranged.roots.map((root) => ({ argument: layout.argumentOf(root) })),
    groups: layout.groups,
    operations: operationsIn(program),
  };
}

const operationsIn = ({ kernels, calls }: Program): number =>
  eachCall(calls).reduce((sum, { call, times }) => sum + times * kernels[call.kernel]!.work.operations, 0);
