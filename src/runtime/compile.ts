import type { Storage } from "../backends/storage.ts";
import { callable, countingNumber, listOf, nonNegativeNumber, text } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { sameShape, showType } from "../core/shape.ts";
import { flatten } from "../core/tree.ts";
import type { Node } from "../ir/graph.ts";
import { holdGraphs } from "../tensor/execution.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { explain } from "./explain.ts";
import type { Precision } from "./precision.ts";
import { inPrecision, knownPrecision } from "./precision.ts";
import type { Prepared } from "./prepared.ts";
import { prepare } from "./prepared.ts";
import { computeNow } from "./read.ts";
import type { DeviceSettings } from "./settings.ts";
import { deviceSettings } from "./settings.ts";
import { capturedBy, isTensor } from "./trace.ts";
import { Held, heldNode, storageOf } from "./values.ts";

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

interface Variant {
  readonly prepared: Prepared;
  readonly captured: readonly Node[];
  readonly outputs: readonly Node[];
  readonly rebuild: (leaves: readonly unknown[]) => unknown;
  /** Which argument leaves are donated. */
  readonly donated: ReadonlySet<number>;
  readonly inputs: readonly Node[];
  /** The leaves of arguments this program was made for; undefined for others. */
  readonly leavesOf: (args: readonly unknown[]) => Tensor[] | undefined;
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
 * Traces a function of trees of tensors once for each set of shapes and replays it as one program. Numbers, strings and other values that
 * aren't tensors are part of the program: another value, another trace. Tensors the function closes over are captured as they are at the
 * first call.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense; when called, what the function throws.
 * @example const step = compile((w, x) => w.sub(x.mul(0.1)), { donate: [0] });
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R, options: CompileOptions = {}): CompiledFunction<A, R> {
  callable("compile", "the function", fn);
  checkOptions("compile", options, checks);
  const name = options.name ?? (fn.name || "compiled");
  const variants = new Map<string, Variant>();
  let latest: Variant | undefined;
  let settings: DeviceSettings | undefined;

  const variantFor = (args: A): Variant => {
    const flat = flatten(args, isTensor);
    const types = flat.leaves.map(showType).join();
    const now = deviceSettings();
    const { device, tier, threads } = now;
    const key = `${device} ${tier} ${threads} ${flat.structure} ${types}`;
    let variant = variants.get(key);
    if (variant === undefined) {
      variant = trace(fn, args, name, options);
      variants.set(key, variant);
    }
    [latest, settings] = [variant, now];
    return variant;
  };

  const call = (...args: A): R => {
    // Most calls are like the one before.
    const same = settings === deviceSettings() ? latest?.leavesOf(args) : undefined;
    const leaves = same ?? flatten(args, isTensor).leaves;
    if (leaves.some((leaf) => isSlot(leaf.node))) return fn(...args);
    const variant = same === undefined ? variantFor(args) : latest!;
    computeNow(leaves);
    const storages = takeStorages(leaves, variant.donated);
    const results = variant.prepared.run([...storages, ...variant.captured.map(storageOf)], 1);
    return variant.rebuild(variant.outputs.map((node, i) => new Tensor(heldNode(results[i]!, node.type)))) as R;
  };
  return Object.assign(call, {
    prepare: (...args: A): Promise<void> => variantFor(args).prepared.ready,
    explain: (...args: A | []): string => {
      const variant = args.length > 0 ? variantFor(args as A) : latest;
      if (variant === undefined)
        throw new GradsmithError("usage", "explain", `${name} has not been called yet.`, "Call it once, or give explain() its arguments.");
      return explain({ name, inputs: [...variant.inputs, ...variant.captured], outputs: variant.outputs }, variant.prepared);
    },
  });
}

/** Inside another trace, a compiled function is an ordinary one. */
const isSlot = (node: Node): boolean => node.op.kind === "source" && node.op.from === "input";

function trace<A extends readonly unknown[]>(
  fn: (...args: A) => unknown,
  args: A,
  name: string,
  { donate = [], expectedRuns = manyRuns, precision = "f32" }: CompileOptions,
): Variant {
  const flat = flatten(args, isTensor);
  const inputs = flat.leaves.map((leaf, slot) => inputNode(slot, leaf.type));
  const traced = holdGraphs(() => fn(...(flat.rebuild(inputs.map((node) => new Tensor(node))) as A)));
  if (traced instanceof Promise) {
    throw new GradsmithError("usage", name, "a compiled function can't be async: it's traced, not run.", "Read tensors outside of it.");
  }
  const result = flatten(traced, isTensor);
  const outputs = inPrecision(name, precision)(result.leaves.map((leaf) => leaf.node));
  const captured = capturedBy(outputs, new Set(inputs));
  const donated = donatedLeaves(args, donate, name);
  const donations = pairDonations(inputs, outputs, donated);
  const prepared = prepare({ name, inputs: [...inputs, ...captured], outputs, donations }, expectedRuns);
  const leavesOf = (others: readonly unknown[]): Tensor[] | undefined => {
    const leaves = flat.leavesOf(others);
    return leaves?.every(({ type: { dtype, shape } }, i) => dtype === inputs[i]!.type.dtype && sameShape(shape, inputs[i]!.type.shape)) ===
      true
      ? leaves
      : undefined;
  };
  const donatedInputs = new Set(donations.values());
  return { prepared, captured, outputs, rebuild: result.rebuild, donated: donatedInputs, inputs, leavesOf };
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
function pairDonations(inputs: readonly Node[], outputs: readonly Node[], donated: ReadonlySet<number>): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const slot of donated) {
    const same = outputs.findIndex((output, i) => !pairs.has(i) && output === inputs[slot]);
    const match =
      same >= 0 ? same : outputs.findIndex((output, i) => !pairs.has(i) && showType(output.type) === showType(inputs[slot]!.type));
    if (match >= 0) pairs.set(match, slot);
  }
  return pairs;
}

/** The arguments' memory; donated memory that someone else holds too is copied first. */
export function takeStorages(leaves: readonly Tensor[], donated: ReadonlySet<number>): Storage[] {
  if (donated.size === 0) return leaves.map((leaf) => storageOf(leaf.node));
  const uses = new Map<Storage, number>();
  for (const leaf of leaves) uses.set(storageOf(leaf.node), (uses.get(storageOf(leaf.node)) ?? 0) + 1);
  const storages = leaves.map((leaf) => storageOf(leaf.node));
  return storages.map((storage, i) => {
    if (!donated.has(i)) return storage;
    const { node } = leaves[i]!;
    if (node.attributes instanceof Held && uses.get(storage) === 1) return node.attributes.donate();
    return storage.copy();
  });
}
