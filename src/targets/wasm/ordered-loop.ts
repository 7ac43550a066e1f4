import type { Statement } from "../../ir/kernel.ts";
import type { FunctionBuilder } from "./function.ts";
import { partsOf } from "./printer.ts";

/** Accumulators from which a loop's loads must come one by one to leave it registers. */
const manyAccumulators = 8;
/** Turns from which that is worth the way around the loop, some 20 moves between registers. */
export const orderedFrom = 32;
/** V8 unrolls an innermost loop of up to so many nodes for each loop it is in. */
const unrolledNodes = 50;

/** Whether an innermost loop keeps so much in registers that the engine must be held to the order of its body. */
export function needsOrder(body: readonly Statement[], turns = 0): boolean {
  if (turns < orderedFrom) return false;
  const accumulators = new Map<string, number>();
  for (const statement of body) {
    if (statement.kind === "loop" || statement.kind === "if") return false;
    if (statement.kind === "assign") accumulators.set(statement.name, partsOf(statement.value));
  }
  return [...accumulators.values()].reduce((sum, parts) => sum + parts, 0) >= manyAccumulators;
}

/**
 * Writes a loop whose instructions V8's TurboFan leaves in their order. It places a block's instructions from the last to the first as their
 * results are asked for: where a sum is next stored, all sums come first and so all loads, each in a register of its own, before them. Where
 * it next meets another value it might have had instead (so a way around the loop, never taken: nothing but zeros lies at address 0), each
 * load stays before its use. Copies of the body made by unrolling lose that again: more ways out, which the engine finds to be never taken
 * only later, make the loop too large for it. A tile of 6x2 runs at 47 GFLOP/s of a peak of 49, of 42 without this; 4x2 at 40.
 * `leaves` is an i32 local the body doesn't use.
 */
export function orderedLoop(code: FunctionBuilder, { depth, leaves }: { depth: number; leaves: number }, body: () => void): void {
  const inside = code.capture(body);
  const changed = new Set(inside.filter(({ op }) => op === "local.set").map(({ immediates }) => immediates[0])).size;
  code.emit("block", "i32.const", 0, "i32.load", 0, "local.tee", leaves, "br_if", 0, "loop");
  // Each way out is a node for every local that changes.
  for (let nodes = 0; nodes < unrolledNodes * depth; nodes += changed) {
    code.emit("local.get", leaves, "br_if", 1);
  }
  code.append(inside);
  code.emit("end", "end");
}
