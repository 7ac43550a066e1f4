import { bytesOf } from "../../core/dtype.ts";
import { handedBuffers } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import { eachCall, homeOf } from "../../ir/program.ts";

/**
 * Kernels that some call gives overlapping memory, part of which is written: a result put in the place of an operand. Their pointers must not
 * be called `restrict`.
 */
export function overlappingKernels(program: Program): Set<number> {
  const found = new Set<number>();
  for (const { call } of eachCall(program.calls)) {
    const access = handedBuffers(program.kernels[call.kernel]!).map((buffer) => buffer.access);
    for (let i = 0; i < call.buffers.length; i++) {
      for (let j = 0; j < i; j++) {
        if ((access[i] !== "read" || access[j] !== "read") && overlaps(program, call.buffers[i]!, call.buffers[j]!)) found.add(call.kernel);
      }
    }
  }
  return found;
}

interface Place {
  readonly memory: string;
  readonly start: number;
  readonly end: number;
  /** How the views it is in move: only places that move alike keep their distance. */
  readonly moves: string;
}

function placeOf(program: Program, buffer: number): Place {
  const { place, dtype, length } = program.buffers[buffer]!;
  const bytes = length * bytesOf(dtype);
  if (place.kind === "argument") return { memory: `argument ${buffer}`, start: 0, end: bytes, moves: "" };
  if (place.kind !== "view") return { memory: "arena", start: place.offset, end: place.offset + bytes, moves: "" };
  const home = placeOf(program, place.of);
  const start = home.start + place.start * bytesOf(dtype);
  return {
    memory: home.memory,
    start,
    end: start + bytes,
    moves: place.step === 0 ? home.moves : `${home.moves} ${place.of} ${place.step}`,
  };
}

/** Places that move differently are compared by the memory they move in. */
function overlaps(program: Program, i: number, j: number): boolean {
  const [a, b] = [placeOf(program, i), placeOf(program, j)];
  if (a.moves !== b.moves) {
    const [x, y] = [placeOf(program, homeOf(program.buffers, i)), placeOf(program, homeOf(program.buffers, j))];
    return x.memory === y.memory && x.start < y.end && y.start < x.end;
  }
  return a.memory === b.memory && a.start < b.end && b.start < a.end;
}
