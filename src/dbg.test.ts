import { it } from "vitest";
import { randomGraph } from "../test/random-graphs/generate.ts";
import { compile } from "./compiler/compile.ts";
import { showGraph, showProgram } from "./ir/print.ts";
import { wasmBackend } from "./backends/cpu/wasm.ts";
import { topological } from "./ir/graph.ts";
import { isGiven } from "./runtime/values.ts";
it("x", () => {
  for (const seed of process.env.SEEDS!.split(",").map(Number)) {
  const { roots } = randomGraph(seed);
  console.log(showGraph(roots));
  try { console.log(showProgram(compile({ name: "r", inputs: topological(roots).filter(isGiven), outputs: roots }, wasmBackend().limits, {fusion: process.env.NOFUSE === undefined}).program)); } catch (e) { console.log((e as Error).stack) }
  }
});
