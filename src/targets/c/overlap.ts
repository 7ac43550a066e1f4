import { bytesOf } from "../../core/dtype.ts";
import type { Program } from "../../ir/program.ts";

/**
 * Kernels that some call gives overlapping memory, part of which is written: a result put in the place of an operand. Their pointers must not
 * be called `restrict`.
 */
export function overlappingKernels(program: Program): Set<number> {
  const found = new Set<number>();
  for (const call of program.calls) {
    const { buffers } = program.kernels[call.kernel]!;
    const access = buffers.filter((buffer) => buffer.access !== "scratch").map((buffer) => buffer.access);
    const places = call.buffers.map((buffer) => placeOf(program, buffer));
    for (let i = 0; i < places.length; i++) {
      for (let j = 0; j < i; j++) {
        if ((access[i] !== "read" || access[j] !== "read") && overlaps(places[i]!, places[j]!)) found.add(call.kernel);
      }
    }
  }
  return found;
}

interface Place {
  readonly memory: string;
  readonly start: number;
  readonly end: number;
}

function placeOf(program: Program, buffer: number): Place {
  const { place, dtype, length } = program.buffers[buffer]!;
  if (place.kind === "argument") return { memory: `argument ${buffer}`, start: 0, end: 1 };
  return { memory: "arena", start: place.offset, end: place.offset + length * bytesOf(dtype) };
}

const overlaps = (a: Place, b: Place): boolean => a.memory === b.memory && a.start < b.end && b.start < a.end;
