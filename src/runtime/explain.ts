import { showGraph, showProgram } from "../ir/print.ts";
import type { Program } from "./program.ts";

/** What became of a traced function: its graph, where it runs and why, its kernels and its memory. */
export function explain({ traced, executable }: Program): string {
  const { tier, reason, program } = executable.explain();
  const parts = [`# ${traced.name}: graph`, showGraph(traced.outputs), `# tier ${tier} (${reason})`];
  if (program !== undefined) parts.push(showProgram(program));
  return parts.join("\n\n");
}
