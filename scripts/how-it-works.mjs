// Writes the generated part of docs/how-it-works.md: one small network, from TypeScript to C. Needs dist/.
import { readFileSync, writeFileSync } from "node:fs";
import { nativeTarget } from "../dist/backends/cpu/native-target.js";
import { compile } from "../dist/compiler/compile.js";
import { showGraph, showProgram } from "../dist/ir/print.js";
import { printC } from "../dist/targets/c/print.js";
import { input } from "../dist/tensor/create.js";

const page = new URL("../docs/how-it-works.md", import.meta.url);
const source = `const layer = (x: Tensor, kernel: Tensor, bias: Tensor) => x.matmul(kernel).add(bias).relu();
const loss = (x: Tensor, y: Tensor, kernel: Tensor, bias: Tensor) => layer(x, kernel, bias).sub(y).square().mean();`;
const layer = (x, kernel, bias) => x.matmul(kernel).add(bias).relu();
const loss = (x, y, kernel, bias) => layer(x, kernel, bias).sub(y).square().mean();

// Fixed limits, so that the page does not depend on who writes it.
const { limits, passes } = nativeTarget({ lanes: 8, registers: 16, multipliesPairs: false });
const target = { limits: { ...limits, cacheBytes: [32 * 1024, 1024 * 1024] }, passes };
const inputs = [[4, 16], [4, 8], [16, 8], [8]].map((shape, slot) => input(slot, { dtype: "f32", shape }));
const traced = { name: "loss", inputs: inputs.map(({ node }) => node), outputs: [loss(...inputs).node] };
const { program } = compile(traced, target);

const block = (language, text) => `\`\`\`${language}\n${text.trim()}\n\`\`\``;
const generated = [
  "A layer and its loss, for four samples of 16 features:",
  block("ts skip", source),
  "Tracing writes down a graph. A reshape or a broadcast is a node like any other, and costs nothing later:",
  block("text", showGraph(traced.outputs)),
  `The compiler makes ${program.kernels.length} kernels of it. What is elementwise joins the kernel that produces it or the one that uses it, and stays in registers:`,
  block("text", showProgram(program)),
  "Printed as C, with constant sizes and the compiler's vector extensions (without the prelude that all programs share):",
  block("c", kernelsOf(printC(program))),
].join("\n\n");

const text = readFileSync(page, "utf8");
writeFileSync(
  page,
  text.replace(/<!-- generated -->[\s\S]*<!-- \/generated -->/, () => `<!-- generated -->\n${generated}\n<!-- /generated -->`),
);

/** The kernels' functions and the one that calls them in order. */
function kernelsOf(code) {
  const start = code.indexOf("static NOINLINE void kernel0");
  const step = code.indexOf("static void step(");
  if (start < 0 || step < 0) throw new Error("the printed program has changed its shape: no kernel0 or no step");
  return code.slice(start, code.indexOf("\n}\n", step) + 2);
}
