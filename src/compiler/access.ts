import { local, registerType } from "../ir/expr.ts";
import type { ContractAttributes, Node, ReduceAttributes } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { keyOf, sameIndices, variable } from "../ir/index.ts";
import type { Watch } from "./pull.ts";
import { Pull } from "./pull.ts";

/** One element of memory that a value depends on: which node's, where, and whether only under a condition. */
export interface Access {
  readonly node: Node;
  readonly indices: readonly Index[];
  readonly guarded: boolean;
}

/** Every access to memory made by computing `root` at these indices; axes it sums over are variables of their own. */
export function accessesOf(root: Node, indices: readonly Index[], isMemory: (node: Node) => boolean, watch?: Watch): Access[] {
  const found: Access[] = [];
  const pull = new Pull(
    (node, at, guard) => {
      if (node === root || !isMemory(node)) return undefined;
      found.push({ node, indices: at, guarded: guard !== undefined });
      // A name of its own for each element, so that positions computed from different ones don't look equal.
      return local(`memory${node.id}[${at.map(keyOf).join()}]`, registerType[node.type.dtype]);
    },
    undefined,
    watch,
  );
  if (isPulled(root)) pull.value(root, indices);
  else for (const [i, input] of root.inputs.entries()) pull.value(input, operandIndices(root, i, indices));
  return found;
}

/** The same for one choice of memory, each looked for once: fusion, updates in place and the layout ask for the same ones. */
export class Accesses {
  readonly isMemory: (node: Node) => boolean;
  /** Where each was asked for last: most often that is everywhere. */
  readonly #known = new Map<Node, { readonly indices: readonly Index[]; readonly found: readonly Access[] }>();

  constructor(memory: ReadonlySet<Node>) {
    this.isMemory = (node) => memory.has(node);
  }

  of(root: Node, indices: readonly Index[]): readonly Access[] {
    let known = this.#known.get(root);
    if (known === undefined || !sameIndices(known.indices, indices)) {
      known = { indices, found: accessesOf(root, indices, this.isMemory) };
      this.#known.set(root, known);
    }
    return known.found;
  }
}

/** Whether a node can be computed inside whatever needs it. */
export function isPulled({ op }: Node): boolean {
  switch (op.kind) {
    case "elementwise":
    case "movement":
    case "gather":
      return true;
    case "source":
      return op.from === "fill" || op.from === "iota";
    default:
      return false;
  }
}

/** The points of an input that one element of a reduction, contraction or serial op reads. */
export function operandIndices(node: Node, input: number, indices: readonly Index[]): Index[] {
  const shape = node.inputs[input]!.type.shape;
  if (node.op.kind === "reduce") {
    const { axes } = node.attributes as ReduceAttributes;
    let next = 0;
    return shape.map((size, axis) => (axes.includes(axis) ? variable(`d${axis}`, size) : indices[next++]!));
  }
  if (node.op.kind === "contract") {
    const { left, right, output } = node.attributes as ContractAttributes;
    return [...(input === 0 ? left : right)].map((letter, axis) => {
      const place = output.indexOf(letter);
      return place >= 0 ? indices[place]! : variable(`sum_${letter}`, shape[axis]!);
    });
  }
  return shape.map((size, axis) => variable(`in${input}_${axis}`, size));
}

/** Variables `d0, d1, ...` over a shape; an axis of size one has no variable. */
export const variablesOver = (shape: readonly number[], name = "d"): Index[] => shape.map((size, axis) => variable(`${name}${axis}`, size));
