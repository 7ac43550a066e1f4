import { GradsmithError } from "../../core/errors.ts";
import { broadcastShapes, showShape } from "../../core/shape.ts";
import type { Tensor } from "../tensor.ts";

const batchLetters = "abcdefghijlopqrstuvwxyz";

/**
 * NumPy's matmul: `[..., m, k] · [..., k, n]` gives `[..., m, n]`. Vectors lose their axis; leading axes broadcast, and a batch that one side
 * does not have is not copied there.
 */
export function matmul(x: Tensor, y: Tensor): Tensor {
  if (x.rank === 0 || y.rank === 0) {
    throw new GradsmithError(
      "shape",
      "matmul",
      `${showShape(x.shape)} · ${showShape(y.shape)}: both sides need an axis to sum over.`,
      "Use mul for numbers.",
    );
  }
  const batch = broadcastShapes("matmul", x.shape.slice(0, -2), y.shape.slice(0, -2));
  const left = side(x, batch, x.rank > 1 ? "mk" : "k");
  const right = side(y, batch, y.rank > 1 ? "kn" : "k");
  const kept = [...batchLetters.slice(0, batch.length)].map((letter) =>
    left.letters.includes(letter) || right.letters.includes(letter) ? letter : "",
  );
  const output = `${kept.join("")}${x.rank > 1 ? "m" : ""}${y.rank > 1 ? "n" : ""}`;
  const product = left.tensor.contract(`${left.letters},${right.letters}->${output}`, right.tensor, { where: "matmul" });
  const shape = [...batch, ...(x.rank > 1 ? [x.shape.at(-2)!] : []), ...(y.rank > 1 ? [y.shape.at(-1)!] : [])];
  return product.rank === shape.length ? product : product.reshape(shape);
}

/** One operand without its batch axes of 1, and the letters of the axes it keeps. */
function side(t: Tensor, batch: readonly number[], inner: string): { tensor: Tensor; letters: string } {
  const own = t.rank - inner.length;
  const dropped: number[] = [];
  let letters = "";
  for (let axis = 0; axis < own; axis++) {
    if (t.shape[axis] === 1) dropped.push(axis);
    else letters += batchLetters[batch.length - own + axis]!;
  }
  return { tensor: dropped.length === 0 ? t : t.squeeze(dropped), letters: letters + inner };
}

/** NumPy's dot: the last axis of `x` with the last but one of `y` (the only one of a vector). */
export function dot(x: Tensor, y: Tensor): Tensor {
  if (x.rank === 0 || y.rank === 0) return x.mul(y);
  const left = batchLetters.slice(0, x.rank - 1);
  const right = batchLetters.slice(x.rank - 1, x.rank + y.rank - 2);
  const inner = y.rank === 1 ? "k" : `${right.slice(0, -1)}k${right.slice(-1)}`;
  return x.contract(`${left}k,${inner}->${left}${right}`, y, { where: "dot" });
}

/** Every product of an element of `x` with one of `y`, both flattened: `[m, n]`. */
export const outer = (x: Tensor, y: Tensor): Tensor => x.flatten().contract("m,n->mn", y.flatten(), { where: "outer" });
