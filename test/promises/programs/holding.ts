// Prints how many MiB array buffers and WebAssembly memories take, after garbage collection, at moments in the life of a data set of 64 MiB and of a model.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Tensor } from "gradsmith";
import { adam, compile, dense, random, sequential, tensor } from "gradsmith";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const held = async (): Promise<number> => {
  // What is dropped in this turn of the event loop may still be on the stack, and buffers are freed in the background.
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
  }
  return process.memoryUsage().external / 2 ** 20;
};

const idle = await held();
const report: Record<string, number> = {};
const look = async (moment: string): Promise<void> => {
  report[moment] = (await held()) - idle;
};
const [rows, columns] = [2 ** 14, 2 ** 10];

let copied = tensor(new Float32Array(rows * columns).fill(1), { shape: [rows, columns] });
await look("copied, array dropped");
report["sum"] = await copied.sum().item();
await look("read by a program");
copied = tensor(0);
await look("tensor dropped");

const array = new Float32Array(rows * columns).fill(1);
let taken = tensor(array, { shape: [rows, columns], transfer: true });
await look("transferred");
report["length left"] = array.length;
taken = tensor(await taken.slice([0, 0], [1, 1]).item());
await look("transferred tensor dropped");

// Awaits alone never let the event loop turn.
const next = compile((x: Tensor) => x.add(1));
const numbers = new Float32Array(2 ** 14);
for (let call = 0; call < 2000; call++) await next(tensor(numbers)).read();
collect();
report["2000 calls in one turn"] = process.memoryUsage().external / 2 ** 20 - idle;

const x = random.normal([64, 2048], { seed: 1 });
const model = sequential([dense(2048)], { inputShape: [2048] }).compile({ optimizer: adam(), loss: "mse" });
const options = { batchSize: 32, epochs: 2, verbose: 0, callbacks: [{ onEpochEnd: () => look("fit") }] } as const;
await model.fit(x, x, options);
await model.fit(x, x, { ...options, callbacks: [{ onEpochEnd: () => look("second fit") }] });
await look("fitted");
console.log(JSON.stringify(report));
