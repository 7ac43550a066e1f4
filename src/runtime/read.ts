import type { Memory } from "../backends/backend.ts";
import { BoundedMap } from "../core/bounded-map.ts";
import type { TypedArray } from "../core/dtype.ts";
import { decode } from "../core/encoding.ts";
import type { LiteralAttributes, Node } from "../ir/graph.ts";
import { isGiven } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import type { ExecutionPort } from "../tensor/execution.ts";
import { inputNode } from "../tensor/ops/source.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { structureOf } from "./lazy-inputs.ts";
import { Program } from "./program.ts";
import { deviceSettings, settingsText } from "./settings.ts";
import { capturedBy } from "./trace.ts";
import { Held, heldBy, heldNode, holdNumbers, memoryOf } from "./values.ts";

/** Programs of graphs that were read, by structure: reading the same expression over other values compiles nothing. */
const programs = new BoundedMap<string, Program>(256);

/** How tensors get their values outside of compiled functions. */
export const readPort: ExecutionPort = {
  async read(tensor: Tensor): Promise<TypedArray> {
    if (!isGiven(tensor.node)) await programOf(shortened([tensor.node])).executable.ready;
    computeNow([tensor]);
    return decode(await heldBy(tensor.node).read(), tensor.dtype);
  },
  peek(tensor: Tensor): TypedArray | undefined {
    const node = isGiven(tensor.node) ? tensor.node : computed.get(tensor.node);
    if (node?.attributes instanceof Held) {
      const bytes = node.attributes.peek();
      return bytes && decode(bytes, tensor.dtype);
    }
    return (node?.attributes as Partial<LiteralAttributes> | undefined)?.data;
  },
  compute: (tensor: Tensor): void => computeNow([tensor]),
  hold: holdNumbers,
};

/** Nodes that were computed, for graphs that still mention them. */
const computed = new WeakMap<Node, Node>();

/** Queues the computing of tensors in one program; from then on they are memory. */
export function computeNow(tensors: readonly Tensor[]): void {
  const open = tensors.filter((tensor) => !isGiven(tensor.node));
  if (open.length === 0) return;
  const nodes = [...new Set(open.map((tensor) => tensor.node))].filter((node) => !computed.has(node));
  if (nodes.length > 0) {
    const { roots, program } = programFor(nodes);
    for (const [i, memory] of run(program, roots).entries()) computed.set(nodes[i]!, heldNode(program.backend, memory, nodes[i]!.type));
  }
  for (const tensor of new Set(open)) tensor.settle(computed.get(tensor.node)!);
}

/** As `computeNow`, without blocking while the program is made. */
export async function computeSoon(tensors: readonly Tensor[]): Promise<void> {
  const nodes = [...new Set(tensors.map((tensor) => tensor.node))].filter((node) => !isGiven(node) && !computed.has(node));
  if (nodes.length > 0) await programFor(nodes).program.executable.ready;
  computeNow(tensors);
}

/** Computes nodes into memory that nobody else has. */
export function computeMemories(nodes: readonly Node[]): Memory[] {
  if (nodes.length === 0) return [];
  const { roots, program } = programFor(nodes);
  return run(program, roots);
}

const run = (program: Program, roots: readonly Node[]): Memory[] =>
  program.run(
    capturedBy(roots, new Set()).map((node) => memoryOf(node, program.backend)),
    1,
  );

const programFor = (nodes: readonly Node[]): { roots: Node[]; program: Program } => {
  const roots = shortened(nodes);
  return { roots, program: programOf(roots) };
};

/** The same graphs, with memory in place of whatever was computed before. */
const shortened = (roots: readonly Node[]): Node[] => rewrite(roots, (_, before) => computed.get(before));

function programOf(nodes: readonly Node[]): Program {
  const key = `${settingsText(deviceSettings())}\n${structureOf(nodes)}`;
  const known = programs.get(key);
  if (known !== undefined) return known;
  // Over slots, so that the program keeps none of the tensors it was first made for.
  const slots = new Map(capturedBy(nodes, new Set()).map((node, i) => [node, inputNode(i, node.type)]));
  const graph = { name: "read", inputs: [...slots.values()], outputs: rewrite(nodes, (_, before) => slots.get(before)) };
  const program = new Program(graph, { expectedRuns: 1, isSeldom: true });
  programs.set(key, program);
  return program;
}
