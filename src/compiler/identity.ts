import type { Constant, RegisterType } from "../ir/expr.ts";
import { constant } from "../ir/expr.ts";
import type { Reduce } from "../ir/graph.ts";

/** What a reduction starts from, and gives for no elements. */
export function identity(combine: Reduce["combine"], dtype: RegisterType): Constant {
  if (combine === "add") return constant(0, dtype);
  if (combine === "mul") return constant(1, dtype);
  const isMax = combine === "max";
  switch (dtype) {
    case "bool":
      return constant(isMax ? 0 : 1, dtype);
    case "i32":
      return constant(isMax ? -2147483648 : 2147483647, dtype);
    case "u32":
      return constant(isMax ? 0 : 4294967295, dtype);
    default:
      return constant(isMax ? -Infinity : Infinity, dtype);
  }
}
