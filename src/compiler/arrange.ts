import { sizeOf } from "../core/shape.ts";
import type { Elementwise, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Accesses } from "./access.ts";
import { updateInPlace } from "./donate.ts";
import { fuse } from "./fuse.ts";
import type { Group } from "./group.ts";
import { nodesOf } from "./group.ts";

/** A graph divided into kernels in an order in which they can run, and what may be written over what. */
export interface Arranged {
  readonly inputs: readonly Node[];
  /** The results, or copies of them where results can't be computed in their places. */
  readonly roots: readonly Node[];
  readonly groups: readonly Group[];
  readonly accesses: Accesses;
  /** The input whose memory each result takes over. */
  readonly overwrites: ReadonlyMap<Node, Node>;
}

export interface ArrangeOptions {
  readonly fusion?: boolean;
  /** For each output the place in `inputs` of the donated input it replaces. */
  readonly donations?: ReadonlyMap<number, number>;
  /** Whether this is the body of a loop: each result has a place of its own, even where two are the same. */
  readonly isBody?: boolean;
}

/** A result that only copies: opens a group of its own, so that it runs when nobody needs the old memory any more. */
export const copy: Elementwise = { name: "copy", kind: "elementwise", infer: ([type]) => type!, scalar: ([x]) => x!, isKept: true };

/** Fuses a graph, with donated inputs updated in place where every other use of them can come before. */
export function arrange(
  inputs: readonly Node[],
  outputs: readonly Node[],
  { fusion = true, donations = new Map(), isBody = false }: ArrangeOptions,
): Arranged {
  const copies = new Set<Node>();
  const copied = (node: Node): Node => {
    const made = makeNode(copy, [node], undefined, node.type);
    copies.add(made);
    return made;
  };
  // Results that are inputs themselves need a copy, unless they stay where they are.
  const roots = outputs.map((root, i) => {
    const isInPlace = donations.has(i) && inputs[donations.get(i)!] === root;
    const isTwice = outputs.indexOf(root) !== i && (donations.has(i) || isBody);
    return !isInPlace && (root.op.kind === "source" || isTwice) ? copied(root) : root;
  });
  const plan = (targets: readonly Node[]): { fused: ReturnType<typeof fuse>; placed: ReturnType<typeof updateInPlace> } => {
    const fused = fuse(targets, { fusion, alone: copies, sideBySide: isBody });
    const wanted = new Map<Node, Node>();
    for (const [output, input] of donations) if (targets[output] !== inputs[input]) wanted.set(targets[output]!, inputs[input]!);
    return { fused, placed: updateInPlace(fused, wanted) };
  };
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
  const groups = placed.groups.filter((group) => nodesOf(group).some((node) => sizeOf(node.type.shape) > 0));
  return { inputs, roots, groups, accesses: fused.accesses, overwrites: placed.overwrites };
}
