import { GradsmithError } from "../../core/errors.ts";
import { showShape } from "../../core/shape.ts";
import type { ContractAttributes } from "../../ir/graph.ts";
import type { ContractRow } from "./define.ts";

/** What the row is told: the letters, and who asks, for the error message. */
export interface ContractionAttributes extends ContractAttributes {
  readonly where: string;
}

/** A product of two tensors summed over the letters missing from the output, as in `mk,kn->mn`. */
export const contract: ContractRow = {
  name: "contract",
  kind: "contract",
  infer([x, y], attributes) {
    const { left, right, output, where } = attributes as ContractionAttributes;
    const sizes = new Map<string, number>();
    for (const [axis, letter] of [...left].entries()) sizes.set(letter, x!.shape[axis]!);
    [...right].forEach((letter, axis) => {
      const size = y!.shape[axis]!;
      const other = sizes.get(letter) ?? size;
      sizes.set(letter, other);
      if (other === size) return;
      throw new GradsmithError(
        "shape",
        where,
        `${showShape(x!.shape)} · ${showShape(y!.shape)}: the shared axis is ${other} on the left and ${size} on the right.`,
        "Transpose one of them, or check the layer before.",
      );
    });
    return { dtype: x!.dtype, shape: [...output].map((letter) => sizes.get(letter)!) };
  },
  // The rule for any product: put the gradient where the other input was, and contract again.
  vjp(g, [x, y], _output, attributes) {
    const { left, right, output } = attributes as ContractAttributes;
    return [g.contract(`${output},${right}->${left}`, y!), x!.contract(`${left},${output}->${right}`, g)];
  },
};

/** The letters of `mk,kn->mn`, or an error that says what is wrong with them. */
export function parseFormula(where: string, formula: string, ranks: readonly [number, number]): ContractAttributes {
  const match = /^([A-Za-z]*),([A-Za-z]*)->([A-Za-z]*)$/.exec(formula.replaceAll(" ", ""));
  if (match === null)
    throw new GradsmithError("option", where, `"${formula}" is not a formula like "mk,kn->mn".`, "Use one letter per axis.");
  const [left, right, output] = match.slice(1) as [string, string, string];
  for (const [letters, rank, side] of [
    [left, ranks[0], "left"],
    [right, ranks[1], "right"],
  ] as const) {
    if (letters.length !== rank) {
      throw new GradsmithError(
        "shape",
        where,
        `"${formula}" names ${letters.length} axes on the ${side}, the tensor has ${rank}.`,
        "Use one letter per axis.",
      );
    }
  }
  for (const letters of [left, right, output]) {
    const twice = [...letters].find((letter, i) => letters.indexOf(letter) !== i);
    if (twice !== undefined)
      throw new GradsmithError("option", where, `"${letters}" names ${twice} twice.`, "Name each axis of a tensor once.");
  }
  const unknown = [...output].find((letter) => !left.includes(letter) && !right.includes(letter));
  if (unknown !== undefined)
    throw new GradsmithError(
      "option",
      where,
      `the result's axis ${unknown} is in neither input of "${formula}".`,
      "Use broadcastTo for new axes.",
    );
  return { left, right, output };
}
