import type { TypedArray } from "../core/dtype.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { AttributeIds } from "../compiler/simplify.ts";
import type { ExecutionPort } from "../tensor/execution.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Prepared } from "./prepared.ts";
import { prepare } from "./prepared.ts";
import { deviceSettings } from "./settings.ts";
import { capturedBy } from "./trace.ts";
import { decode, heldNode, isGiven, storageOf } from "./values.ts";

/** Programs of graphs that were read, by structure: reading the same expression over other values compiles nothing. */
const programs = new Map<string, Prepared>();
const mostPrograms = 256;
const ids = new AttributeIds();

/** How tensors get their values outside of compiled functions. */
export const readPort: ExecutionPort = {
  async read(tensor: Tensor): Promise<TypedArray> {
    const prepared = programOf([tensor.node]);
    await prepared?.ready;
    computeNow([tensor], prepared);
    return decode(storageOf(tensor.node).peek(), tensor.dtype);
  },
  compute: (tensor: Tensor): void => computeNow([tensor]),
};

/** Computes tensors in one program; from then on they are memory. */
export function computeNow(tensors: readonly Tensor[], known?: Prepared): void {
  const open = tensors.filter((tensor) => !isGiven(tensor.node));
  const nodes = [...new Set(open.map((tensor) => tensor.node))];
  if (nodes.length === 0) return;
  const prepared = known ?? programOf(nodes)!;
  const storages = prepared.run(capturedBy(nodes, new Set()).map(storageOf), 1);
  const held = new Map(nodes.map((node, i) => [node, heldNode(storages[i]!, node.type)]));
  for (const tensor of open) tensor.settle(held.get(tensor.node)!);
}

function programOf(nodes: readonly Node[]): Prepared | undefined {
  if (nodes.every(isGiven)) return undefined;
  const key = structureOf(nodes);
  const known = programs.get(key);
  if (known !== undefined) {
    // The most recently used program goes last.
    programs.delete(key);
    programs.set(key, known);
    return known;
  }
  const prepared = prepare({ name: "read", inputs: capturedBy(nodes, new Set()), outputs: nodes }, 1);
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
    const type = `${node.type.dtype}[${node.type.shape.join()}]`;
    if (isGiven(node)) return `given ${type}`;
    return `${ids.of(node.op)} ${ids.text(node.attributes)} ${type} ${node.inputs.map((input) => place.get(input)).join()}`;
  });
  return [`${device} ${tier} ${relaxedSimd} ${threads}`, ...lines, outputs.map((node) => place.get(node)).join()].join("\n");
}
