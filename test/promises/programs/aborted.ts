// Trains with a compiler that hangs, is aborted, or goes on without it; prints what became of it and after how many ms.
import { dense, random, sequential } from "gradsmith";

const [way] = process.argv.slice(2);
const x = random.uniform([64, 3], { seed: 1 });
const model = sequential([dense(4), dense(1)], { inputShape: [3] }).compile({ optimizer: "sgd", loss: "mse" });
const control = new AbortController();
const began = performance.now();
let turns = 0;
const timer = setInterval(() => turns++, 20);
if (way === "abort") setTimeout(() => control.abort(), 300);
const { stopped, epochs } = await model.fit(x, x.sum({ axis: 1, keepDims: true }), { verbose: 0, epochs: 2, signal: control.signal });
clearInterval(timer);
console.log(JSON.stringify({ stopped, epochs: epochs.length, ms: performance.now() - began, turns }));
