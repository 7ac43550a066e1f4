import type { Backend, Memory } from "../backends/backend.ts";
import type { DeviceSettings } from "../backends/settings.ts";
import type { Traced } from "../compiler/compile.ts";
import { BoundedMap } from "../core/bounded-map.ts";
import { GradsmithError } from "../core/errors.ts";
import type { TensorType } from "../core/shape.ts";
import { sameShape, showType } from "../core/shape.ts";
import type { Flat } from "../core/tree.ts";
import { flatten } from "../core/tree.ts";
import type { Node } from "../ir/graph.ts";
import { isGiven } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import { graphsAreHeld, holdGraphs } from "../tensor/execution.ts";
import type { KeySource } from "../tensor/functions/implicit-keys.ts";
import { withImplicitKeys } from "../tensor/functions/implicit-keys.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { counted } from "./counters.ts";
import { explain } from "./explain.ts";
import { inputsOf, staysLazy } from "./lazy-inputs.ts";
import type { Precision } from "./precision.ts";
import { inPrecision } from "./precision.ts";
import { Program } from "./program.ts";
import { computeNow } from "./read.ts";
import { deviceSettings, settingsText } from "./settings.ts";
import { capturedBy, isTensor } from "./trace.ts";
import { Held, heldNode, holdNumbers, memoryOf } from "./values.ts";

export interface TracedFunctionOptions {
  /** For error messages and `explain`. */
  readonly name: string;
  readonly precision: Precision;
  /** Which results take over the memory of which leaves of the arguments, by place: output, input. Looked at once for each trace. */
  donations(call: TracedCall): ReadonlyMap<number, number>;
  /** Whether arguments but the first that are cheap functions of smaller memory (images scaled from bytes, say) are computed where they are used. */
  readonly takesLazy?: boolean;
  /** Why random numbers without a key can't be drawn here; where they can, each call has a new key. */
  readonly refusesKeyless?: () => GradsmithError;
}

/** What is known of a call when it is traced. */
export interface TracedCall {
  readonly args: readonly unknown[];
  readonly given: Flat<Tensor>;
  readonly result: Flat<Tensor>;
  readonly outputs: readonly Node[];
}

/** Arguments as they come. */
interface Given {
  readonly given: Flat<Tensor>;
  readonly first: number;
  readonly texts: readonly string[];
}

/** A function as it is for arguments of some structure and types, on a device. */
interface Variant {
  readonly program: Program;
  readonly expectedRuns: number;
  /** Types of the arguments' leaves. The leaves themselves are not kept. */
  readonly types: readonly TensorType[];
  readonly leavesOf: Flat<Tensor>["leavesOf"];
  /** How many leaves the first argument has. */
  readonly first: number;
  /** What is done to each argument leaf that is lazy; empty for others. */
  readonly texts: readonly string[];
  readonly captured: readonly Node[];
  readonly drawsKeys: boolean;
  readonly outputs: readonly Node[];
  readonly rebuild: (leaves: readonly unknown[]) => unknown;
  /** The argument leaves whose memory results take over. */
  readonly donated: ReadonlySet<number>;
}

/** A function keeps programs for so many structures and types of arguments: those that were not called for longest go. */
const mostVariants = 64;
/** A program made for few runs is made again when it turns out that there are so many times as many. */
const manyMore = 16;

/**
 * A function of trees of tensors, traced once for each set of structures and types and replayed as one program. What isn't a tensor in its arguments
 * is part of the program: another value, another trace.
 */
export class TracedFunction<A extends readonly unknown[], R> {
  readonly #fn: (...args: A) => R;
  readonly #options: TracedFunctionOptions;
  readonly #variants = new BoundedMap<string, Variant>(mostVariants);
  #latest: { readonly variant: Variant; readonly settings: DeviceSettings } | undefined;

  constructor(fn: (...args: A) => R, options: TracedFunctionOptions) {
    this.#fn = fn;
    this.#options = options;
  }

