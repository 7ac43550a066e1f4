import { sameShape, sizeOf } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { isGiven, topological } from "../ir/graph.ts";
import { AttributeIds } from "./simplify.ts";

/** A graph in which no two nodes are the same, as places in a list: inputs before those who use them. */
export interface DistinctNodes {
  readonly nodes: readonly Node[];
  /** Places of each node's inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** Elements of each node. */
  readonly sizes: readonly number[];
  readonly roots: ReadonlySet<number>;
  /** Whether a node's value comes from outside. */
  readonly isGiven: readonly boolean[];
}

/**
 * A graph's nodes without those that are equal, as `simplify` finds them, but without a text for every node: only nodes with the same op,
 * inputs and number of elements are compared in full. What lies below `leaves` isn't looked at.
 */
export function distinctNodes(roots: readonly Node[], leaves?: ReadonlySet<Node>): DistinctNodes {
  const nodes: Node[] = [];
  const inputs: (readonly number[])[] = [];
  const sizes: number[] = [];
  const given: boolean[] = [];
  const places = new Map<Node, number>();
  const ops = new Map<unknown, number>();
  const ids = new AttributeIds();
  /** By hash the last place that has it, and for each place the one before. */
  const last = new Map<number, number>();
  const before: (number | undefined)[] = [];
  for (const node of topological(roots, leaves)) {
    const isLeaf = isGiven(node) || leaves?.has(node) === true;
    const own = isLeaf ? [] : node.inputs.map((input) => places.get(input)!);
    const size = sizeOf(node.type.shape);
    const op = ops.get(node.op) ?? ops.size;
    ops.set(node.op, op);
    const hash = hashOf(op, size, own, node.attributes);
    let place = isLeaf ? undefined : last.get(hash);
    while (place !== undefined && !isSame(node, own, nodes[place]!, inputs[place]!, ids)) place = before[place];
    if (place === undefined) {
      place = nodes.length;
      nodes.push(node);
      inputs.push(own);
      sizes.push(size);
      given.push(isLeaf);
      before.push(last.get(hash));
      last.set(hash, place);
    }
    places.set(node, place);
  }
  return { nodes, inputs, sizes, roots: new Set(roots.map((root) => places.get(root)!)), isGiven: given };
}

/** Of attributes only the number that a fill has: other nodes without inputs are few. */
function hashOf(op: number, size: number, inputs: readonly number[], attributes: unknown): number {
  let hash = Math.imul(op + 1, 0x9e3779b1) ^ size;
  for (const input of inputs) hash = Math.imul(hash ^ (hash >>> 15) ^ input, 0x85ebca6b);
  if (inputs.length === 0)
    for (const char of String((attributes as { value?: number } | undefined)?.value)) hash = Math.imul(hash, 31) + char.charCodeAt(0);
  return hash ^ (hash >>> 13);
}

function isSame(a: Node, inputsOfA: readonly number[], b: Node, inputsOfB: readonly number[], ids: AttributeIds): boolean {
  if (a.op !== b.op || a.type.dtype !== b.type.dtype || inputsOfA.length !== inputsOfB.length) return false;
  for (let i = 0; i < inputsOfA.length; i++) if (inputsOfA[i] !== inputsOfB[i]) return false;
  return sameShape(a.type.shape, b.type.shape) && (a.attributes === b.attributes || ids.text(a.attributes) === ids.text(b.attributes));
}
