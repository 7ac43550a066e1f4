// Trains in a real browser, with workers over shared memory where the page may have them, and compares the weights with Node's to the last bit. Needs dist/.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build } from "esbuild";
import * as gradsmith from "../dist/node/index.js";
import { train } from "./browser-training.mjs";

const browser = findBrowser();
if (browser === undefined) {
  console.log("skipped: no Chromium or Chrome on this machine. Name one with GRADSMITH_BROWSER=/path/to/it.");
  process.exit(0);
}

const mostMs = 120_000;
/** What is trained with; what is in common comes from `train`. Fused multiply-adds round once, products and sums twice. */
const devices = [{ threads: 1 }, { threads: 2 }, { threads: 2, relaxedSimd: false }];
/** Where a page's program runs. Only a page that keeps other origins out may share memory with workers. */
const places = [
  { name: "page, cross-origin isolated", path: "/isolated/page", workers: true },
  { name: "worker of such a page", path: "/isolated/worker", workers: true },
  { name: "page, not isolated", path: "/plain/page", workers: false },
];

const scripts = await bundled();
const wanted = [];
for (const device of devices) wanted.push(await train(gradsmith, device));

let failed = 0;
const check = (ok, what) => {
  console.log(`${ok ? "ok    " : "FAILED"} ${what}`);
  if (!ok) failed++;
};
for (const { name, path, workers } of places) {
  const { error, isolated, results } = await visit(path);
  if (error !== undefined) {
    check(false, `${name}: ${error}`);
    continue;
  }
  check(isolated === workers, `${name}: ${isolated ? "may" : "may not"} share memory`);
  for (const [i, { trained, started }] of results.entries()) {
    const { threads, relaxedSimd = true } = devices[i];
    const place = `${name}, ${threads} ${threads === 1 ? "thread" : "threads"}${relaxedSimd ? "" : ", not fused"}`;
    check(started > 0 === (workers && threads > 1), `${place}: ${started} workers started`);
    for (const [model, { loss, weights, ms }] of Object.entries(trained)) {
      const node = wanted[i][model];
      const same = weights === node.weights && loss === node.loss;
      check(
        same,
        `${place}, ${model} model: weights ${weights}, in Node ${node.weights}; ${ms.toFixed(0)} ms, in Node ${node.ms.toFixed(0)}`,
      );
    }
  }
}
process.exitCode = failed === 0 ? 0 : 1;

/** The package as a bundler makes it for a page, by path. */
async function bundled() {
  const contents = `import * as gradsmith from "./dist/index.js";
import { train } from "./scripts/browser-training.mjs";
let started = 0;
if (globalThis.Worker !== undefined) {
  globalThis.Worker = class extends Worker {
    constructor(url) {
      super(url);
      started++;
    }
  };
}
async function answer() {
  const results = [];
  for (const device of ${JSON.stringify(devices)}) {
    const before = started;
    results.push({ trained: await train(gradsmith, device), started: started - before });
  }
  return { isolated: crossOriginIsolated, results };
}
const say = (answer) => fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
answer().then(say, (error) => say({ error: String(error?.stack ?? error) }));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: "main.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    // Files are read by chunks that a page never loads.
    external: ["node:*"],
    outdir: "/",
    write: false,
    tsconfigRaw: "{}",
  });
  const main = outputFiles.find(({ path }) => path.endsWith("stdin.js"));
  return new Map(outputFiles.map((file) => [file === main ? "/main.js" : file.path, file.text]));
}

/** Opens a page of a server of its own in a browser of its own, and gives what it says. */
async function visit(path) {
  let said;
  const answer = new Promise((resolve) => {
    said = resolve;
  });
  const folder = path.slice(0, path.lastIndexOf("/"));
  const server = createServer((request, response) => {
    if (folder === "/isolated") {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    if (request.url === "/answer") {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => {
        response.end();
        said(JSON.parse(text));
      });
      return;
    }
    const script = scripts.get(request.url.slice(folder.length));
    response.setHeader("Content-Type", script === undefined ? "text/html" : "text/javascript");
    if (script !== undefined) response.end(script);
    else if (request.url !== path) response.writeHead(404).end();
    else if (path.endsWith("worker")) response.end(`<script>new Worker("${folder}/main.js", { type: "module" })</script>`);
    else response.end(`<script type="module" src="${folder}/main.js"></script>`);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const profile = mkdtempSync(join(tmpdir(), "gradsmith-browser-"));
  const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
  // Chromium's own walls don't stand for root, as in containers.
  const walls = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = ["--headless", "--disable-gpu", ...walls, ...quiet, `--user-data-dir=${profile}`];
  const child = spawn(browser, [...args, `http://localhost:${server.address().port}${path}`], { stdio: "ignore", detached: true });
  const closed = new Promise((resolve) => child.on("close", resolve));
  child.on("error", (error) => said({ error: error.message }));
  child.on("exit", (code) => said({ error: `${browser} ended with ${code}` }));
  const timer = setTimeout(() => said({ error: `said nothing for ${mostMs / 1000} s` }), mostMs);
  const result = await answer;
  clearTimeout(timer);
  end(child);
  await closed;
  server.closeAllConnections();
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return result;
}

/** With all the processes it has started: each would go on writing to its profile. */
function end(child) {
  if (child.pid === undefined || child.exitCode !== null) return;
  if (process.platform === "win32") child.kill();
  else process.kill(-child.pid, "SIGKILL");
}

/** GRADSMITH_BROWSER, or one by its usual names. */
function findBrowser() {
  const given = process.env.GRADSMITH_BROWSER;
  if (given !== undefined && given !== "") return given;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
  const onPath = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const usual = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  return [...onPath, ...usual].find((path) => existsSync(path));
}
