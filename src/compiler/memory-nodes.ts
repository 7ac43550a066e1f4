import { sizeOf } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { isScan } from "../ir/scan.ts";
import { isPulled } from "./access.ts";
import { isJoined } from "./joined.ts";
import { keepDeep } from "./keep-deep.ts";
import { keepOperand } from "./keep-operand.ts";
import { keepPieces } from "./keep-pieces.ts";
import { elements, inlineCost, neighbours } from "./pull.ts";

/** Recomputing this many instructions is no dearer than a trip to memory. */
const cheap = 6;
/** A value that is read many times by a larger consumer is worth keeping from this many instructions on. */
const worthKeeping = 12;

/** What is so much smaller than its user, and the user large, is worth keeping from fewer on: a channel's factor, say. */
const fewRepeated = 3;
const many = 2 ** 14;

/**
 * Decides which nodes become memory; all others are computed where they are used. Memory are: what comes from outside, results, `copies`, whatever
 * can't be pulled (reductions, contractions, ...), operands of contractions that aren't plain views of memory (each element is read many
 * times), costly values with several users, and what would make an expression too deep.
 */
export function chooseMemory(roots: readonly Node[], copies: ReadonlySet<Node>): Set<Node> {
  const order = topological(roots);
  const memory = new Set<Node>(order.filter((node) => !isPulled(node) || (node.op.kind === "elementwise" && node.op.isKept === true)));
  for (const copy of copies) memory.add(copy);
  for (const root of roots) if (root.op.kind !== "source") memory.add(root);
  for (const node of order) {
    if (node.op.kind === "contract") for (const operand of node.inputs) keepOperand(operand, memory);
    if (isScan(node)) keepPieces(node, memory);
    if (node.op.kind === "shuffle") for (const operand of node.inputs) if (isPulled(operand)) memory.add(operand);
  }
  keepShared(order, memory);
  keepDeep(order, memory);
  return memory;
}

/** Whether a pulled value that takes `cost` instructions would be computed again and again: for several others, or for a larger one. */
export function isWorthKeeping({ cost, size, isShared, largest }: Repeated): boolean {
  if (isShared && cost > (size === 1 ? worthKeeping : cheap)) return true;
  return (cost > worthKeeping && largest >= 4 * size) || (cost > fewRepeated && largest >= Math.max(many, neighbours * size));
}

interface Repeated {
  readonly cost: number;
  readonly size: number;
  /** Whether more than one value in memory needs it. */
  readonly isShared: boolean;
  /** Elements of its largest user. */
  readonly largest: number;
}

/** Keeps pulled values that would be computed again and again. */
function keepShared(order: readonly Node[], memory: Set<Node>): void {
  const users = new Map<Node, Node[]>();
  for (const node of order) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  const reached = new Map<Node, Set<Node>>();
  for (const node of [...order].reverse()) {
    const roots = new Set<Node>();
    for (const user of users.get(node) ?? []) {
      if (memory.has(user)) roots.add(user);
      else for (const root of reached.get(user) ?? []) roots.add(root);
    }
    reached.set(node, roots);
  }
  const costs = new Map<Node, number>();
  for (const node of order) {
    if (memory.has(node) || node.op.kind === "source" || sizeOf(node.type.shape) === 0) continue;
    // What is only read in part isn't worth computing whole.
    const reads = (users.get(node) ?? []).reduce((sum, user) => sum + elements(user), 0);
    if (sizeOf(node.type.shape) > 2 * reads) continue;
    const cost = inlineCost(node, (n) => memory.has(n), costs);
    // Of several inputs laid side by side, each is there once.
    const largest = Math.max(0, ...(users.get(node) ?? []).map((user) => (isJoined(user) ? elements(node) : elements(user))));
    const isShared = (reached.get(node)?.size ?? 0) >= 2;
    if (isWorthKeeping({ cost, size: elements(node), isShared, largest })) {
      memory.add(node);
      costs.set(node, 1);
    }
  }
}
