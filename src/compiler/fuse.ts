import type { Shape } from "../core/shape.ts";
import { sameShape } from "../core/shape.ts";
import type { Contract, Node, ReduceAttributes, Scan } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { fixed, plus, sameIndices, times } from "../ir/index.ts";
import { isSameRun, isScan } from "../ir/scan.ts";
import type { Access } from "./access.ts";
import { Accesses, accessesOf, isPulled, variablesOver } from "./access.ts";
import { nestOf } from "./case-axes.ts";
import type { ContractGroup, Group, LoopGroup, LoopMember, ScanGroup } from "./group.ts";
import { nodesOf } from "./group.ts";
import { chooseMemory } from "./memory-nodes.ts";
import { depends, inOrder } from "./order.ts";
import { elements, scalarCost } from "./pull.ts";

export interface Fused {
  /** In an order in which they can run. */
  readonly groups: readonly Group[];
  readonly accesses: Accesses;
}

export interface FusionOptions {
  /** `false` gives every node a kernel of its own, which is what fused programs are compared with. */
  readonly fusion?: boolean;
  /** Nodes that share a kernel with no other. */
  readonly alone?: ReadonlySet<Node>;
  /** Whether elementwise work over the same elements shares a kernel although neither needs the other: in a loop, each kernel is a start and a wait. */
  readonly sideBySide?: boolean;
}

/**
 * Afterwards every computed node of `memory` belongs to exactly one group, and groups depend on each other without cycles. A node joins the
 * group that computes what it reads if it reads it at its own place: elementwise work joins contractions as an epilogue and loops as one
 * more member; reductions and their users over the same rows share a loop.
 */
export function fuse(roots: readonly Node[], options: FusionOptions = {}): Fused {
  const memory = chooseMemory(roots, options.alone ?? new Set());
  if (options.fusion === false) for (const node of topological(roots)) if (node.op.kind !== "source") memory.add(node);
  const accesses = new Accesses(memory);
  const groups = new Groups(memory);
  for (const node of topological(roots)) {
    if (!memory.has(node) || node.op.kind === "source") continue;
    const needed = new Set(
      accesses
        .of(node, variablesOver(node.type.shape))
        .map((access) => groups.home.get(access.node))
        .filter((group) => group !== undefined),
    );
    const isAlone = options.fusion === false || options.alone?.has(node) === true;
    const run = groups.runOf(node);
    if (run !== undefined) {
      run.results.push(node as Node<Scan>);
      groups.join(run, node, needed);
      continue;
    }
    const home = isAlone ? undefined : (findHome(node, needed, groups, accesses) ?? findNeighbour(node, needed, groups, accesses, options));
    if (home === undefined) groups.open(newGroup(node), node, needed, isAlone);
    else groups.join(home, node, needed);
  }
  return { groups: groups.ordered(), accesses };
}

/** A group the node can be computed in: the youngest of those that compute what it reads. */
function findHome(node: Node, needed: ReadonlySet<Group>, groups: Groups, accesses: Accesses): Group | undefined {
  const candidates = [...needed].sort((a, b) => groups.all.indexOf(b) - groups.all.indexOf(a));
  for (const group of candidates) {
    if (groups.isFull(group)) continue;
    const others = [...needed].filter((other) => other !== group);
    if (groups.closed.has(group) || others.some((other) => groups.dependsOn(other, group))) continue;
    if (group.kind === "contract" && isPulled(node) && joinsEpilogue(node, group, accesses)) {
      group.epilogue.push(node);
      return group;
    }
    if (group.kind === "loop" && joinsLoop(node, group, accesses)) return group;
  }
  return undefined;
}

/**
 * A group that reads the same memory in a loop over the same elements: of reductions, because one pass over memory serves several (both sums of
 * batch normalisation's gradient); of elementwise work only where kernels are to be few.
 */
function findNeighbour(
  node: Node,
  needed: ReadonlySet<Group>,
  groups: Groups,
  accesses: Accesses,
  { sideBySide = false }: FusionOptions,
): Group | undefined {
  const isReduction = node.op.kind === "reduce";
  if (!isReduction && !(sideBySide && node.op.kind === "elementwise")) return undefined;
  const domain = isReduction ? node.inputs[0]! : node;
  const readBy = (reader: Node): Node[] => accesses.of(reader, variablesOver(reader.type.shape)).map((access) => access.node);
  const own = new Set(readBy(node).filter((read) => elements(read) >= elements(domain)));
  return groups.all
    .filter((group) => group.kind === "loop")
    .find((group) => {
      if (
        group.inner.length > 0 !== isReduction ||
        !sameShape(group.domain, domain.type.shape) ||
        groups.closed.has(group) ||
        groups.isFull(group)
      )
        return false;
      if ([...needed].some((other) => groups.dependsOn(other, group))) return false;
      return group.members.some((member) => readBy(member.node).some((read) => own.has(read))) && joinsLoop(node, group, accesses);
    });
}

