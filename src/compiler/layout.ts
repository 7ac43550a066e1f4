import type { TensorType } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import type { Arranged } from "./arrange.ts";
import { readsOf } from "./donate.ts";
import type { Group } from "./group.ts";
import { nodesOf } from "./group.ts";
import type { Memory } from "./kernel-scope.ts";
import type { MemoryMap } from "./lower-loop.ts";

/** All pieces of memory of a program. */
export class Memories {
  readonly all: Memory[] = [];

  place({ dtype, shape }: TensorType, view?: NonNullable<Memory["view"]>): Memory {
    const memory: Memory = { id: this.all.length, dtype, length: sizeOf(shape), ...(view === undefined ? {} : { view }) };
    this.all.push(memory);
    return memory;
  }
}

/** Which memory each node of a graph has. What is `given` is somewhere already; other inputs and results are the program's arguments. */
export class Layout implements MemoryMap {
  readonly memories: Memories;
  readonly arguments: number[] = [];
  /** The groups whose results somebody needs. */
  readonly groups: readonly Group[];
  readonly #byNode = new Map<Node, Memory>();
  readonly #stored = new Set<Node>();

  constructor({ inputs, roots, overwrites, groups, accesses }: Arranged, memories: Memories, given: ReadonlyMap<Node, Memory> = new Map()) {
    this.memories = memories;
    for (const [node, place] of given) this.#byNode.set(node, place);
    for (const node of inputs) if (!given.has(node)) this.arguments.push(this.#place(node).id);
    for (const [result, input] of overwrites) this.#byNode.set(result, this.#byNode.get(input)!);
    for (const root of roots) {
      this.#stored.add(root);
      if (!this.#byNode.has(root)) this.arguments.push(this.#place(root).id);
    }
    // From the last group back: what nobody reads needn't be stored, and a group that stores nothing reads nothing.
    for (const group of [...groups].reverse()) {
      const own = new Set(nodesOf(group));
      if (![...own].some((node) => this.#stored.has(node))) continue;
      for (const { node, by } of readsOf(group, accesses)) {
        const isLater = own.has(node) && group.kind === "loop" && isFullAndEarlier(group, node, by);
        if (node.op.kind !== "source" && (!own.has(node) || isLater)) this.#stored.add(node);
      }
    }
    this.groups = groups.filter((group) => nodesOf(group).some(this.isStored));
    for (const node of this.#stored) if (!this.#byNode.has(node)) this.#place(node);
  }

  #place(node: Node): Memory {
    const memory = this.memories.place(node.type);
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
