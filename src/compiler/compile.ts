import { bytesOf } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../ir/expr.ts";
import type { Elementwise, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Kernel, Statement } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import type { Call, Program, ProgramBuffer } from "../ir/program.ts";
import { planArena } from "./arena.ts";
import { arrangeOperands } from "./arrange-operands.ts";
import { bind } from "./bind.ts";
import { readsOf, updateInPlace } from "./donate.ts";
import { expand } from "./expand.ts";
import { foldContractions } from "./fold-contractions.ts";
import { fuse } from "./fuse.ts";
import type { Group } from "./group.ts";
import { nodesOf } from "./group.ts";
import { Interner } from "./intern.ts";
import type { Memory } from "./kernel-scope.ts";
import { lowerContract } from "./lower-contract.ts";
import type { Lowered, MemoryMap } from "./lower-loop.ts";
import { lowerLoop } from "./lower-loop.ts";
import { lowerSerial } from "./lower-serial.ts";
import { simplify } from "./simplify.ts";

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
}

/** A result that only copies: opens a group of its own, so that it runs when nobody needs the old memory any more. */
const copy: Elementwise = { name: "copy", kind: "elementwise", infer: ([type]) => type!, scalar: ([x]) => x!, isKept: true };

export interface CompilerOptions {
  /** `false` gives every node a kernel of its own. */
  readonly fusion?: boolean;
}