function newGroup(node: Node): Group {
  switch (node.op.kind) {
    case "contract":
      return { kind: "contract", anchor: node as Node<Contract>, epilogue: [] } satisfies ContractGroup;
    case "reduce":
      return {
        kind: "loop",
        domain: node.inputs[0]!.type.shape,
        inner: (node.attributes as ReduceAttributes).axes,
        members: [{ node, space: "outer", phase: 0 }],
      };
    case "elementwise":
    case "movement":
    case "gather":
      return { kind: "loop", domain: node.type.shape, inner: [], members: [{ node, space: "full", phase: 0 }] };
    case "scan":
      return { kind: "scan", results: [node as Node<Scan>] };
    default:
      return { kind: "serial", node };
  }
}

function joinsEpilogue(node: Node, group: ContractGroup, accesses: Accesses): boolean {
  const domain = group.anchor.type.shape;
  const variables = variablesOver(domain);
  const at = placedMerged(node.type.shape, domain, variables);
  if (at === undefined) return false;
  const members = new Set(nodesOf(group));
  return accesses.of(node, at).every(({ node: read, indices, guarded }) => {
    if (!members.has(read)) return true;
    const own = placedMerged(read.type.shape, domain, variables);
    return own !== undefined && !guarded && sameIndices(indices, own);
  });
}

/** Adds the node as a member if it reads other members only at its own place. */
function joinsLoop(node: Node, group: LoopGroup, accesses: Accesses): boolean {
  const variables = variablesOver(group.domain);
  if (node.op.kind === "reduce") {
    const { axes } = node.attributes as ReduceAttributes;
    const fits = sameShape(node.inputs[0]!.type.shape, group.domain);
    const sameAxes = group.inner.length === axes.length && group.inner.every((axis, i) => axis === axes[i]);
    const widens = group.inner.length === 0 && group.members.every((member) => member.space === "full") && !hasCases(group, accesses);
    if (!fits || !(sameAxes || widens)) return false;
    const at = variables.filter((_, axis) => !axes.includes(axis));
    const phase = phaseIn(node, at, { ...group, inner: axes }, accesses);
    if (phase === undefined) return false;
    group.inner = axes;
    group.members.push({ node, space: "outer", phase });
    return true;
  }
  if (!isPulled(node)) return false;
  for (const space of group.inner.length === 0 ? (["full"] as const) : (["full", "outer"] as const)) {
    const { shape, at: own } = spaceOf(group, space);
    const at = placed(node.type.shape, shape, own);
    if (at === undefined) continue;
    const phase = phaseIn(node, at, group, accesses, space);
    if (phase === undefined) continue;
    group.members.push({ node, space, phase });
    return true;
  }
  return false;
}

/** Whether loops write out what the members are at places of an axis one by one, which loops of a sum don't. */
function hasCases({ domain, members }: LoopGroup, { isMemory }: Accesses): boolean {
  const guards: Guard[] = [];
  for (const { node } of members)
    accessesOf(node, placed(node.type.shape, domain, variablesOver(domain))!, isMemory, (_, guard) => {
      if (guard !== undefined) guards.push(guard);
    });
  const axes = domain.map((size, axis) => ({ name: `d${axis}`, size, isInner: false }));
  return (
    nestOf(
      axes.filter(({ size }) => size > 1),
      guards,
      [],
    ).cases.length > 0
  );
}

/** The earliest sweep in which the node can be computed; undefined if it reads a member elsewhere than at its own place. */
function phaseIn(node: Node, at: readonly Index[], group: LoopGroup, accesses: Accesses, space?: "full" | "outer"): number | undefined {
  const members = new Map<Node, LoopMember>(group.members.map((member) => [member.node, member]));
  let phase = 0;
  for (const access of accesses.of(node, at)) {
    const member = members.get(access.node);
    if (member === undefined) continue;
    const { shape, at: own } = spaceOf(group, member.space);
    if (!readsOwnPlace(access, shape, own)) return undefined;
    if (member.space === "full" && space === "outer") return undefined;
    phase = Math.max(phase, member.space === "outer" && space !== "outer" ? member.phase + 1 : member.phase);
  }
  return phase;
}

