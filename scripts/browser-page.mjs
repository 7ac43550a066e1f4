// What a page sees, in Chromium: pixels of canvases and pictures, progress in an element, and frames while a model trains beside the page (useWorker) or on
// its own thread. Needs dist/.
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
const canvas = Object.assign(document.createElement("canvas"), { width: 2, height: 1 });
const context = canvas.getContext("2d");
context.fillStyle = "rgb(10, 20, 30)";
context.fillRect(0, 0, 1, 1);
context.fillStyle = "rgb(255, 0, 0)";
context.fillRect(1, 0, 1, 1);
const read = async (source, options) => [...(await (await g.fromPixels(source, options)).read())].join();
await attempt("canvas", () => read(canvas));
await attempt("ImageData", () => read(context.getImageData(0, 0, 2, 1), { channels: 4 }));
await attempt("bitmap", async () => read(await createImageBitmap(canvas)));
await attempt("image element", async () => {
  const image = new Image();
  image.src = canvas.toDataURL();
  await image.decode();
  return read(image, { channels: 1 });
});
await attempt("image that isn't there yet", () => read(new Image()));
await attempt("video frame", async () => {
  const frame = new VideoFrame(canvas, { timestamp: 0 });
  const numbers = await read(frame);
  frame.close();
  return numbers;
});
await attempt("toPixels", async () => {
  const other = document.createElement("canvas");
  await g.toPixels(g.tensor([[[0, 0.5, 1]], [[1, 1, 1]]]), other);
  return [other.width, other.height, ...other.getContext("2d").getImageData(0, 0, 1, 2).data].join();
});

const x = g.random.normal([20000, 100], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });
const model = () => g.sequential([g.dense(256, { activation: "relu" }), g.dense(256, { activation: "relu" }), g.dense(1)], { inputShape: [100] })
  .compile({ optimizer: g.adam(), loss: "mse" });
/** The gaps between frames while a model trains, in ms, sorted; and the loss. */
const framesOf = async (callbacks = []) => {
  const gaps = [];
  let last = performance.now();
  let goesOn = true;
  const tick = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    if (goesOn) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  const trained = model();
  let begun = 0;
  const { metrics } = await trained.fit(x, y, { epochs: 4, batchSize: 64, validationSplit: 0.1, seed: 2, callbacks: [
    { onEpochEnd(epoch) { if (epoch === 0) { begun = gaps.length; } } }, ...callbacks,
  ] });
  goesOn = false;
  const during = gaps.slice(begun).sort((a, b) => a - b);
  return { frames: during.length, median: during[during.length >> 1], worst: during.at(-1), startUp: Math.max(...gaps.slice(0, begun)), loss: metrics.loss.at(-1) };
};
await attempt("on its own thread", framesOf);
g.useWorker();
const place = document.body.appendChild(document.createElement("div"));
await attempt("beside the page", () => framesOf([g.pageProgress(place)]));
await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
const bar = place.querySelector("[role=progressbar]");
results.progress = [bar.ariaValueNow, place.innerText, place.querySelectorAll("polyline")[1].getAttribute("points").split(" ").length].join(" | ");
results.device = g.describeDevice().lines[0].replace(" with fused multiply-add", "");
g.setDevice({ device: "cpu" });
await fetch("/answer", { method: "POST", body: JSON.stringify(results) });`;

const scripts = await bundled(program);
const respond = (path) => {
  const script = scripts.get(path);
  if (script !== undefined) return { type: "text/javascript", body: script };
  if (path === "/") return { type: "text/html", body: '<!doctype html><body><script type="module" src="/main.js"></script>' };
  return undefined;
};

let passed = 0;
let failed = 0;
const answers = await visit("/", respond);
const expect = (name, isRight, shown = answers[name] ?? answers.error) => {
  console.log(`${isRight ? "ok    " : "FAILED"} ${name}: ${shown}`);
  if (isRight) passed++;
  else failed++;
};
const is = (name, wanted) => expect(name, wanted instanceof RegExp ? wanted.test(answers[name]) : answers[name] === wanted);
is("canvas", "10,20,30,255,0,0");
is("ImageData", "10,20,30,255,255,0,0,255");
is("bitmap", "10,20,30,255,0,0");
is("image element", "18,76");
is("image that isn't there yet", /GradsmithError data: .*not loaded yet/);
is("video frame", /^(\d+,){5}\d+$/);
is("toPixels", "1,2,0,128,255,255,255,255,255,255");
is("progress", /^100 \| Epoch 4\/4 loss \S+ · val_loss \S+ · 282\/282 .*\| 4$/s);
is("device", "device worker, tier wasm: WebAssembly SIMD in a worker");
const [here, beside] = [answers["on its own thread"], answers["beside the page"]];
expect("the same loss beside the page as on its thread", here?.loss !== undefined && here.loss === beside?.loss, beside?.loss);
const words = ({ frames, median, worst, startUp }) =>
  `${frames} frames, median gap ${median.toFixed(1)} ms, worst ${worst.toFixed(0)} ms; worst before the first epoch's end ${startUp.toFixed(0)} ms`;
// Figures depend on the machine; that frames go on doesn't.
for (const [name, figures] of [
  ["frames while training on the page's thread", here],
  ["frames while training beside the page", beside],
])
  console.log(`       ${name}: ${figures?.frames === undefined ? figures : words(figures)}`);
expect("frames go on while a model trains beside the page", beside?.frames >= 10, `${beside?.frames} frames in three epochs`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
