// What pages do with files, in Chromium: models kept by the browser, downloaded, in less room; data sets by URL; and what is said where it can't be. Needs dist/.
import { gzipSync } from "node:zlib";
import { bundled, findBrowser, noBrowser, visit } from "./chromium.mjs";

if (findBrowser() === undefined) {
  console.log(`skipped: ${noBrowser}`);
  process.exit(0);
}

const program = `import * as g from "./dist/index.js";
const results = {};
const attempt = async (name, work) => {
  try {
    results[name] = await work();
  } catch (error) {
    results[name] = error.name + " " + error.code + ": " + error.message;
  }
};
const small = () => g.sequential([g.dense(3, { activation: "relu" }), g.dense(1)], { inputShape: [2] });
const predicted = async (model) => [...(await model.predict([[1, 2], [3, -1]]).read())].join();
if (location.pathname.endsWith("/no-worker")) {
  g.useWorker();
  await attempt("no worker", () => g.tensor([1]).add(1).read());
} else if (location.pathname.endsWith("/no-wasm")) {
  await attempt("no wasm", () => g.tensor([1]).add(1).read());
} else if (location.hash === "#again") {
  Object.assign(results, JSON.parse(sessionStorage.getItem("results")));
  await attempt("kept, after a reload", async () => (await predicted(await g.loadModel("indexeddb://mine"))) === results.predicted);
  await attempt("forgotten", async () => {
    await g.removeSavedModel("mine");
    return (await g.savedModels()).length;
  });
  await attempt("not there", () => g.loadModel("indexeddb://mine"));
} else {
  const model = small();
  results.predicted = await predicted(model);
  await attempt("kept", async () => {
    await model.save("indexeddb://mine");
    return (await g.savedModels()).join();
  });
  await attempt("downloaded", async () => {
    let link;
    HTMLAnchorElement.prototype.click = function () {
      link = this;
    };
    await model.save("downloads://mine.safetensors");
    const loaded = await g.loadModel(await (await fetch(link.href)).blob());
    return [link.download, (await predicted(loaded)) === results.predicted].join();
  });
  await attempt("f16", async () => (await g.loadModel(await model.toBytes({ weights: "f16" }))).weights["dense/kernel"].dtype);
  await attempt("int8, from what fetch answers", async () => {
    const body = await model.toBytes({ weights: "int8" });
    await fetch("/put", { method: "POST", body });
    const loaded = await g.loadModel(await fetch("/model.safetensors"));
    const [before, after] = await Promise.all([model, loaded].map((each) => each.weights["dense/kernel"].read()));
    const largest = Math.max(...before.map(Math.abs));
    return before.every((weight, at) => Math.abs(weight - after[at]) <= (largest / 127) * 0.501);
  });
  await attempt("by URL", async () => {
    await fetch("/put", { method: "POST", body: await model.toBytes() });
    return (await predicted(await g.loadModel(new URL("/model.safetensors", location.href)))) === results.predicted;
  });
  await attempt("a path", () => model.save("model.safetensors"));
  await attempt("reading a path", () => g.loadModel("model.safetensors"));
  await attempt("mnist", async () => {
    let seen = 0;
    const { train, test } = await g.mnist({ directory: "data", onProgress: ({ receivedBytes }) => { seen = receivedBytes; } });
    return [train.images.shape, test.labels.shape, await train.images.cast("i32").sum().item(), seen > 0].join(" ");
  });
  await attempt("mnist elsewhere", () => g.mnist({ directory: "/nowhere" }));
  const elsewhere = location.origin.replace("localhost", "other.localhost");
  await attempt("a picture of another origin", async () => {
    const image = new Image();
    image.src = elsewhere + "/picture.svg";
    await image.decode();
    await g.fromPixels(image);
  });
  await attempt("a model of another origin", () => g.loadModel(elsewhere + "/model.safetensors"));
  sessionStorage.setItem("results", JSON.stringify(results));
  location.hash = "#again";
  location.reload();
  await new Promise(() => {});
}
await fetch("/answer", { method: "POST", body: JSON.stringify(results) });`;

const scripts = await bundled(program);

/** IDX: bytes of this shape, each `value`. */
const idx = (shape, value) => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([
    header,
    Buffer.alloc(
      shape.reduce((a, b) => a * b, 1),
      value,
    ),
  ]);
};
const data = new Map([
  ["/data/train-images-idx3-ubyte.gz", gzipSync(idx([5, 28, 28], 2))],
  ["/data/train-labels-idx1-ubyte.gz", gzipSync(idx([5], 1))],
  // Without a name in .gz, as unpacked files have.
  ["/data/t10k-images-idx3-ubyte", idx([3, 28, 28], 1)],
  ["/data/t10k-labels-idx1-ubyte", idx([3], 9)],
]);
let model;
const respond = (path, body) => {
  if (path === "/put") {
    model = body;
    return { type: "text/plain", body: "" };
  }
  if (path === "/model.safetensors") return { type: "application/octet-stream", body: model };
  if (path === "/picture.svg")
    return {
      type: "image/svg+xml",
      body: '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"><rect width="4" height="3"/></svg>',
    };
  const script = scripts.get(path);
  if (script !== undefined) return { type: "text/javascript", body: script };
  if (data.has(path)) return { type: "application/octet-stream", body: data.get(path) };
  const page = '<script type="module" src="/main.js"></script>';
  if (path === "/") return { type: "text/html", body: page };
  if (path === "/no-worker") {
    const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    return { type: "text/html", body: page, headers: { "Content-Security-Policy": policy } };
  }
  if (path === "/no-wasm") return { type: "text/html", body: page, headers: { "Content-Security-Policy": "script-src 'self'" } };
  return undefined;
};

let passed = 0;
let failed = 0;
const answers = { ...(await visit("/", respond)), ...(await visit("/no-wasm", respond)), ...(await visit("/no-worker", respond)) };
const expect = (name, wanted) => {
  const isRight = wanted instanceof RegExp ? wanted.test(answers[name]) : answers[name] === wanted;
  console.log(`${isRight ? "ok    " : "FAILED"} ${name}: ${answers[name] ?? answers.error}`);
  if (isRight) passed++;
  else failed++;
};
expect("kept", "mine");
expect("kept, after a reload", true);
expect("forgotten", 0);
expect("not there", /GradsmithError file: .*is not there/);
expect("downloaded", "mine.safetensors,true");
expect("f16", "f32");
expect("int8, from what fetch answers", true);
expect("by URL", true);
expect("a path", /GradsmithError file: .*a page has no files.*indexeddb/);
expect("reading a path", /GradsmithError file: .*a page has no files.*Blob/);
expect("mnist", `5,28,28 3 ${5 * 784 * 2} true`);
expect("mnist elsewhere", /GradsmithError network: .*404/);
expect("a picture of another origin", /GradsmithError data: .*another origin/);
expect("a model of another origin", /GradsmithError network: .*origin/);
expect("no wasm", /GradsmithError device: .*wasm-unsafe-eval/);
expect("no worker", /GradsmithError device: .*worker-src blob:/);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
