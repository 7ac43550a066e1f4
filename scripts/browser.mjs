// Trains in a real browser, with workers over shared memory where the page may have them, and compares the weights with Node's to the last bit. Needs dist/.
import * as gradsmith from "../dist/node/index.js";
import { train } from "./browser-training.mjs";
import { bundled, findBrowser, noBrowser, visit } from "./chromium.mjs";

if (findBrowser() === undefined) {
  console.log(`skipped: ${noBrowser}`);
  process.exit(0);
}

/** What is trained with; what is in common comes from `train`. Fused multiply-adds round once, products and sums twice. */
const devices = [{ threads: 1 }, { threads: 2 }, { threads: 2, relaxedSimd: false }];
/** Where a page's program runs. Only a page that keeps other origins out may share memory with workers. */
const places = [
  { name: "page, cross-origin isolated", path: "/isolated/page", workers: true },
  { name: "worker of such a page", path: "/isolated/worker", workers: true },
  { name: "page, not isolated", path: "/plain/page", workers: false },
];

const scripts = await bundled(program());
const wanted = [];
for (const device of devices) wanted.push(await train(gradsmith, device));

let passed = 0;
let failed = 0;
const check = (ok, what) => {
  console.log(`${ok ? "ok    " : "FAILED"} ${what}`);
  if (ok) passed++;
  else failed++;
};
for (const { name, path, workers } of places) {
  const { error, isolated, results } = await visit(path, respond);
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
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** What a page runs. */
function program() {
  return `import * as gradsmith from "./dist/index.js";
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
}

/** What the server has at a path below `/isolated` or `/plain`. */
function respond(path) {
  const [, folder, name] = path.split("/");
  const headers =
    folder === "isolated" ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } : {};
  const script = scripts.get(`/${name}`);
  if (script !== undefined) return { type: "text/javascript", body: script, headers };
  if (!places.some((place) => place.path === path)) return undefined;
  const body =
    name === "worker"
      ? `<script>new Worker("/${folder}/main.js", { type: "module" })</script>`
      : `<script type="module" src="/${folder}/main.js"></script>`;
  return { type: "text/html", body, headers };
}