/** The shape and variables of a member's space. */
export function spaceOf(group: Pick<LoopGroup, "domain" | "inner">, space: "full" | "outer"): { shape: Shape; at: readonly Index[] } {
  const variables = variablesOver(group.domain);
  if (space === "full") return { shape: group.domain, at: variables };
  const kept = group.domain.map((_, axis) => axis).filter((axis) => !group.inner.includes(axis));
  return { shape: kept.map((axis) => group.domain[axis]!), at: kept.map((axis) => variables[axis]!) };
}

/** A space's variables as indices of a node of the same shape but for axes of size one. */
export function placed(shape: Shape, space: Shape, at: readonly Index[]): Index[] | undefined {
  const wide = at.filter((_, axis) => space[axis] !== 1);
  const sizes = space.filter((size) => size !== 1);
  if (
    !sameShape(
      shape.filter((size) => size !== 1),
      sizes,
    )
  )
    return undefined;
  let next = 0;
  return shape.map((size) => (size === 1 ? fixed(0) : wide[next++]!));
}

/** As `placed`, for nodes that may also have neighbouring axes of the space in one: their reshaped result. */
export function placedMerged(shape: Shape, space: Shape, at: readonly Index[]): Index[] | undefined {
  const indices: Index[] = [];
  let next = 0;
  for (const size of shape) {
    let index = fixed(0);
    let reached = 1;
    for (; reached < size && next < space.length; next++) {
      index = plus(times(index, space[next]!), at[next]!);
      reached *= space[next]!;
    }
    if (reached !== size) return undefined;
    indices.push(index);
  }
  return space.slice(next).every((size) => size === 1) ? indices : undefined;
}

function readsOwnPlace(access: Access, space: Shape, at: readonly Index[]): boolean {
  const own = placed(access.node.type.shape, space, at);
  return own !== undefined && !access.guarded && sameIndices(access.indices, own);
}

/** Of one kernel: V8 takes functions of 765,432 bytes, which are some 1,600 sines. */
const mostInstructions = 4096;

/** Those of what is computed for a node from memory, each counted once. */
function instructionsOf(root: Node, memory: ReadonlySet<Node>): number {
  const met = new Set([root]);
  let sum = 0;
  for (const node of met) {
    sum += scalarCost(node);
    for (const input of node.inputs) if (!memory.has(input)) met.add(input);
  }
  return sum;
}

/** The groups so far and who needs whom. */
class Groups {
  readonly all: Group[] = [];
  readonly home = new Map<Node, Group>();
  readonly closed = new Set<Group>();
  readonly #needs = new Map<Group, Set<Group>>();
  readonly #instructions = new Map<Group, number>();
  readonly #memory: ReadonlySet<Node>;

  constructor(memory: ReadonlySet<Node>) {
    this.#memory = memory;
  }

  /** The group of another result of the same run. */
  runOf(node: Node): ScanGroup | undefined {
    if (!isScan(node)) return undefined;
    return this.all.filter((group) => group.kind === "scan").find((group) => isSameRun(group.results[0]!, node));
  }

  open(group: Group, node: Node, needed: ReadonlySet<Group>, isAlone: boolean): void {
    if (isAlone) this.closed.add(group);
    this.all.push(group);
    this.#needs.set(group, new Set(needed));
    this.#settle(group, node);
  }

  join(group: Group, node: Node, needed: ReadonlySet<Group>): void {
    const needs = this.#needs.get(group)!;
    for (const other of needed) if (other !== group) needs.add(other);
    this.#settle(group, node);
  }

  #settle(group: Group, node: Node): void {
    this.home.set(node, group);
    this.#instructions.set(group, (this.#instructions.get(group) ?? 0) + instructionsOf(node, this.#memory));
  }

  /** Whether one more would make a function that engines refuse, or that compilers need minutes for. */
  isFull(group: Group): boolean {
    return (this.#instructions.get(group) ?? 0) > mostInstructions;
  }

  /** Whether `group` needs `other`, directly or not. */
  dependsOn(group: Group, other: Group): boolean {
    return depends(group, other, this.#needs);
  }

  ordered(): Group[] {
    return inOrder(this.all, this.#needs);
  }
}
