import type { Node } from "../ir/graph.ts";
import { arrangeOperands } from "./arrange-operands.ts";
import { foldContractions } from "./fold-contractions.ts";
import { prepareScans } from "./prepare-scans.ts";
import { simplify } from "./simplify.ts";
import { splitSums } from "./split-sums.ts";

/** All that is done to a graph before it is divided into kernels. */
export const optimize = (roots: readonly Node[]): Node[] =>
  simplify(splitSums(arrangeOperands(foldContractions(prepareScans(simplify(roots), optimize)))));
