import type { Storage } from "../backends/storage.ts";
import { AttributeIds, keyOfOp } from "../compiler/simplify.ts";
import type { TypedArray } from "../core/dtype.ts";
import { showType } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import type { ExecutionPort } from "../tensor/execution.ts";
import { inputNode } from "../tensor/ops/source.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Prepared } from "./prepared.ts";
import { prepare } from "./prepared.ts";
import { deviceSettings } from "./settings.ts";
import { capturedBy } from "./trace.ts";
import { decode, heldNode, holdNumbers, isGiven, storageOf } from "./values.ts";

/** Programs of graphs that were read, by structure: reading the same expression over other values compiles nothing. */
const programs = new Map<string, Prepared>();
const mostPrograms = 256;
/** Programs that hold more memory than this are made anew each time, rather than kept. */
const mostBytes = 2 ** 24;
const ids = new AttributeIds();

/** How tensors get their values outside of compiled functions. */
export const readPort: ExecutionPort = {
  async read(tensor: Tensor): Promise<TypedArray> {
    if (!isGiven(tensor.node)) await programOf(shortened([tensor.node])).ready;
    computeNow([tensor]);
    const storage = storageOf(tensor.node);
    const bytes = new Uint8Array(storage.byteLength);
    storage.copyTo(bytes);
    return decode(bytes, tensor.dtype);
  },
  compute: (tensor: Tensor): void => computeNow([tensor]),
  hold: holdNumbers,
};

/** Nodes that were computed, for graphs that still mention them. */
const computed = new WeakMap<Node, Node>();

/** Computes tensors in one program; from then on they are memory. */
export function computeNow(tensors: readonly Tensor[]): void {
  const open = tensors.filter((tensor) => !isGiven(tensor.node));
  if (open.length === 0) return;
  const nodes = [...new Set(open.map((tensor) => tensor.node))].filter((node) => !computed.has(node));
  for (const [i, storage] of computeStorages(nodes).entries()) computed.set(nodes[i]!, heldNode(storage, nodes[i]!.type));
  for (const tensor of new Set(open)) tensor.settle(computed.get(tensor.node)!);
}

/** As `computeNow`, without blocking while the program is made. */
export async function computeSoon(tensors: readonly Tensor[]): Promise<void> {
  const nodes = [...new Set(tensors.map((tensor) => tensor.node))].filter((node) => !isGiven(node) && !computed.has(node));
  if (nodes.length > 0) await programOf(shortened(nodes)).ready;
  computeNow(tensors);
}

/** Computes nodes into memory that nobody else has. */
export function computeStorages(nodes: readonly Node[]): Storage[] {
  if (nodes.length === 0) return [];
  const roots = shortened(nodes);
  const program = programOf(roots);
  const storages = program.run(capturedBy(roots, new Set()).map(storageOf), 1);
  if (program.memoryBytes > mostBytes) programs.delete(structureOf(roots));
  return storages;
}

/** The same graphs, with memory in place of whatever was computed before. */
const shortened = (roots: readonly Node[]): Node[] => rewrite(roots, (_, before) => computed.get(before));

function programOf(nodes: readonly Node[]): Prepared {
  const key = structureOf(nodes);
  const known = programs.get(key);
  if (known !== undefined) {
    // The most recently used program goes last.
    programs.delete(key);
    programs.set(key, known);
    return known;
  }
  // Over slots, so that the program keeps none of the tensors it was first made for.
  const slots = new Map(capturedBy(nodes, new Set()).map((node, i) => [node, inputNode(i, node.type)]));
  const prepared = prepare({ name: "read", inputs: [...slots.values()], outputs: rewrite(nodes, (_, before) => slots.get(before)) }, 1);
  programs.set(key, prepared);
  if (programs.size > mostPrograms) programs.delete(programs.keys().next().value!);
  return prepared;
}

/** Equal text, equal program. */
function structureOf(outputs: readonly Node[]): string {
  const place = new Map<Node, number>();
  const { device, tier, relaxedSimd, threads } = deviceSettings();
  const lines = topological(outputs).map((node, i) => {
    place.set(node, i);
    if (isGiven(node)) return `given ${showType(node.type)}`;
    return `${keyOfOp(node, ids)}|${node.inputs.map((input) => place.get(input)).join()}`;
  });
  return [`${device} ${tier} ${relaxedSimd} ${threads}`, ...lines, outputs.map((node) => place.get(node)).join()].join("\n");
}
