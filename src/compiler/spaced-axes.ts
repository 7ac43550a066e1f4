import type { Node } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { atomIndex, keyOf, plus, times } from "../ir/index.ts";
import { onlyCase } from "./movement.ts";

/** An axis of a padded copy with room between its elements: the operand of a strided convolution's gradient. */
export interface SpacedAxis {
  /** Where on the padded and spaced axis the element is, and the bounds of that. */
  readonly position: Index;
  readonly low: number;
  readonly high: number;
  readonly spacing: number;
  /** Whether every position is an element of the input already. */
  readonly isInside: boolean;
}

/**
 * For each input axis the position before division by the spacing, over the operand's variables; undefined where there is nothing to guard,
 * or guards say more than padding can.
 */
export function spacedAxes(operand: Node, input: Node): SpacedAxis[] | undefined {
  const only = onlyCase(operand);
  if (only === undefined || only.guards.length === 0) return undefined;
  const { guards } = only;
  const axes = only.index.map((index, axis): SpacedAxis => {
    const spaced = index.terms.find(({ atom, scale }) => atom.kind === "quotient" && scale === 1)?.atom;
    const by = spaced?.kind === "quotient" ? spaced.by : 1;
    // x div s + rest = (x + s * rest) div s.
    const raised = spaced?.kind === "quotient" ? plus(spaced.of, times(plus(index, times(atomIndex(spaced), -1)), by)) : index;
    // A quotient is a spaced position only where a guard says that nothing remains.
    const isSpaced = by > 1 && guards.some((guard) => guard.min === 0 && guard.max === 0 && isRemainder(guard.index, raised, by));
    const [position, spacing] = isSpaced ? [raised, by] : [index, 1];
    const isInside = spacing === 1 && position.min >= 0 && position.max < input.type.shape[axis]!;
    return { position, low: position.min, high: position.max, spacing, isInside };
  });
  const implied = (guard: Guard): boolean =>
    axes.some((axis, i) => {
      const isRange = keyOf(guard.index) === keyOf(only.index[i]!) && guard.min === 0 && guard.max === input.type.shape[i]! - 1;
      const isSpacing = axis.spacing > 1 && guard.min === 0 && guard.max === 0 && isRemainder(guard.index, axis.position, axis.spacing);
      return isRange || isSpacing;
    });
  return guards.every(implied) ? axes : undefined;
}

/** Whether an index is `position mod by`. */
function isRemainder(index: Index, position: Index, by: number): boolean {
  const [term] = index.terms;
  if (index.terms.length !== 1 || index.constant !== 0 || term!.scale !== 1 || term!.atom.kind !== "remainder" || term!.atom.by !== by)
    return false;
  const difference = plus(term!.atom.of, times(position, -1));
  return difference.constant % by === 0 && difference.terms.every(({ scale }) => scale % by === 0);
}
