import type { Node } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { sameIndices } from "../ir/index.ts";
import type { Accesses } from "./access.ts";
import { isPulled, variablesOver } from "./access.ts";
import type { Fused } from "./fuse.ts";
import { placed, placedMerged, spaceOf } from "./fuse.ts";
import type { Group } from "./group.ts";
import { nodesOf } from "./group.ts";
import { depends, inOrder } from "./order.ts";

/** What may be written over what: results in place of donated inputs, and the order of groups that makes it right. */
export interface InPlace {
  /** The input each result overwrites. */
  readonly overwrites: ReadonlyMap<Node, Node>;
  readonly groups: readonly Group[];
  /** Results that must be computed elsewhere first and copied at the end. */
  readonly conflicts: readonly Node[];
}

/**
 * Lets each result overwrite its input where every other use of the input can come before, and within the group that computes it every use
 * is of the element being replaced.
 */
export function updateInPlace(fused: Fused, wanted: ReadonlyMap<Node, Node>): InPlace {
  const { accesses } = fused;
  const reads = new Map<Group, ReturnType<typeof readsOf>>(fused.groups.map((group) => [group, readsOf(group, accesses)]));
  const home = new Map<Node, Group>(fused.groups.flatMap((group) => nodesOf(group).map((node): [Node, Group] => [node, group])));
  const before = new Map<Group, Set<Group>>();
  for (const group of fused.groups) {
    before.set(
      group,
      new Set(
        reads
          .get(group)!
          .map(({ node }) => home.get(node))
          .filter((other) => other !== undefined && other !== group) as Group[],
      ),
    );
  }
  const readersOf = new Map<Node, Set<Group>>();
  for (const [group, all] of reads) for (const { node } of all) readersOf.set(node, (readersOf.get(node) ?? new Set()).add(group));
  const overwrites = new Map<Node, Node>();
  const conflicts: Node[] = [];
  for (const [result, input] of wanted) {
    const writer = home.get(result);
    const taken = [...overwrites.values()].includes(input);
    const sameType = result.type.dtype === input.type.dtype;
    if (writer === undefined || taken || !sameType || overwrites.has(result) || !readsItsPlace(writer, result, input, accesses)) {
      conflicts.push(result);
      continue;
    }
    const readers = [...(readersOf.get(input) ?? [])].filter((group) => group !== writer);
    if (readers.some((reader) => depends(reader, writer, before))) {
      conflicts.push(result);
      continue;
    }
    for (const reader of readers) before.get(writer)!.add(reader);
    overwrites.set(result, input);
  }
  const depth = (group: Group): number => Math.max(...nodesOf(group).map((node) => node.depth));
  const needed = new Set([...before.values()].flatMap((others) => [...others]));
  const last = fused.groups.filter((group) => !needed.has(group)).sort((a, b) => depth(a) - depth(b));
  return { overwrites, conflicts, groups: inOrder(last, before) };
}

interface Read {
  readonly node: Node;
  readonly by: Node;
  readonly indices: readonly Index[];
  readonly guarded: boolean;
}

/** What a group's members read, at the places of the group's own variables. */
export function readsOf(group: Group, accesses: Accesses): Read[] {
  return nodesOf(group).flatMap((by) => accesses.of(by, placeIn(group, by)).map((access) => ({ ...access, by })));
}

function placeIn(group: Group, node: Node): readonly Index[] {
  switch (group.kind) {
    case "loop": {
      const member = group.members.find((candidate) => candidate.node === node)!;
      const { shape, at } = spaceOf(group, member.space);
      return placed(node.type.shape, shape, at)!;
    }
    case "contract": {
      const domain = group.anchor.type.shape;
      return placedMerged(node.type.shape, domain, variablesOver(domain))!;
    }
    case "serial":
    case "scan":
      return variablesOver(node.type.shape);
  }
}

/** Whether, in the group that computes `result`, the input is read only where and when it's about to be replaced. */
function readsItsPlace(group: Group, result: Node, input: Node, accesses: Accesses): boolean {
  const reads = readsOf(group, accesses).filter((read) => read.node === input);
  if (reads.length === 0) return true;
  if (group.kind === "serial" || group.kind === "scan") return false;
  const own = placeIn(group, result);
  const wide = own.filter((_, axis) => result.type.shape[axis] !== 1);
  return reads.every(({ by, indices, guarded }) => {
    const there = indices.filter((_, axis) => input.type.shape[axis] !== 1);
    if (guarded || !isPulled(by) || !sameIndices(there, wide)) return false;
    if (group.kind === "contract") return true;
    const reader = group.members.find((member) => member.node === by)!;
    const writer = group.members.find((member) => member.node === result)!;
    return reader.space === writer.space && reader.phase === writer.phase;
  });
}
