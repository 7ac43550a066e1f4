import type { Traced } from "../compiler/compile.ts";
import { showGraph, showProgram } from "../ir/print.ts";
import type { Prepared } from "./prepared.ts";

/** What became of a traced function: its graph, where it runs and why, its kernels and its memory. */
export function explain(traced: Traced, prepared: Prepared): string {
  const parts = [`# ${traced.name}: graph`, showGraph(traced.outputs), `# tier ${prepared.tier} (${prepared.reason})`];
  if (prepared.compiled !== undefined) parts.push(showProgram(prepared.compiled.program));
  return parts.join("\n\n");
}
