import { roundOperands } from "../compiler/round-operands.ts";
import { choose } from "../core/checks.ts";
import type { Node } from "../ir/graph.ts";

/**
 * `f32`: everything as it was written. `bf16`: contractions (`matmul`, convolutions, gradients of both) round their f32 operands to bf16 and
 * sum in f32; parameters, activations, losses, gradients and updates stay f32. PyTorch Lightning's "bf16-mixed", Keras's "mixed_bfloat16".
 */
export type Precision = "f32" | "bf16";

type Change = (roots: readonly Node[]) => readonly Node[];
const changes: Readonly<Record<Precision, Change>> = { f32: (roots) => roots, bf16: roundOperands };

/** The check of an option `precision`. */
export const knownPrecision = (where: string, _name: string, value: unknown): unknown =>
  choose(where, "precision", value as string, changes);

/** What is done to a traced graph; an error if there is no such precision. */
export const inPrecision = (where: string, precision: Precision): Change => choose(where, "precision", precision, changes);
