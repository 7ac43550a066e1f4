import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { RolldownBuild } from "rolldown";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

const program = (door: string) => `import { tensor } from "${root}dist/${door}"; console.log((await tensor([1, 2]).add(1).read()).join());`;

/** With a chunk beside it: what only programs with threads load. */
const writeTo = (bundle: RolldownBuild, file: string) =>
  bundle.write({ dir: dirname(file), entryFileNames: basename(file), format: "esm" });

const bundlers = {
  async esbuild(door: string, file: string) {
    const stdin = { contents: program(door), resolveDir: root };
    await build({
      stdin,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "node",
      tsconfigRaw: "{}",
      outfile: file,
      logLevel: "error",
    });
  },
  async rolldown(door: string, file: string) {
    writeFileSync(`${file}.entry.mjs`, program(door));
    const bundle = await rolldown({ input: `${file}.entry.mjs`, platform: "node" });
    await writeTo(bundle, file);
  },
};
const cases = Object.keys(bundlers).flatMap((name) =>
  ["index.js", "doors/tensor.js", "doors/core.js"].map((door) => ({ bundler: name as keyof typeof bundlers, door })),
);

// `sideEffects` in package.json lets bundlers drop modules. They must not drop the one that connects `Tensor.read` to the runtime.
test.each(cases)("a program that $bundler makes from $door still reads tensors, as in Node", async ({ bundler, door }) => {
  const folder = mkdtempSync(join(tmpdir(), "gradsmith-bundle-"));
  try {
    await bundlers[bundler](door, join(folder, "program.mjs"));
    expect(execFileSync(process.execPath, [join(folder, "program.mjs")], { encoding: "utf8" })).toBe("2,3\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a program with a loop, bundled, computes what adding up by hand does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gradsmith-bundle-"));
  try {
    const entry = join(folder, "entry.mjs");
    writeFileSync(
      entry,
      `import { scan, tensor } from "${root}dist/doors/core.js";
const sums = (x) => scan((sum, row) => ({ carry: sum.add(row), y: sum.add(row) }), tensor(0), { xs: x }).ys;
console.log((await sums(tensor([1, 2, 3])).read()).join());`,
    );
    const bundle = await rolldown({ input: entry, platform: "node" });
    await writeTo(bundle, join(folder, "program.mjs"));
    expect(execFileSync(process.execPath, [join(folder, "program.mjs")], { encoding: "utf8" })).toBe("1,3,6\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a bundle for browsers computes with WebAssembly, and says why", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gradsmith-bundle-"));
  try {
    const entry = join(folder, "entry.mjs");
    writeFileSync(
      entry,
      `import { compile, describeDevice, tensor } from "${root}dist/doors/core.js";
const double = compile((x) => x.mul(2));
console.log((await double(tensor([1, 2])).read()).join());
console.log(double.explain().split("\\n").find((line) => line.startsWith("# tier")));
console.log(describeDevice().lines[0].replace(" with fused multiply-add", ""));`,
    );
    const bundle = await rolldown({ input: entry, platform: "browser", external: [/^node:/] });
    await writeTo(bundle, join(folder, "program.mjs"));
    expect(execFileSync(process.execPath, [join(folder, "program.mjs")], { encoding: "utf8" })).toBe(
      `2,4
# tier wasm (a browser has no C compiler)
device cpu, tier wasm: WebAssembly SIMD (a browser has no C compiler)
`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a bundle for browsers leaves out the passes that only the native backend brings, as rolldown's list of its modules shows", async () => {
  const bundle = await rolldown({ input: `${root}dist/doors/core.js`, platform: "browser", external: [/^node:/] });
  const { output } = await bundle.generate({ format: "esm" });
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : [])).map((path) => path.replace(root, ""));
  expect(modules).toContain("dist/compiler/compile.js");
  const brought = /compiler\/(merg|recompute-kernels|slices|winograd|pair-operands|block-product|parts-of-threads)/;
  expect(modules.filter((path) => brought.test(path))).toEqual([]);
});

test("a bundle of the front door leaves out what a program does not use, as esbuild's account of it shows", async () => {
  const { metafile } = await build({
    stdin: { contents: `import { tensor } from "./dist/index.js"; console.log(tensor);`, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    tsconfigRaw: "{}",
    write: false,
    metafile: true,
    outfile: "bundle.js",
    logLevel: "error",
  });
  const kept = Object.entries(Object.values(metafile.outputs)[0]!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = new Set(kept.map(([path]) => path.split("/")[1]));
  expect(folders).toContain("tensor");
  for (const folder of ["nn", "optim", "data", "io", "train", "viz", "cli"]) expect(folders).not.toContain(folder);
});
