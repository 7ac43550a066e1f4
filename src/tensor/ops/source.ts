import type { DType, TypedArray } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import { elementOf } from "../../core/number.ts";
import type { Shape, TensorType } from "../../core/shape.ts";
import type { FillAttributes, InputAttributes, IotaAttributes, LiteralAttributes, Node, Source } from "../../ir/graph.ts";
import { makeNode } from "../../ir/graph.ts";
import type { SourceRow } from "./define.ts";
import { noGradient } from "./define.ts";

/** Sources have no inputs to infer a type from: it is given when they are made. */
const source = (name: string, from: Source["from"]): SourceRow => ({
  name,
  kind: "source",
  from,
  vjp: noGradient,
  infer() {
    throw new GradsmithError("internal", name, "the type of a source is given, not inferred.");
  },
});

export const input = source("input", "input");
export const buffer = source("buffer", "buffer");
export const literal = source("literal", "literal");
export const fill = source("fill", "fill");
export const iota = source("iota", "iota");

/** A slot of a traced function. */
export const inputNode = (slot: number, type: TensorType): Node => makeNode(input, [], { slot } satisfies InputAttributes, type);
/** Memory that holds a result; `attributes` belong to the runtime. */
export const bufferNode = (attributes: unknown, type: TensorType): Node => makeNode(buffer, [], attributes, type);
/** Values known now. Two-byte floats come as a Float32Array of values they can hold, bools as 0 and 1 in a Uint8Array. */
export const literalNode = (data: TypedArray, type: TensorType): Node => makeNode(literal, [], { data } satisfies LiteralAttributes, type);
/** One number everywhere, as an element of the dtype. @throws GradsmithError "data" for what it can't be. */
export const fillNode = (value: number, dtype: DType, shape: Shape = [], where = "fill"): Node =>
  makeNode(fill, [], { value: elementOf(where, value, dtype) } satisfies FillAttributes, { dtype, shape });
/** Whether a node is zero everywhere, as it stands. */
export const isZeros = ({ op, attributes }: Node): boolean => op === fill && (attributes as FillAttributes).value === 0;
/** Each element's position along `axis`, i32. @throws GradsmithError "shape" for an axis whose positions an i32 can't hold. */
export function iotaNode(shape: Shape, axis: number): Node {
  if (shape[axis]! > 2 ** 31)
    throw new GradsmithError(
      "shape",
      "positions",
      `an axis of ${shape[axis]} has positions beyond 2^31, the last of i32.`,
      "Work in parts.",
    );
  return makeNode(iota, [], { axis } satisfies IotaAttributes, { dtype: "i32", shape });
}
