import type { DType } from "../core/dtype.ts";
import { dtypes, isDType, isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { described } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import { showShape } from "../core/shape.ts";
import { map } from "../core/tree.ts";
import type { Shapes, Value } from "../nn/module.ts";
import type { Types } from "../nn/shapes.ts";
import { isShape, isType } from "../nn/shapes.ts";
import { isTensor } from "../runtime/trace.ts";

/** Shapes are traced with a batch of this many samples, which stands for any number. */
const anyBatch = 2;

/** Types of inputs from the shapes (or types) of single samples. */
export function inputTypes(where: string, inputShape: Shapes | Types, floats: "f32" | "f64"): Types {
  const typeOf = (shape: Shape, dtype: DType): Types => {
    if (!shape.every((size) => Number.isInteger(size) && size > 0))
      throw new GradsmithError("option", where, `${showShape(shape)} is no shape of a sample.`, "Give positive whole numbers.");
    if (!isDType(dtype)) throw new GradsmithError("option", where, `${String(dtype)} is no dtype.`, `Known: ${dtypes.join(", ")}.`);
    return { dtype: isFloat(dtype) ? floats : dtype, shape: [anyBatch, ...shape] };
  };
  const visit = (shapes: Shapes | Types): Types => {
    if (isShape(shapes)) return typeOf(shapes, floats);
    // What has both names is one type, from a file perhaps, and never two inputs that are called so.
    if (isType(shapes)) return isShape(shapes.shape) ? typeOf(shapes.shape, shapes.dtype) : refuse(shapes.shape);
    if (Array.isArray(shapes)) return shapes.map((part) => visit(part as Shapes));
    if (typeof shapes === "object" && shapes !== null && Object.keys(shapes).length > 0)
      return Object.fromEntries(Object.entries(shapes).map(([name, part]) => [name, visit(part as Shapes)]));
    return refuse(shapes);
  };
  const refuse = (shapes: unknown): never => {
    throw new GradsmithError(
      "option",
      where,
      `${described(shapes)} is no shape of a sample.`,
      "Give positive whole numbers, such as [28, 28].",
    );
  };
  return visit(inputShape);
}

/** The same from samples: floats are those the model computes in, integers stay what they are. */
export const typesOfSamples = (x: Value, floats: "f32" | "f64"): Types =>
  map(x, isTensor, ({ dtype, shape }) => ({ dtype: isFloat(dtype) ? floats : dtype, shape: [anyBatch, ...shape.slice(1)] })) as Types;
