import type { DType } from "../../core/dtype.ts";
import { isFloat, promote } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import { holds } from "../../core/number.ts";
import type { Node } from "../../ir/graph.ts";
import { makeNode } from "../../ir/graph.ts";
import type { CastAttributes } from "./conversion.ts";
import { cast } from "./conversion.ts";
import type { ElementwiseRow } from "./define.ts";
import { floating } from "./define.ts";
import { fillNode } from "./source.ts";

/** An operand as it was written: a node, or a number that has no dtype of its own yet. */
export type Operand = Node | number;

export const castNode = (node: Node, dtype: DType): Node =>
  node.type.dtype === dtype ? node : makeNode(cast, [node], { dtype } satisfies CastAttributes);

/**
 * A number is weak: it takes the dtype of the tensors beside it, unless that can't hold it. Then whole numbers are an i32, a u32 or an f64, the
 * first that can hold it, and others an f32.
 */
export function weakly(value: number, beside: DType): DType {
  if (isFloat(beside) || (beside !== "bool" && holds(beside, value))) return beside;
  const whole = (["i32", "u32"] as const).find((dtype) => holds(dtype, value));
  return promote(beside, whole ?? (Number.isSafeInteger(value) ? "f64" : "f32"));
}

function commonType(operands: readonly Operand[]): DType {
  const nodes = operands.filter((x) => typeof x !== "number");
  const [first, ...others] = nodes.map((node) => node.type.dtype);
  const common = first === undefined ? undefined : promote(first, ...others);
  return operands
    .filter((x) => typeof x === "number")
    .reduce<DType>((dtype, value) => promote(dtype, weakly(value, dtype)), common ?? "f32");
}

const brought = (operand: Operand, dtype: DType): Node =>
  typeof operand === "number" ? fillNode(operand, dtype) : castNode(operand, dtype);

/** The operands of a row, each with the dtype its scalar expects. */
function prepare(row: ElementwiseRow, operands: readonly Operand[]): Node[] {
  switch (row.operands) {
    case "as given":
      return operands.map((x) => (typeof x === "number" ? fillNode(x, "f32") : x));
    case "logical":
      return operands.map((x) => (typeof x === "number" ? fillNode(x === 0 ? 0 : 1, "bool") : castNode(x, "bool")));
    case "choice": {
      const [condition, ...values] = operands;
      const dtype = commonType(values);
      return [brought(condition!, "bool"), ...values.map((x) => brought(x, dtype))];
    }
    case "arithmetic":
    case "comparison": {
      const dtype = commonType(operands);
      return operands.map((x) => brought(x, dtype === "bool" ? "i32" : dtype));
    }
    case "float": {
      const dtype = floating(commonType(operands));
      return operands.map((x) => brought(x, dtype));
    }
    case "bits": {
      const dtype = commonType(operands);
      if (!isFloat(dtype)) return operands.map((x) => brought(x, dtype === "bool" ? "i32" : dtype));
      throw new GradsmithError(
        "dtype",
        row.name,
        `works on the bits of integers, got ${dtype}.`,
        'Use cast("i32"), or bitcast to see the bits of a float.',
      );
    }
  }
}

/** An elementwise node over operands brought to a common dtype. */
export const elementwiseNode = (row: ElementwiseRow, operands: readonly Operand[], attributes?: unknown): Node =>
  makeNode(row, prepare(row, operands), attributes);