/** From graph to program: simplify, fuse, update in place, lower each group, expand, bind, plan memory. */
export function compile(traced: Traced, limits: Limits, options: CompilerOptions = {}): Compiled {
  const work = compiling(traced, limits, options);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** As `compile`, with pauses between passes and kernels, for callers that must not be blocked for long. */
export function* compiling(traced: Traced, limits: Limits, options: CompilerOptions = {}): Generator<undefined, Compiled> {
  const donations = traced.donations ?? new Map<number, number>();
  // Results that are inputs themselves need a copy, unless they stay where they are.
  const simplified = simplify(arrangeOperands(foldContractions(simplify(traced.outputs))));
  const copies = new Set<Node>();
  const copied = (node: Node): Node => {
    const made = makeNode(copy, [node], undefined, node.type);
    copies.add(made);
    return made;
  };
  const roots = simplified.map((root, i) => {
    const isInPlace = donations.has(i) && traced.inputs[donations.get(i)!] === root;
    const isTwice = simplified.indexOf(root) !== i && donations.has(i);
    return !isInPlace && (root.op.kind === "source" || isTwice) ? copied(root) : root;
  });
  const plan = (targets: readonly Node[]): { fused: ReturnType<typeof fuse>; placed: ReturnType<typeof updateInPlace> } => {
    const fused = fuse(targets, { ...options, alone: copies });
    const wanted = new Map<Node, Node>();
    for (const [output, input] of donations)
      if (targets[output] !== traced.inputs[input]) wanted.set(targets[output]!, traced.inputs[input]!);
    return { fused, placed: updateInPlace(fused, wanted) };
  };
  yield;
  let { fused, placed } = plan(roots);
  if (placed.conflicts.length > 0) {
    for (const conflict of placed.conflicts) {
      const i = roots.findIndex((root, at) => root === conflict && donations.has(at));
      copies.add(conflict);
      roots[i] = copied(conflict);
    }
    ({ fused, placed } = plan(roots));
    if (placed.conflicts.length > 0) throw new Error("a copy at the end can always be made in place");
  }
  yield;
  const groups = placed.groups.filter((group) => nodesOf(group).some((node) => sizeOf(node.type.shape) > 0));
  const layout = new Layout(traced.inputs, roots, placed.overwrites, groups, fused.memory);
  const needed = groups.filter((group) => nodesOf(group).some(layout.isStored));
  return {
    ...(yield* emit(traced.name, needed, layout, limits)),
    outputs: roots.map((root) => ({ argument: layout.argumentOf(root) })),
    groups: needed,
  };
}

/** Which memory each node has. */
class Layout implements MemoryMap {
  readonly memories: Memory[] = [];
  readonly arguments: number[] = [];
  readonly #byNode = new Map<Node, Memory>();
  readonly #stored = new Set<Node>();

  constructor(
    inputs: readonly Node[],
    roots: readonly Node[],
    overwrites: ReadonlyMap<Node, Node>,
    groups: readonly Group[],
    memory: ReadonlySet<Node>,
  ) {
    const isMemory = (node: Node): boolean => memory.has(node);
    for (const node of inputs) this.arguments.push(this.#place(node).id);
    for (const [result, input] of overwrites) this.#byNode.set(result, this.#byNode.get(input)!);
    for (const root of roots) {
      this.#stored.add(root);
      if (!this.#byNode.has(root)) this.arguments.push(this.#place(root).id);
    }
    // From the last group back: what nobody reads needn't be stored, and a group that stores nothing reads nothing.
    for (const group of [...groups].reverse()) {
      const own = new Set(nodesOf(group));
      if (![...own].some((node) => this.#stored.has(node))) continue;
      for (const { node, by } of readsOf(group, isMemory)) {
        const isLater = own.has(node) && group.kind === "loop" && isFullAndEarlier(group, node, by);
        if (node.op.kind !== "source" && (!own.has(node) || isLater)) this.#stored.add(node);
      }
    }
    for (const node of this.#stored) if (!this.#byNode.has(node)) this.#place(node);
  }

  #place(node: Node): Memory {
    const memory: Memory = { id: this.memories.length, dtype: node.type.dtype, length: sizeOf(node.type.shape) };
    this.memories.push(memory);
    this.#byNode.set(node, memory);
    return memory;
  }

  readonly of = (node: Node): Memory | undefined => this.#byNode.get(node);
  readonly isStored = (node: Node): boolean => this.#stored.has(node);
  argumentOf(root: Node): number {
    return this.arguments.indexOf(this.#byNode.get(root)!.id);
  }
}

function isFullAndEarlier(group: Extract<Group, { kind: "loop" }>, node: Node, by: Node): boolean {
  const producer = group.members.find((member) => member.node === node)!;
  const reader = group.members.find((member) => member.node === by)!;
  return producer.space === "full" && reader.phase > producer.phase;
}

function* emit(name: string, groups: readonly Group[], layout: Layout, limits: Limits): Generator<undefined, { program: Program }> {
  const kernels: Kernel[] = [];
  const byName = new Map<string, number[]>();
  const calls: Call[] = [];
  for (const group of groups) {
    const lowered = lower(group, layout, limits);
    const kernel = finish(lowered, limits);
    yield;
    // Kernels are compared in full only where their names and sizes agree.
    const base = nameOf(group);
    const alike = byName.get(base) ?? [];
    let index = alike.find((candidate) => isSameKernel(kernels[candidate]!, kernel));
    if (index === undefined) {
      index = kernels.length;
      kernels.push({ ...kernel, name: alike.length === 0 ? base : `${base}_${alike.length + 1}` });
      byName.set(base, [...alike, index]);
    }
    calls.push({ kernel: index, buffers: lowered.scope.arguments });
  }
  return { program: planMemory(name, kernels, calls, layout) };
}

function isSameKernel(a: Kernel, b: Kernel): boolean {
  const text = (kernel: Kernel): string =>
    JSON.stringify({ ...kernel, name: "" }, (_, value: unknown) =>
      typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `${1 / value} ${value}` : value,
    );
  return (
    a.work.operations === b.work.operations &&
    a.buffers.length === b.buffers.length &&
    a.range.extent === b.range.extent &&
    text(a) === text(b)
  );
}

function lower(group: Group, memory: MemoryMap, limits: Limits): Lowered {
  switch (group.kind) {
    case "loop":
      return lowerLoop(group, memory, limits);
    case "contract":
      return lowerContract(group, memory, limits);
    case "serial":
      return lowerSerial(group, memory, limits);
  }
}

/** Expands what the target can't do in one instruction, then shares and hoists. */
function finish({ scope, range, body, operations }: Lowered, limits: Limits): Kernel {
  const memo = new Map<Expr, Expr>();
  const expanded = limits.expandTranscendentals ? mapExpressions(body, (expr) => expand(expr, memo)) : body;
  const buffers = scope.buffers;
  const bytes = buffers.reduce((sum, buffer) => sum + (buffer.access === "scratch" ? 0 : buffer.length * bytesOf(buffer.dtype)), 0);
  return { name: "", buffers, range, body: bind(expanded, range.variable, buffers, new Interner()), work: { operations, bytes } };
}

function mapExpressions(statements: readonly Statement[], change: (expr: Expr) => Expr): Statement[] {
  return statements.map((statement): Statement => {
    switch (statement.kind) {
      case "let":
      case "declare":
      case "assign":
        return { ...statement, value: change(statement.value) };
      case "store":
        return { ...statement, value: change(statement.value) };
      case "if":
      case "loop":
        return { ...statement, body: mapExpressions(statement.body, change) };
    }
  });
}

/** A kernel's name says what it computes and over which shape. */
function nameOf(group: Group): string {
  const nodes = nodesOf(group);
  const anchor = group.kind === "loop" ? (nodes.find((node) => node.op.kind === "reduce") ?? nodes.at(-1)!) : nodes[0]!;
  const shape = group.kind === "loop" ? group.domain : anchor.type.shape;
  const suffix = nodes.length > 1 && anchor !== nodes.at(-1) ? `_${nodes.at(-1)!.op.name}` : "";
  return `${anchor.op.name}${suffix}_${shape.length === 0 ? "scalar" : shape.join("x")}`.replace(/[^A-Za-z0-9_]/g, "_");
}

function planMemory(name: string, kernels: readonly Kernel[], calls: readonly Call[], layout: Layout): Program {
  const isArgument = new Set(layout.arguments);
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (const [i, call] of calls.entries()) {
    for (const buffer of call.buffers) {
      if (!first.has(buffer)) first.set(buffer, i);
      last.set(buffer, i);
    }
  }
  const inArena = layout.memories.filter((memory) => !isArgument.has(memory.id) && first.has(memory.id));
  const { offsets, byteLength } = planArena(
    inArena.map((memory) => ({
      byteLength: memory.length * bytesOf(memory.dtype),
      first: first.get(memory.id)!,
      last: last.get(memory.id)!,
    })),
  );
  const offsetOf = new Map(inArena.map((memory, i) => [memory.id, offsets[i]!]));
  const buffers = layout.memories.map((memory): ProgramBuffer => {
    const { dtype, length } = memory;
    if (isArgument.has(memory.id)) return { dtype, length, place: { kind: "argument" } };
    return { dtype, length, place: { kind: "temporary", offset: offsetOf.get(memory.id) ?? 0 } };
  });
  const accesses = new Map<number, "read" | "write" | "update">();
  for (const call of calls) {
    const args = kernels[call.kernel]!.buffers.filter((buffer) => buffer.access !== "scratch");
    for (const [i, buffer] of call.buffers.entries()) {
      const access = args[i]!.access as "read" | "write" | "update";
      const before = accesses.get(buffer);
      accesses.set(buffer, before === undefined || before === access ? access : before === "write" ? "write" : "update");
    }
  }
  return {
    name,
    buffers,
    kernels,
    calls,
    arguments: layout.arguments.map((buffer) => ({ buffer, access: accesses.get(buffer) ?? "read" })),
    arenaBytes: byteLength,
  };
}
