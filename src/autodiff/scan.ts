import { anything, callable, flag, positiveInteger } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { sameShape, showType } from "../core/shape.ts";
import { flatten } from "../core/tree.ts";
import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { ScanResult } from "../ir/scan.ts";
import { constantsOf, ScanLoop } from "../ir/scan.ts";
import { holdGraphs } from "../tensor/execution.ts";
import { withImplicitKeys } from "../tensor/functions/implicit-keys.ts";
import type { Row, ScanRow } from "../tensor/ops/define.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { LoopParts } from "./scan-gradient.ts";
import { scanGradient } from "./scan-gradient.ts";

/** The options of `scan`. */
export interface ScanOptions<X> {
  /** A tensor or a tree of them, all with the same first axis: turn t is given row t of each. */
  readonly xs?: X;
  /** How many turns; by default as many as `xs` has. Needed where there are no `xs`. */
  readonly length?: number;
  /** From the last row to the first. Row t of `ys` still belongs to row t of `xs`. Default false. */
  readonly reverse?: boolean;
}
/** What one turn of a `scan` gives. */
export interface ScanStep<C, Y> {
  /** The state for the next turn: the same structure, shapes and dtypes as before. */
  readonly carry: C;
  /** What is kept of this turn. */
  readonly y: Y;
}
/** What a `scan` gives. */
export interface Scanned<C, Y> {
  /** The state after the last turn. */
  readonly carry: C;
  /** What was kept of every turn, stacked along a new first axis. */
  readonly ys: Y;
}

const checks: OptionChecks<ScanOptions<unknown>> = { xs: anything, length: positiveInteger, reverse: flag };

/**
 * A loop with state: `carryₜ₊₁, yₜ = body(carryₜ, xₜ)`. The body is traced once and compiled once, however many turns there are, and the
 * loop has a gradient. `carry`, `xs` and `y` are trees of tensors; tensors the body closes over are constants of the loop.
 *
 * Defaults: as many turns as `xs` have rows, from the first on.
 *
 * @throws GradsmithError "option" for an unknown option or no number of turns, "shape" or "usage" where a turn gives back another carry.
 * @example const { carry, ys } = scan((sum, x) => ({ carry: sum.add(x), y: sum.add(x) }), zeros([]), { xs: tensor([1, 2, 3]) }); // 1, 3, 6
 */
export function scan<C, X = undefined, Y = undefined>(
  body: (carry: C, x: X) => ScanStep<C, Y>,
  init: C,
  options: ScanOptions<X> = {},
): Scanned<C, Y> {
  callable("scan", "the body", body);
  checkOptions<ScanOptions<unknown>>("scan", options, checks);
  const carry = flatten(init, isTensor);
  const xs = flatten(options.xs, isTensor);
  const length = lengthOf(xs.leaves, options.length);
  return holdGraphs(() => {
    const slots = carry.leaves.map((leaf, i) => inputNode(i, leaf.type));
    const rows = xs.leaves.map((leaf, i) => inputNode(slots.length + i, { dtype: leaf.dtype, shape: leaf.shape.slice(1) }));
    const before = carry.rebuild(slots.map((node) => new Tensor(node))) as C;
    const row = xs.rebuild(rows.map((node) => new Tensor(node))) as X;
    const step = withImplicitKeys(refusedKeys, () => body(before, row));
    const next = flatten(step.carry, isTensor);
    checkCarry(carry, next);
    const y = flatten(step.y, isTensor);
    const outputs = y.leaves.map((leaf) => leaf.node);
    const carries = next.leaves.map((leaf, i) => ({ slot: slots[i]!, next: leaf.node }));
    if (length === 0) return { carry: init, ys: y.rebuild(y.leaves.map((leaf) => emptyOf(leaf))) as Y };
    const run = runLoop({
      length,
      isReverse: options.reverse === true,
      carries,
      rows,
      outputs,
      first: carry.leaves.map((leaf) => leaf.node),
      stacks: xs.leaves.map((leaf) => leaf.node),
    });
    return {
      carry: carry.rebuild(carries.map((_, i) => run.take(run.loop.last(i)))) as C,
      ys: y.rebuild(outputs.map((node) => run.take(run.loop.stack(node)))) as Y,
    };
  });
}

