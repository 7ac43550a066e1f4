import { callable, countingNumber, listOf, nonNegativeNumber, text } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { showType } from "../core/shape.ts";
import { flatten } from "../core/tree.ts";
import type { Precision } from "./precision.ts";
import { knownPrecision } from "./precision.ts";
import { isTensor } from "./trace.ts";
import type { TracedCall } from "./traced-function.ts";
import { TracedFunction } from "./traced-function.ts";

/** The options of `compile`. */
export interface CompileOptions {
  /** Places of arguments whose memory the results may take over: training state. They can't be used after the call. None by default. */
  readonly donate?: readonly number[];
  /** For error messages and `explain`; the function's own by default. */
  readonly name?: string;
  /** How often the function will be called, as far as is known: decides whether compiling C is worth its time. Default 1000. */
  readonly expectedRuns?: number;
  /** What the operands of products are rounded to; "f32", the default, rounds nothing. */
  readonly precision?: Precision;
}

/** A function as `compile` gives it back. */
export interface CompiledFunction<A extends readonly unknown[], R> {
  (...args: A): R;
  /** Makes the program for arguments of these shapes without running it, and without blocking. */
  prepare(...args: A): Promise<void>;
  /** The graph, the kernels and the memory plan of the program last used (or of the one for these arguments). */
  explain(...args: A | []): string;
}

const checks: OptionChecks<CompileOptions> = {
  donate: listOf(countingNumber),
  name: text,
  expectedRuns: nonNegativeNumber,
  precision: knownPrecision,
};

/** Calls expected of a compiled function when nothing is said: enough that heavy ones go native. */
const manyRuns = 1000;

/**
 * Traces a function of trees of tensors once for each set of shapes and replays it as one program; the results are there to be read later, the call
 * doesn't wait for them. Numbers, strings and other values that aren't tensors are part of the program: another value, another trace. Tensors the
 * function closes over are captured as they are at the first call. Random numbers drawn without a key are new in each call. The programs of the 64
 * sets of shapes called last are kept.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense; when called, what the function throws.
 * @example const step = compile((w, x) => w.sub(x.mul(0.1)), { donate: [0] });
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R, options: CompileOptions = {}): CompiledFunction<A, R> {
  callable("compile", "the function", fn);
  const { donate = [], expectedRuns = manyRuns, precision = "f32" } = checkOptions("compile", options, checks);
  const name = options.name ?? (fn.name || "compiled");
  const traced = new TracedFunction(fn, { name, precision, donations: (call) => pairedByType(call, donate, name) });
  return Object.assign((...args: A): R => traced.call(args, { expectedRuns }), {
    prepare: async (...args: A): Promise<void> => traced.prepare(args, expectedRuns),
    explain: (...args: A | []): string => traced.explain(args.length > 0 ? (args as A) : undefined, expectedRuns),
  });
}

function donatedLeaves(args: readonly unknown[], donate: readonly number[], name: string): Set<number> {
  const donated = new Set<number>();
  let next = 0;
  args.forEach((arg, place) => {
    const count = flatten(arg, isTensor).leaves.length;
    if (donate.includes(place)) for (let i = 0; i < count; i++) donated.add(next + i);
    next += count;
  });
  const missing = donate.find((place) => !Number.isInteger(place) || place < 0 || place >= args.length);
  if (missing === undefined) return donated;
  throw new GradsmithError(
    "option",
    name,
    `donate names argument ${missing}, but there are ${args.length}.`,
    `Use 0 to ${args.length - 1}.`,
  );
}

/** Each donated input goes to the next output of its type, in order: state comes back in the order it came. */
function pairedByType({ args, given, result, outputs }: TracedCall, donate: readonly number[], name: string): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const slot of donatedLeaves(args, donate, name)) {
    const type = showType(given.leaves[slot]!);
    // One that comes back as it was stays where it is.
    const isSame = (i: number): boolean => {
      const { op, attributes } = outputs[i]!;
      return op.kind === "source" && op.from === "input" && (attributes as { readonly slot?: number }).slot === slot;
    };
    const open = result.leaves.map((_, i) => i).filter((i) => !pairs.has(i));
    const match = open.find(isSame) ?? open.find((i) => showType(result.leaves[i]!) === type);
    if (match !== undefined) pairs.set(match, slot);
  }
  return pairs;
}
