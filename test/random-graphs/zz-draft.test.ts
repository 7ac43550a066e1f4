import { it } from "vitest"; import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
import { nativeBackend } from "../../src/backends/cpu/native.ts";
import { wasmBackend } from "../../src/backends/cpu/wasm.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import { Storage } from "../../src/backends/storage.ts";
import { bytesOf } from "../../src/core/dtype.ts";
import { topological } from "../../src/ir/graph.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { decode, storageFrom } from "../../src/runtime/values.ts";
import { compile } from "../../src/compiler/compile.ts";
import { randomGraph } from "./generate.ts";
it("draft", () => {
  const fails = new Map<string, string[]>();
  const note = (k: string, w: string) => { const l = fails.get(k) ?? []; l.push(w); fails.set(k, l); };
  let ok = 0;
  const backend = wasmBackend({ relaxedSimd: false });
  for (let seed = 0; seed < 1500; seed++) {
    require("node:fs").writeFileSync("/tmp/seed.txt", String(seed)); const g = randomGraph(seed); require("node:fs").writeFileSync("/tmp/seed.txt", g.describe);
    for (const fusion of [true, false]) {
    try {
      const inputs = topological(g.roots).filter((n) => n.op.kind === "source" && (n.op.from === "input" || n.op.from === "literal"));
      const data = (n: any) => g.inputs.get(n) ?? n.attributes.data;
      const compiled = compile({ name: "t", inputs, outputs: g.roots }, backend.limits, { fusion });
      verifyProgram(compiled.program, { basicOnly: true });
      const ex = backend.compile(compiled.program);
      const st = compiled.program.arguments.map(({ buffer }, i) => {
        const { dtype, length } = compiled.program.buffers[buffer]!;
        return i < inputs.length ? storageFrom(data(inputs[i]!), { dtype, shape: [length] }) : new Storage(length * bytesOf(dtype));
      });
      ex.run(st, 1);
      const want = evaluateGraph(g.roots, data);
      g.roots.forEach((root, i) => {
        const got = decode(st[compiled.outputs[i]!.argument]!.peek(), root.type.dtype);
        for (let j = 0; j < want[i]!.length; j++) {
          const w = want[i]![j]!, v = got[j]!;
          if (!(Object.is(w, v) || Math.abs(w - v) <= g.tolerances[i]! || (w === v))) { note("wrong value", `fusion ${fusion} root ${i} [${j}] got ${v} want ${w} tol ${g.tolerances[i]} of ${want[i]!.length}; ${g.describe}`); return; }
        }
      });
      ok++;
    } catch (err) { note(String((err as Error).message).replace(/[0-9]+/g, "N").slice(0, 60), `fusion ${fusion} ${(err as Error).message} ${g.describe}`); }
    }
  }
  console.log("ok", ok);
  for (const [k, l] of fails) console.log(`\n## ${k}: ${l.length}\n` + l.sort((a,b)=>a.length-b.length).slice(0, 4).join("\n"));
}, 200000);
