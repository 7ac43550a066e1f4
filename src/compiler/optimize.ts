import { finished } from "../core/finished.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { isScan } from "../ir/scan.ts";
import type { Uses } from "./arrange-operands.ts";
import { arrangeOperands } from "./arrange-operands.ts";
import { divideContractions } from "./divide-contractions.ts";
import { dividePhases } from "./divide-phases.ts";
import { divideReductions } from "./divide-reductions.ts";
import { foldContractions } from "./fold-contractions.ts";
import { narrowContractions } from "./narrow-contractions.ts";
import { orderOperands } from "./order-operands.ts";
import { prepareScans } from "./prepare-scans.ts";
import { simplify } from "./simplify.ts";
import type { Target } from "./target.ts";
import { widenOperands } from "./widen-operands.ts";

/**
 * All that is done to a graph before it is divided into kernels, with a pause between passes. `uses` says how often a value computed once is used, in
 * the body of a loop.
 */
export function* optimizing(roots: readonly Node[], target: Target, uses?: Uses): Generator<undefined, readonly Node[]> {
  const simple = simplify(roots);
  yield;
  const inner = (body: readonly Node[], uses: Uses): readonly Node[] => finished(optimizing(body, target, uses));
  const prepared = topological(simple).some(isScan) ? prepareScans(simple, inner) : simple;
  const { limits, passes } = target;
  const steps: readonly ((roots: readonly Node[]) => readonly Node[])[] = [
    foldContractions,
    narrowContractions,
    dividePhases,
    (graph) => passes.pairProducts?.pairOperands(graph) ?? graph,
    widenOperands,
    (graph) => orderOperands(graph, limits),
    (graph) => passes.winograd?.(graph, limits) ?? graph,
    (graph) => divideContractions(graph, target),
    divideReductions,
    (graph) => arrangeOperands(graph, uses),
    simplify,
  ];
  let graph: readonly Node[] = prepared;
  for (const pass of steps) {
    graph = pass(graph);
    yield;
  }
  return graph;
}
