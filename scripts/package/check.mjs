// Packs the package, installs it in a fresh folder, and uses it there by its name, as its users do: in Node, with TypeScript, through bundlers for Node and
// for pages, and from one file. Needs dist/. The last line is "N passed, N failed"; what was not tried is named.
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { findBrowser, noBrowser, visit } from "../chromium.mjs";
import { bundlers } from "./bundlers.mjs";
import { check, finish } from "./report.mjs";
import { sizes } from "./sizes.mjs";
import { toolsFolder } from "./tools.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);
const npm = (args, cwd) => spawnSync("npm", args, { cwd, encoding: "utf8", shell: process.platform === "win32" });

/** What the programs answer. */
const programs = { tensors: "2,3 6,8", train: "trained" };

/** Measured: 1.8 to 2.0. */
const longestStart = 2.5;

const skipped = [];
async function attempt(name, work) {
  try {
    check(name, await work());
  } catch (error) {
    check(name, `${error.stdout ?? ""}${error.stderr ?? ""}` || String(error?.stack ?? error));
  }
}
const differs = (answer, wanted) => (answer === wanted ? undefined : `answered ${JSON.stringify(answer)}, not ${JSON.stringify(wanted)}`);

const folder = mkdtempSync(join(tmpdir(), "gradsmith-package-"));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
for (const name of skipped) console.log(`skipped ${name}`);
finish();

async function main() {
  const packed = npm(["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
  const [{ filename, size, unpackedSize, entryCount, files }] = JSON.parse(packed.stdout);
  const tarball = join(folder, filename);
  for (const [name, fault] of sizes({ size, unpackedSize, entryCount }, process.argv.includes("--record"))) check(name, fault);
  const needed = ["README.md", "CHANGELOG.md", "LICENSE", "package.json"].filter((name) => !files.some(({ path }) => path === name));
  check("the tarball has README, CHANGELOG, LICENSE", needed.length === 0 ? undefined : `without ${needed.join(", ")}`);

  const user = join(folder, "user");
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  const installed = npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", tarball], user);
  check("installs from the tarball, without a network", installed.status === 0 ? undefined : installed.stderr);
  cpSync(join(here, "programs"), user, { recursive: true });

  await inNode(user);
  await startTime(user);
  const dry = npm(["publish", "--dry-run", "--ignore-scripts", tarball], user);
  check("npm publish --dry-run", dry.status === 0 ? undefined : dry.stderr);

  const tools = toolsFolder();
  if (tools === undefined) {
    skipped.push("types, publint, attw, bundlers: their tools could not be installed (no network?)");
    return;
  }
  await types(user, tools);
  await attempt("publint", async () => {
    const { publint } = await import(pathToFileURL(join(tools, "node_modules/publint/src/index-node.js")).href);
    const { messages } = await publint({ pkgDir: join(user, "node_modules/gradsmith"), strict: true });
    return messages.length === 0 ? undefined : JSON.stringify(messages);
  });
  await attempt("arethetypeswrong, for ESM", async () => {
    const cli = join(tools, "node_modules/@arethetypeswrong/cli/dist/index.js");
    await run(process.execPath, [cli, tarball, "--profile", "esm-only", "--no-color", "--no-emoji"]);
  });
  await bundles(user, tools);
}

async function inNode(user) {
  for (const [name, wanted] of Object.entries(programs)) {
    writeFileSync(join(user, `${name}-node.js`), `import { run } from "./${name}.js"; console.log(await run());`);
    await attempt(`${name}, in Node`, async () =>
      differs((await run(process.execPath, [`${name}-node.js`], { cwd: user })).stdout.trim(), wanted),
    );
  }
  if (process.features.require_module !== true) {
    skipped.push(`require("gradsmith"): Node ${process.versions.node} can't require ESM`);
    return;
  }
  const required = 'const { tensor } = require("gradsmith"); tensor([1, 2]).mul(2).read().then((numbers) => console.log(numbers.join()));';
  writeFileSync(join(user, "required.cjs"), required);
  await attempt('through require("gradsmith")', async () =>
    differs((await run(process.execPath, ["required.cjs"], { cwd: user })).stdout.trim(), "2,4"),
  );
}

/** Timed in turns with a bare process: what else the machine does makes both longer. */
async function startTime(user) {
  const programs = ["", 'import "gradsmith";'];
  const times = programs.map(() => []);
  for (let round = 0; round < 15; round++) {
    for (const [i, program] of programs.entries()) {
      const started = performance.now();
      await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: user });
      times[i].push(performance.now() - started);
    }
  }
  const [bare, ours] = times.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]);
  const ratio = ours / bare;
  const figures = `${bare.toFixed(0)} ms bare, ${ours.toFixed(0)} ms with gradsmith, ${ratio.toFixed(2)} times as long`;
  check(`Node's start: ${figures} (most ${longestStart})`, ratio <= longestStart ? undefined : "importing gradsmith has become slow");
}

