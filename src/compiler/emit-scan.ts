import type { Call, Repeat } from "../ir/program.ts";
import type { Emitter } from "./emit.ts";
import type { ScanGroup } from "./group.ts";
import type { Layout } from "./layout.ts";
import { peelTurns } from "./peel-turns.ts";
import { placeScan } from "./place-scan.ts";

/** The carries' first values, then the body's calls, over and over. `views` collects the pieces of memory that stay where they are. */
export function* emitScan(group: ScanGroup, layout: Layout, views: number[], emitter: Emitter): Generator<undefined, (Call | Repeat)[]> {
  const placed = placeScan(group, layout);
  views.push(...placed.views);
  const inside = [...placed.moving];
  const begin = placed.begin.map(({ group: first, memory }) => emitter.call(first, memory));
  const calls = yield* emitter.calls(placed.layout, inside);
  if (calls.length === 0) return begin;
  // A loop inside is several calls.
  if (placed.layout.groups.some(({ kind }) => kind === "scan")) return [...begin, { repeat: placed.length, views: inside, calls }];
  return [...begin, ...peelTurns({ group, placed, calls: calls as Call[] }, layout, views, emitter)];
}
