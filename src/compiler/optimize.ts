import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { isScan } from "../ir/scan.ts";
import { arrangeOperands } from "./arrange-operands.ts";
import { foldContractions } from "./fold-contractions.ts";
import { loopPasses } from "./loops.ts";
import { simplify } from "./simplify.ts";
import { splitSums } from "./split-sums.ts";

/** All that is done to a graph before it is divided into kernels. */
export function optimize(roots: readonly Node[]): Node[] {
  const simple = simplify(roots);
  const prepared = topological(simple).some(isScan) ? loopPasses().prepareScans(simple, optimize) : simple;
  return simplify(splitSums(arrangeOperands(foldContractions(prepared))));
}
