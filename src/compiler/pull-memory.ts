import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../ir/expr.ts";
import { load, registerType } from "../ir/expr.ts";
import type { Node } from "../ir/graph.ts";
import { flatten } from "../ir/index.ts";
import type { KernelScope } from "./kernel-scope.ts";
import type { MemoryMap } from "./lower-loop.ts";
import type { Lanes } from "./pull.ts";
import { Pull } from "./pull.ts";

interface Sources {
  readonly memory: MemoryMap;
  readonly scope: KernelScope;
  /** Registers that values are in at this point. */
  readonly register?: (node: Node) => Expr | undefined;
  /** What is computed although it has a place in memory. */
  readonly computing?: Node | undefined;
}

/** Values from registers where they are in some, from memory where they are there, and computed otherwise. */
export function pullFrom({ memory, scope, register, computing }: Sources, vector: Lanes | undefined): Pull {
  const pull: Pull = new Pull((node, indices, guard) => {
    const known = register?.(node);
    const place = memory.of(node);
    if (known !== undefined || node === computing || place === undefined) return known;
    const { index, lanes } = pull.loadIndex(flatten(indices, node.type.shape), guard, sizeOf(node.type.shape));
    return load(scope.read(place), registerType[node.type.dtype], index, lanes);
  }, vector);
  return pull;
}
