import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { Limits } from "../ir/limits.ts";
import { isScan } from "../ir/scan.ts";
import type { Uses } from "./arrange-operands.ts";
import { arrangeOperands } from "./arrange-operands.ts";
import { divideContractions } from "./divide-contractions.ts";
import { dividePhases } from "./divide-phases.ts";
import { divideReductions } from "./divide-reductions.ts";
import { foldContractions } from "./fold-contractions.ts";
import { loopPasses } from "./loops.ts";
import { narrowContractions } from "./narrow-contractions.ts";
import { orderOperands } from "./order-operands.ts";
import { pairOperands } from "./pair-operands.ts";
import { simplify } from "./simplify.ts";
import { widenOperands } from "./widen-operands.ts";
import { winograd } from "./winograd.ts";

/** All that is done to a graph before it is divided into kernels. `uses` says how often a value computed once is used, in the body of a loop. */
export function optimize(roots: readonly Node[], limits: Limits, uses?: Uses): Node[] {
  const simple = simplify(roots);
  const inner = (body: readonly Node[], uses: Uses): Node[] => optimize(body, limits, uses);
  const prepared = topological(simple).some(isScan) ? loopPasses().prepareScans(simple, inner) : simple;
  const pair = limits.multipliesBlocks ? [pairOperands] : [];
  // What lies between the products and the sums around them must not pass through memory.
  const tiles = limits.outrunsMemory ? [winograd(limits)] : [];
  const passes: readonly ((roots: readonly Node[]) => readonly Node[])[] = [
    foldContractions,
    narrowContractions,
    dividePhases,
    ...pair,
    widenOperands,
    (graph) => orderOperands(graph, limits),
    ...tiles,
    (graph) => divideContractions(graph, limits),
    divideReductions,
    (graph) => arrangeOperands(graph, uses),
    simplify,
  ];
  return passes.reduce<readonly Node[]>((graph, pass) => pass(graph), prepared) as Node[];
}