  /** The result of so many calls in a row, each over the donated results of the one before, queued as one. */
  call(args: A, { times = 1, expectedRuns }: { readonly times?: number; readonly expectedRuns: number }): R {
    if (graphsAreHeld()) return this.#fn(...args);
    const { variant, leaves } = this.#found(args, expectedRuns);
    const { program, outputs, donated } = variant;
    const results = program.run(this.#memories(variant, leaves, donated), times);
    return variant.rebuild(results.map((memory, i) => new Tensor(heldNode(program.backend, memory, outputs[i]!.type)))) as R;
  }

  /** The program for these arguments, and the memories it runs over in place: nothing is given away. */
  bound(args: A, expectedRuns: number): { readonly program: Program; readonly memories: readonly Memory[] } {
    const { variant, leaves } = this.#found(args, expectedRuns);
    return { program: variant.program, memories: this.#memories(variant, leaves, new Set()) };
  }

  /** Makes the program for such arguments, without blocking. */
  prepare(args: A, expectedRuns: number): Promise<void> {
    return this.#found(args, expectedRuns).variant.program.executable.ready;
  }

  /** What became of it for these arguments, or of the latest call. */
  explain(args: A | undefined, expectedRuns: number): string {
    const variant = args === undefined ? this.#latest?.variant : this.#found(args, expectedRuns).variant;
    if (variant !== undefined) return explain(variant.program);
    const { name } = this.#options;
    throw new GradsmithError("usage", "explain", `${name} has not been called yet.`, "Call it once, or give explain() its arguments.");
  }

  #found(args: A, expectedRuns: number): { variant: Variant; leaves: readonly Tensor[] } {
    const settings = deviceSettings();
    // Most calls are like the one before.
    if (this.#latest?.settings === settings && this.#latest.variant.expectedRuns * manyMore > expectedRuns) {
      const { variant } = this.#latest;
      const leaves = variant.leavesOf(args);
      if (leaves !== undefined && this.#areOf(variant, leaves)) return { variant, leaves };
    }
    const given = flatten(args, isTensor);
    const first = flatten(args[0], isTensor).leaves.length;
    const texts = given.leaves.map((leaf, i) => this.#textOf(leaf, i >= first));
    const text = [settingsText(settings), given.structure, given.leaves.map(showType).join(), ...texts].join("\n");
    let variant = this.#variants.get(text);
    if (variant === undefined || variant.expectedRuns * manyMore <= expectedRuns) {
      variant = this.#traced(args, { given, first, texts }, expectedRuns);
      this.#variants.set(text, variant);
    }
    this.#latest = { variant, settings };
    return { variant, leaves: given.leaves };
  }

  #areOf({ types, texts, first }: Variant, leaves: readonly Tensor[]): boolean {
    for (let i = 0; i < leaves.length; i++) {
      const leaf = leaves[i]!;
      if (!isAlike(leaf.type, types[i]!) || this.#textOf(leaf, i >= first) !== texts[i]) return false;
    }
    return true;
  }

  /** What is done to a leaf inside; empty for one that is memory by then. */
  #textOf({ node }: Tensor, mayBeLazy: boolean): string {
    if (!mayBeLazy || this.#options.takesLazy !== true || isGiven(node) || !staysLazy(node)) return "";
    const { given, text } = inputsOf(node);
    // What comes from no memory would be a constant.
    return given.length > 0 ? text : "";
  }

  /** The memories of the program's inputs, in a list of its own. Arguments are computed, but for those that are computed inside. */
  #memories(
    { program: { backend }, texts, captured, drawsKeys }: Variant,
    leaves: readonly Tensor[],
    donated: ReadonlySet<number>,
  ): Memory[] {
    if (!leaves.every(({ node }) => isGiven(node))) computeNow(leaves.filter((_, i) => texts[i] === ""));
    const memories: Memory[] = [];
    for (let i = 0; i < leaves.length; i++) {
      const { node } = leaves[i]!;
      if (texts[i] === "") memories.push(memoryOf(node, backend));
      else for (const begin of inputsOf(node).given) memories.push(memoryOf(begin, backend));
    }
    if (donated.size > 0) giveAway(memories, leaves, donated, backend);
    for (const node of captured) memories.push(memoryOf(node, backend));
    if (drawsKeys) memories.push(memoryOf(holdNumbers(Uint32Array.of(keysOfCalls, calls++), keyType), backend));
    return memories;
  }

  #traced(args: A, { given, first, texts }: Given, expectedRuns: number): Variant {
    counted.traces++;
    const { name, precision, refusesKeyless } = this.#options;
    const inputs: Node[] = [];
    const slotFor = (node: Node): Node => {
      const slot = inputNode(inputs.length, node.type);
      inputs.push(slot);
      return slot;
    };
    const slots = given.leaves.map(({ node }, i) => {
      if (texts[i] === "") return slotFor(node);
      const places = new Map(inputsOf(node).given.map((begin) => [begin, slotFor(begin)]));
      return rewrite([node], (_, before) => places.get(before))[0]!;
    });
    let key: Node | undefined;
    const keys: KeySource = () => {
      if (refusesKeyless !== undefined) return refusesKeyless();
      key = inputNode(inputs.length, keyType);
      return new Tensor(key);
    };
    const traced = holdGraphs(() =>
      withImplicitKeys(keys, () => this.#fn(...(given.rebuild(slots.map((node) => new Tensor(node))) as unknown as A))),
    );
    if (traced instanceof Promise) {
      throw new GradsmithError("usage", name, "a compiled function can't be async: it's traced, not run.", "Read tensors outside of it.");
    }
    const result = flatten(traced, isTensor);
    const outputs = inPrecision(name, precision)(result.leaves.map((leaf) => leaf.node));
    const own = new Set(key === undefined ? inputs : [...inputs, key]);
    const captured = capturedBy(outputs, own);
    const donations = this.#options.donations({ args, given, result, outputs });
    const graph: Traced = { name, inputs: [...inputs, ...captured, ...(key === undefined ? [] : [key])], outputs, donations };
    return {
      program: new Program(graph, { expectedRuns }),
      expectedRuns,
      types: given.leaves.map(({ type }) => type),
      leavesOf: given.leavesOf,
      first,
      texts,
      captured,
      drawsKeys: key !== undefined,
      outputs,
      rebuild: result.rebuild,
      donated: new Set(donations.values()),
    };
  }
}

const keyType = { dtype: "u32", shape: [2] } as const;
/** Keys of calls have this as their first word, which keys of seeds below 2^32 don't. */
const keysOfCalls = 0x63616c6c;
let calls = 0;

const isAlike = (a: TensorType, b: TensorType): boolean => a === b || (a.dtype === b.dtype && sameShape(a.shape, b.shape));

/** Takes donated memory from its tensors; what someone else holds too is copied first. Donated leaves come first and are computed. */
function giveAway(memories: Memory[], leaves: readonly Tensor[], donated: ReadonlySet<number>, backend: Backend): void {
  const uses = new Map<Memory, number>();
  for (const memory of memories) uses.set(memory, (uses.get(memory) ?? 0) + 1);
  for (const i of donated) {
    const memory = memories[i]!;
    const { attributes } = leaves[i]!.node;
    memories[i] = attributes instanceof Held && uses.get(memory) === 1 ? attributes.donate(backend) : backend.copy(memory);
  }
}
