import { constant, registerType } from "../ir/expr.ts";
import type { Contract, ContractAttributes, Node } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { flatten, scaleOf, variable } from "../ir/index.ts";
import { variablesOver } from "./access.ts";
import { onlyCase } from "./movement.ts";
import { Pull } from "./pull.ts";

/** One letter of a contraction (or several merged ones), and how far a step along it moves in each operand and in the output. */
export interface Letter {
  readonly name: string;
  readonly size: number;
  readonly role: Role;
  readonly left: number;
  readonly right: number;
  readonly output: number;
}

/** A contraction over memory: letters with strides, and where in memory the operands begin. */
export interface Strided {
  readonly letters: readonly Letter[];
  readonly left: { readonly node: Node; readonly start: number };
  readonly right: { readonly node: Node; readonly start: number };
}

/** Letters that are in the output come from both operands (`batch`), the left one (`rows`) or the right one (`columns`); the others are summed. */
export type Role = "batch" | "rows" | "columns" | "sum";

function roleOf(letter: string, { left, right, output }: ContractAttributes): Role {
  if (!output.includes(letter)) return "sum";
  const isLeft = left.includes(letter);
  return isLeft && right.includes(letter) ? "batch" : isLeft ? "rows" : "columns";
}

export const lettersOf = ({ letters }: Strided, role: Role): Letter[] => letters.filter((letter) => letter.role === role);

/** How many products a sum takes. */
export const sumLength = (form: Strided): number => countOf(lettersOf(form, "sum"));

/** Over how many points these letters go. */
export const countOf = (letters: readonly Letter[]): number => letters.reduce((n, { size }) => n * size, 1);

/** Letters for new axes: those that no operand has. */
export const freeLetters = ({ attributes }: Node): string[] => {
  const { left, right } = attributes as ContractAttributes;
  return [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => !(left + right).includes(letter));
};

/** How long each letter's axis is. */
export function letterSizes({ attributes, inputs }: Node): Map<string, number> {
  const { left, right } = attributes as ContractAttributes;
  const shape = inputs.flatMap(({ type }) => type.shape);
  return new Map([...(left + right)].map((letter, i) => [letter, shape[i]!]));
}

/** The contraction's letters with their strides; neighbours that always move together become one. */
export function stridedForm(node: Node<Contract>, isMemory: (node: Node) => boolean): Strided {
  const attributes = node.attributes as ContractAttributes;
  const { left, right, output } = attributes;
  const sizes = letterSizes(node);
  const at = (letters: string): Index[] => [...letters].map((letter) => variable(letter, sizes.get(letter)!));
  const x = address(node.inputs[0]!, at(left), isMemory);
  const y = address(node.inputs[1]!, at(right), isMemory);
  const z = flatten(at(output), node.type.shape);
  const stride = (index: Index, letter: string): number => scaleOf(index, letter)!;
  const letters = [...sizes]
    .filter(([, size]) => size !== 1)
    .map(
      ([name, size]): Letter => ({
        name,
        size,
        role: roleOf(name, attributes),
        left: stride(x.index, name),
        right: stride(y.index, name),
        output: stride(z, name),
      }),
    );
  return {
    letters: merge(letters),
    left: { node: x.node, start: x.index.constant },
    right: { node: y.node, start: y.index.constant },
  };
}

/** The memory an operand is a view of, and where in it an element lies. */
export function address(operand: Node, at: readonly Index[], isMemory: (node: Node) => boolean): { node: Node; index: Index } {
  let found: { node: Node; index: Index } | undefined;
  const pull = new Pull((node, indices) => {
    if (!isMemory(node)) return undefined;
    found = { node, index: flatten(indices, node.type.shape) };
    return constant(0, registerType[node.type.dtype]);
  });
  pull.value(operand, at);
  if (found === undefined) throw new Error("operands are views of memory");
  return found;
}

/** The memory an operand is an unguarded view of, and where in it an element at its own place `d0, d1, ...` lies. */
export function viewOf(operand: Node): { node: Node; index: Index } | undefined {
  if (operand.op.kind === "movement" && (onlyCase(operand)?.guards.length ?? 1) > 0) return undefined;
  return address(operand, variablesOver(operand.type.shape), ({ op }) => op.kind !== "movement");
}

/** Joins letters a, b of one role where a step along a is |b| steps along b in every tensor. */
function merge(letters: readonly Letter[]): Letter[] {
  const merged = [...letters];
  for (let changed = true; changed; ) {
    changed = false;
    for (const a of merged) {
      const b = merged.find(
        (other) =>
          other !== a &&
          other.role === a.role &&
          a.left === other.left * other.size &&
          a.right === other.right * other.size &&
          a.output === other.output * other.size,
      );
      if (b === undefined) continue;
      const both: Letter = { ...b, name: a.name + b.name, size: a.size * b.size };
      merged.splice(merged.indexOf(a), 1, both);
      merged.splice(merged.indexOf(b), 1);
      changed = true;
      break;
    }
  }
  return merged;
}
