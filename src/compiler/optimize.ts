import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { isScan } from "../ir/scan.ts";
import { arrangeOperands } from "./arrange-operands.ts";
import { divideContractions } from "./divide-contractions.ts";
import { divideReductions } from "./divide-reductions.ts";
import { foldContractions } from "./fold-contractions.ts";
import { loopPasses } from "./loops.ts";
import { narrowContractions } from "./narrow-contractions.ts";
import { simplify } from "./simplify.ts";

/** All that is done to a graph before it is divided into kernels. */
export function optimize(roots: readonly Node[]): Node[] {
  const simple = simplify(roots);
  const prepared = topological(simple).some(isScan) ? loopPasses().prepareScans(simple, optimize) : simple;
  const passes = [foldContractions, narrowContractions, divideContractions, divideReductions, arrangeOperands, simplify];
  return passes.reduce<readonly Node[]>((graph, pass) => pass(graph), prepared) as Node[];
}
