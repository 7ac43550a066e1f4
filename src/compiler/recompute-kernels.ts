import { bytesOf } from "../core/dtype.ts";
import type { Kernel } from "../ir/kernel.ts";
import { handedBuffers } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import type { Call } from "../ir/program.ts";
import { isRepeat } from "../ir/program.ts";
import type { Memory } from "./kernel-scope.ts";
import type { Made } from "./merging.ts";
import { canMerge, farthest } from "./merging.ts";

/** Operations for an element that are sooner done again than its value is brought from memory. */
const cheap = 24;
/** What is so many times smaller than a result is in a cache when it's computed. */
const small = 16;

/**
 * Computes again, just before each call far away that reads it, what a cheap kernel makes of no more memory than it writes: merged with the
 * reader it never leaves the cache, and nobody has to keep it for so long. Of ResNet-20, a third of the memory between forward and backward
 * are padded copies for the gradients of kernels.
 */
export function recomputeKernels(made: Made, limits: Limits): Made {
  if (made.calls.some(isRepeat)) return made;
  const calls = made.calls as readonly Call[];
  const { kernels, given } = made;
  const memories: Memory[] = [...made.memories];
  const kernelOf = (call: Call): Kernel => kernels[call.kernel]!;
  const again = new Map<number, Call[]>();
  const buffers = calls.map((call) => [...call.buffers]);
  for (const [at, call] of calls.entries()) {
    const result = onlyResult(call, kernelOf(call));
    if (result === undefined || given.includes(result) || memories[result]!.view !== undefined) continue;
    const { dtype, length } = memories[result]!;
    const inputs = call.buffers.filter((id) => id !== result);
    const size = (id: number): number => memories[id]!.length * bytesOf(memories[id]!.dtype);
    const read = inputs.reduce((sum, id) => sum + (small * size(id) < size(result) ? 0 : size(id)), 0);
    if (kernelOf(call).work.operations > cheap * length || read > size(result)) continue;
    const readers = calls.flatMap((other, i) => (i !== at && other.buffers.includes(result) ? [i] : []));
    const far = readers.filter((i) => i - at > farthest);
    const isUnchanged = (until: number): boolean =>
      !calls.slice(at + 1, until).some((other) => inputs.some((id) => writes(other, kernelOf(other), id)));
    const pays = far.every(
      (i) => !writes(calls[i]!, kernelOf(calls[i]!), result) && canMerge(made, call, calls[i]!, limits) && isUnchanged(i),
    );
    // With nobody near, the first would be far away as well.
    if (far.length === 0 || far.length === readers.length || !pays) continue;
    for (const i of far) {
      const id = memories.push({ id: memories.length, dtype, length }) - 1;
      const swap = (other: number): number => (other === result ? id : other);
      again.set(i, [...(again.get(i) ?? []), { ...call, buffers: call.buffers.map(swap) }]);
      buffers[i] = buffers[i]!.map(swap);
    }
  }
  return { ...made, memories, calls: calls.flatMap((call, i) => [...(again.get(i) ?? []), { ...call, buffers: buffers[i]! }]) };
}

const writes = (call: Call, kernel: Kernel, id: number): boolean =>
  handedBuffers(kernel).some(({ access }, i) => access !== "read" && call.buffers[i] === id);

/** The memory a call fills, if it changes nothing else. */
function onlyResult(call: Call, kernel: Kernel): number | undefined {
  const changed = handedBuffers(kernel).flatMap(({ access }, i) => (access === "read" ? [] : [{ access, id: call.buffers[i]! }]));
  return changed.length === 1 && changed[0]!.access === "write" ? changed[0]!.id : undefined;
}