async function types(user, tools) {
  for (const version of ["typescript-5.4", "typescript-6", "typescript-7"]) {
    for (const [resolution, module] of [
      ["nodenext", "nodenext"],
      ["bundler", "esnext"],
    ]) {
      const options = {
        strict: true,
        noEmit: true,
        target: "es2022",
        lib: ["es2022", "dom"],
        types: [],
        module,
        moduleResolution: resolution,
      };
      const config = join(user, `tsconfig.${resolution}.json`);
      writeFileSync(config, JSON.stringify({ compilerOptions: options, files: ["types.ts"] }));
      await attempt(`types by ${version}, resolved by ${resolution}`, async () => {
        await run(process.execPath, [join(tools, "node_modules", version, "bin/tsc"), "-p", config], { cwd: user });
      });
    }
  }
}

/** Every bundler makes each program for Node and for a page, and what it made runs. */
async function bundles(user, tools) {
  const pages = new Map();
  for (const bundler of bundlers(tools)) {
    for (const [name, wanted] of Object.entries(programs)) {
      const title = `${name}, bundled by ${bundler.name}`;
      const entry = join(user, `${bundler.name}-${name}`);
      writeFileSync(`${entry}.node.js`, `import { run } from "./${name}.js"; run().then((answer) => console.log(answer));`);
      const tell = `(answer) => parent.postMessage({ title: ${JSON.stringify(title)}, answer }, "*")`;
      writeFileSync(
        `${entry}.page.js`,
        `import { run } from "./${name}.js"; run().then(${tell}, (error) => (${tell})(String(error?.stack ?? error)));`,
      );
      await attempt(`${title} for Node`, async () => {
        const out = join(folder, "out", `${bundler.name}-${name}-node`);
        const file = await bundler.bundle({ entry: `${entry}.node.js`, out, platform: "node", cwd: user });
        return differs((await run(process.execPath, [file], { cwd: out })).stdout.trim(), wanted);
      });
      try {
        const out = join(folder, "out", `${bundler.name}-${name}-page`);
        const file = await bundler.bundle({ entry: `${entry}.page.js`, out, platform: "page", cwd: user });
        pages.set(title, { out, file: file.slice(out.length + 1).replaceAll("\\", "/"), wanted });
      } catch (error) {
        check(`${title} for pages`, String(error?.stack ?? error));
      }
    }
  }
  // What a page loads as it is.
  const single = join(user, "node_modules/gradsmith/dist/gradsmith.min.js");
  for (const [name, wanted] of Object.entries(programs)) {
    const title = `${name}, with the one file and no bundler`;
    const out = join(folder, "out", `script-${name}`);
    mkdirSync(out, { recursive: true });
    cpSync(single, join(out, "gradsmith.min.js"));
    const program = readFileSync(join(user, `${name}.js`), "utf8").replace('"gradsmith"', '"./gradsmith.min.js"');
    const tell = `(answer) => parent.postMessage({ title: ${JSON.stringify(title)}, answer }, "*")`;
    writeFileSync(join(out, "main.js"), `${program}\nrun().then(${tell}, (error) => (${tell})(String(error?.stack ?? error)));`);
    pages.set(title, { out, file: "main.js", wanted });
  }
  console.log(`       gradsmith.min.js: ${(gzipSync(readFileSync(single), { level: 9 }).length / 1024).toFixed(1)} KB gzipped`);
  if (findBrowser() === undefined) {
    skipped.push(`bundles in a page: ${noBrowser}`);
    return;
  }
  const answers = await inPage([...pages.values()], pages);
  for (const [title, { wanted }] of pages) check(`${title}, in Chromium`, differs(answers[title] ?? answers.error, wanted));
}

/** What all pages answer, each in a frame of its own. */
function inPage(places, pages) {
  const frames = places.map((_, i) => `<iframe src="/${i}/"></iframe>`).join("");
  const collect = `const answers = {};
addEventListener("message", ({ data }) => {
  answers[data.title] = data.answer;
  if (Object.keys(answers).length === ${pages.size}) say();
});
const say = () => fetch("/answer", { method: "POST", body: JSON.stringify(answers) });
setTimeout(say, 60_000);`;
  return visit("/", (path) => {
    if (path === "/") return { type: "text/html", body: `<script>${collect}</script>${frames}` };
    const [, number, ...rest] = path.split("/");
    const place = places[Number(number)];
    if (place === undefined) return undefined;
    if (rest.join("/") === "") return { type: "text/html", body: `<script type="module" src="/${number}/${place.file}"></script>` };
    const file = join(place.out, ...rest);
    return statSync(file, { throwIfNoEntry: false })?.isFile() ? { type: "text/javascript", body: readFileSync(file) } : undefined;
  });
}
