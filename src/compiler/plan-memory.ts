import { bytesOf } from "../core/dtype.ts";
import { handedBuffers } from "../ir/kernel.ts";
import type { Call, Program, ProgramBuffer, Repeat } from "../ir/program.ts";
import { eachCall, isRepeat } from "../ir/program.ts";
import { planArena } from "./arena.ts";
import type { Memory } from "./kernel-scope.ts";
import { homeIn } from "./kernel-scope.ts";

/** Gives every piece of memory its place: one arena, in which pieces that aren't needed at the same time share space. */
export function planMemory(
  { name, kernels, calls }: Pick<Program, "name" | "kernels" | "calls">,
  memories: readonly Memory[],
  given: readonly number[],
): Program {
  const isArgument = new Set(given);
  const homeOf = (id: number): number => homeIn(memories, id);
  const lives = lifetimesOf(calls, homeOf);
  const inArena = memories.filter((memory) => !isArgument.has(memory.id) && memory.view === undefined && lives.has(memory.id));
  const { offsets, byteLength } = planArena(
    inArena.map((memory) => ({ byteLength: memory.length * bytesOf(memory.dtype), ...lives.get(memory.id)! })),
  );
  const offsetOf = new Map(inArena.map((memory, i) => [memory.id, offsets[i]!]));
  const buffers = memories.map((memory): ProgramBuffer => {
    const { dtype, length, view } = memory;
    if (view !== undefined) return { dtype, length, place: { kind: "view", ...view } };
    if (isArgument.has(memory.id)) return { dtype, length, place: { kind: "argument" } };
    return { dtype, length, place: { kind: "temporary", offset: offsetOf.get(memory.id) ?? 0 } };
  });
  const accesses = new Map<number, "read" | "write" | "update">();
  for (const { call } of eachCall(calls)) {
    const args = handedBuffers(kernels[call.kernel]!);
    for (const [i, place] of call.buffers.entries()) {
      const buffer = homeOf(place);
      const access = args[i]!.access as "read" | "write" | "update";
      const before = accesses.get(buffer);
      accesses.set(buffer, before === undefined || before === access ? access : before === "write" ? "write" : "update");
    }
  }
  return {
    name,
    buffers,
    kernels,
    calls,
    arguments: given.map((buffer) => ({ buffer, access: accesses.get(buffer) ?? "read" })),
    arenaBytes: byteLength,
  };
}

interface Life {
  readonly first: number;
  readonly last: number;
}

/**
 * From which call to which each piece of memory is needed. What a loop shares with calls outside of it is needed for as long as the loop runs;
 * what only its body uses is written anew in each turn.
 */
function lifetimesOf(calls: readonly (Call | Repeat)[], homeOf: (id: number) => number): Map<number, Life> {
  const lives = new Map<number, Life>();
  const touch = (id: number, first: number, last: number): void => {
    const before = lives.get(id);
    lives.set(id, { first: Math.min(first, before?.first ?? first), last: Math.max(last, before?.last ?? last) });
  };
  const spans: { readonly first: number; readonly last: number }[] = [];
  let time = 0;
  const visit = (steps: readonly (Call | Repeat)[]): void => {
    for (const step of steps) {
      if (isRepeat(step)) {
        const first = time;
        visit(step.calls);
        spans.push({ first, last: time - 1 });
        continue;
      }
      for (const buffer of step.buffers) touch(homeOf(buffer), time, time);
      time++;
    }
  };
  visit(calls);
  // Inner loops come first, so that what they hold on to is seen by those around them.
  for (const { first, last } of spans) {
    for (const [id, life] of lives) {
      const isInside = life.first <= last && life.last >= first;
      if (isInside && (life.first < first || life.last > last)) touch(id, first, last);
    }
  }
  return lives;
}
