import { sameShape, showType, sizeOf } from "../core/shape.ts";
import { local, registerType } from "../ir/expr.ts";
import type { Described, Node } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import { fillNode } from "../tensor/ops/source.ts";
import { identity } from "./identity.ts";

/**
 * Afterwards no two nodes compute the same thing, none gives back its input, and none works on empty tensors. Types don't change. (Views of views, constants and identities need no pass of their own:
 * they vanish when a consumer pulls through them.)
 */
export function simplify(roots: readonly Node[]): Node[] {
  const known = new Map<string, Node>();
  const ids = new AttributeIds();
  return rewrite(roots, (node) => {
    if (isEmpty(node)) return emptied(node);
    if (changesNothing(node)) return node.inputs[0]!;
    const key = `${keyOfOp(node, ids)}|${node.inputs.map((input) => input.id).join()}`;
    const same = known.get(key) ?? node;
    known.set(key, same);
    return same;
  });
}

/** Whether a value takes no work: it has no elements, or sums no elements up. */
function isEmpty({ op, type, inputs }: Node): boolean {
  if (sizeOf(type.shape) === 0) return op.kind !== "source" || op.from === "iota";
  return (
    (op.kind === "reduce" || op.kind === "contract" || op.kind === "scatter") && inputs.some((input) => sizeOf(input.type.shape) === 0)
  );
}

function emptied({ op, type }: Node): Node {
  const value = op.kind === "reduce" && sizeOf(type.shape) > 0 ? identity(op.combine, registerType[type.dtype]).value : 0;
  return fillNode(value, type.dtype, type.shape);
}

/** Whether an elementwise op gives back its only input: markers that meant something while gradients were taken. */
function changesNothing({ op, type, inputs, attributes }: Node): boolean {
  const [input] = inputs;
  if (op.kind !== "elementwise" || inputs.length !== 1 || input!.type.dtype !== type.dtype || !sameShape(input!.type.shape, type.shape))
    return false;
  if (op.isKept === true) return false;
  const x = local("x", registerType[type.dtype]);
  return op.scalar([x], attributes, type) === x;
}

/** What a node is apart from its inputs: equal text, equal meaning. */
export const keyOfOp = (node: Node, ids: AttributeIds): string => `${ids.of(node.op)}|${ids.text(node.attributes)}|${showType(node.type)}`;

/** Stable text for attributes: plain data by value, everything else (buffers, functions) by identity. */
export class AttributeIds {
  readonly #ids = new Map<unknown, number>();

  of(thing: unknown): number {
    const id = this.#ids.get(thing) ?? this.#ids.size;
    this.#ids.set(thing, id);
    return id;
  }

  text(value: unknown): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((item) => this.text(item)).join()}]`;
    if (typeof value === "object" && "text" in value) return (value as Described).text(this);
    if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
      const entries = Object.entries(value).map(([name, part]) => `${name}:${this.text(part)}`);
      return `{${entries.join()}}`;
    }
    return `#${this.of(value)}`;
  }
}
