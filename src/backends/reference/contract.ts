import { isFloat } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import { type Shape, showShape, stridesOf } from "../../core/shape.ts";
import type { Contract, ContractAttributes, Node } from "../../ir/graph.ts";
import { offsets } from "./offsets.ts";
import { stored } from "./stored.ts";

/** The product of two tensors summed over the letters missing from the output: any formula whose operands name each letter once. */
export function contract(node: Node<Contract>, left: Float64Array, right: Float64Array): Float64Array {
  const formula = node.attributes as ContractAttributes;
  const { dtype } = node.type;
  const extents = new Map<string, number>();
  note(extents, formula.left, node.inputs[0]!.type.shape);
  note(extents, formula.right, node.inputs[1]!.type.shape);
  const free = [...formula.output];
  const summed = [...extents.keys()].filter((letter) => !free.includes(letter));
  const walk = (letters: readonly string[], side: 0 | 1): Int32Array => {
    const { shape } = node.inputs[side]!.type;
    const names = side === 0 ? formula.left : formula.right;
    const strides = stridesOf(shape);
    return offsets(
      letters.map((l) => extents.get(l)!),
      letters.map((l) => strides[names.indexOf(l)] ?? 0),
    );
  };
  const [leftStarts, rightStarts, leftSteps, rightSteps] = [walk(free, 0), walk(free, 1), walk(summed, 0), walk(summed, 1)];
  const exact = isFloat(dtype);
  return Float64Array.from(leftStarts, (l, i) => {
    const r = rightStarts[i]!;
    let sum = 0;
    for (let k = 0; k < leftSteps.length; k++) {
      const x = left[l + leftSteps[k]!]!;
      const y = right[r + rightSteps[k]!]!;
      sum = exact ? sum + x * y : (sum + Math.imul(x, y)) | 0;
    }
    return stored(sum, dtype);
  });
}

function note(extents: Map<string, number>, letters: string, shape: Shape): void {
  if (letters.length !== shape.length) {
    throw new GradsmithError("internal", "contract", `"${letters}" names ${letters.length} axes of an input of shape ${showShape(shape)}.`);
  }
  [...letters].forEach((letter, axis) => {
    const before = extents.get(letter) ?? shape[axis]!;
    if (before !== shape[axis]) throw new GradsmithError("internal", "contract", `letter ${letter} is both ${before} and ${shape[axis]}.`);
    extents.set(letter, before);
  });
}
