import { showType } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { keyOf } from "../ir/index.ts";
import type { Call } from "../ir/program.ts";
import type { Group } from "./group.ts";
import { nodesOf } from "./group.ts";
import type { MemoryMap } from "./lower-loop.ts";
import { sourceOf } from "./movement.ts";
import { AttributeIds, keyOfOp } from "./simplify.ts";

/**
 * Remembers which calls groups became. Most layers of a deep network are like another one (of ResNet-20's 395 groups 122 are different), and
 * lowering costs twenty times as much as describing.
 */
export class AlikeGroups {
  readonly #ids = new AttributeIds();
  /** By description; buffers by place in its memories. */
  readonly #calls = new Map<string, Call>();

  /** The call of a group like one before, over its own memory; of any other what `make` gives. */
  call(group: Group, memory: MemoryMap, make: () => Call): Call {
    const { text, memories } = describe(group, memory, this.#ids);
    const before = this.#calls.get(text);
    if (before !== undefined) return { kernel: before.kernel, buffers: before.buffers.map((place) => memories[place]!) };
    const call = make();
    this.#calls.set(text, { kernel: call.kernel, buffers: call.buffers.map((id) => memories.indexOf(id)) });
    return call;
  }
}

/** What lowering looks at, as text, and the memory it is about: groups of equal text have equal kernels, over the memories in their order. */
interface Description {
  readonly text: string;
  readonly memories: readonly number[];
}

/** Describes a group and all that is pulled into it, down to memory. Nodes and memory are numbered as they are met. */
function describe(group: Group, memory: MemoryMap, ids: AttributeIds): Description {
  const own = new Set(nodesOf(group));
  const places = new Map<Node, number>();
  const memories: number[] = [];
  const lines: string[] = [];
  const stored = (node: Node): string => {
    const place = memory.of(node);
    if (place === undefined) return "";
    const known = memories.indexOf(place.id);
    return `m${known < 0 ? memories.push(place.id) - 1 : known}:${place.length}${memory.isStored(node) ? "!" : ""}`;
  };
  const visit = (node: Node): number => {
    const known = places.get(node);
    if (known !== undefined) return known;
    const at = stored(node);
    // What is in memory is only loaded, wherever it came from.
    const isLoaded = at !== "" && !own.has(node);
    const line = isLoaded ? showType(node.type) : `${meaning(node, ids)}|${node.inputs.map(visit).join()}`;
    const place = places.size;
    places.set(node, place);
    lines.push(`${line}|${at}`);
    return place;
  };
  const members = [...own].map(visit).join();
  const form =
    group.kind === "loop" ? `${group.domain};${group.inner};${group.members.map(({ space, phase }) => space + phase)}` : group.kind;
  return { text: [form, members, ...lines].join("\n"), memories };
}

/** What a node is apart from its inputs. Passes make movements of their own each time, so those say where elements come from. */
function meaning(node: Node, ids: AttributeIds): string {
  if (node.op.kind !== "movement") return keyOfOp(node, ids);
  const { cases, fill } = sourceOf(node, node.op);
  const from = cases.map(({ guards, input, index }) => {
    const conditions = guards.map((guard) => `${guard.min}<=${keyOf(guard.index)}<=${guard.max}`);
    return `${conditions}?${input}[${index.map(keyOf)}]`;
  });
  return `${node.op.name} ${showType(node.type)} ${from.join(";")};${fill}`;
}