/** The body is traced once: a key taken there would be that of every turn. */
const refusedKeys = (): GradsmithError =>
  new GradsmithError(
    "usage",
    "scan",
    "the body draws random numbers without a key, which would be the same in every turn.",
    "Carry a key and split it, or fold the turn's number into one: random.normal(shape, { key: random.foldIn(key, t) }).",
  );

/** One run of a loop whose body is given as nodes; everything in it that doesn't change is taken from outside. */
function runLoop({ first, stacks, ...body }: LoopParts): { loop: ScanLoop; take: (result: ScanResult) => Tensor } {
  const roots = [...body.carries.map(({ next }) => next), ...body.outputs];
  const moving = new Set([...body.carries.map(({ slot }) => slot), ...body.rows]);
  const constants = constantsOf([...roots, ...alsoNeeded(roots, moving)], moving);
  const loop = new ScanLoop({ ...body, constants });
  const inputs = [...first, ...stacks, ...constants];
  return { loop, take: (result) => new Tensor(makeNode(scanRow, inputs, result, result.type)) };
}

/** The nodes that gradient rules written by hand answer for. */
function alsoNeeded(roots: readonly Node[], moving: ReadonlySet<Node>): Node[] {
  const found = new Set<Node>();
  const seen = new Set<Node>(moving);
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    const row = node.op as Row;
    if ("gradientInputs" in row && row.gradientInputs !== undefined) for (const input of row.gradientInputs) found.add(input);
    stack.push(...node.inputs);
  }
  return [...found];
}

const scanRow: ScanRow = {
  name: "scan",
  kind: "scan",
  infer: (_inputs, attributes) => (attributes as ScanResult).type,
  jointVjp: (results) => scanGradient(results, runLoop),
};

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

const emptyOf = (leaf: Tensor): Tensor =>
  leaf
    .fill(0)
    .expandDims(0)
    .slice(new Array<number>(leaf.rank + 1).fill(0), [0, ...leaf.shape]);

function lengthOf(xs: readonly Tensor[], given: number | undefined): number {
  const [first] = xs;
  if (first === undefined) {
    if (given !== undefined) return positiveInteger("scan", "length", given);
    throw new GradsmithError("option", "scan", "there are no xs to count turns by.", "Give xs, or a length.");
  }
  const scalar = xs.find((x) => x.rank === 0);
  if (scalar !== undefined)
    throw new GradsmithError("shape", "scan", "one of the xs is a number without axes.", "Each turn takes a row: give xs a first axis.");
  const length = first.shape[0]!;
  const other = xs.find((x) => x.shape[0] !== length);
  if (other !== undefined) {
    throw new GradsmithError(
      "shape",
      "scan",
      `the xs have ${length} rows in one place and ${other.shape[0]} in another.`,
      "Give all of them the same first axis.",
    );
  }
  if (given === undefined || given === length) return length;
  throw new GradsmithError("option", "scan", `length is ${given} and the xs have ${length} rows.`, "Leave out length.");
}

function checkCarry(
  before: { structure: string; leaves: readonly Tensor[] },
  after: { structure: string; leaves: readonly Tensor[] },
): void {
  if (before.structure !== after.structure) {
    throw new GradsmithError(
      "usage",
      "scan",
      "the body gives back a carry of another structure than it was given.",
      "Return every part of the carry, changed or not.",
    );
  }
  before.leaves.forEach((leaf, i) => {
    const other = after.leaves[i]!;
    if (leaf.dtype === other.dtype && sameShape(leaf.shape, other.shape)) return;
    throw new GradsmithError(
      "shape",
      "scan",
      `part ${i} of the carry was ${showType(leaf)} and comes back as ${showType(other)}.`,
      "A carry keeps its types from turn to turn.",
    );
  });
}
