// Prints how many MiB array buffers and WebAssembly memories take, after garbage collection, while 16 MiB of bytes, scaled, are used in some ways.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { dense, sequential, sgd, tensor } from "gradsmith";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const idle = process.memoryUsage().external / 2 ** 20;
const report: Record<string, number> = {};
const look = async (moment: string): Promise<void> => {
  // What is dropped in this turn of the event loop may still be on the stack, and buffers are freed in the background.
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
  }
  report[moment] = process.memoryUsage().external / 2 ** 20 - idle;
};

const [rows, columns] = [2 ** 14, 2 ** 10];
const x = tensor(
  new Uint8Array(rows * columns).map((_, i) => i % 251),
  { shape: [rows, columns] },
)
  .cast("f32")
  .div(255);
const y = tensor(new Uint8Array(rows).map((_, i) => i % 10));
await look("described");
const model = sequential([dense(10)], { inputShape: [columns] }).compile({ optimizer: sgd(), loss: "sparseCategoricalCrossentropy" });
const callbacks = [{ onEpochEnd: () => look("validationSplit") }];
await model.fit(x, y, { batchSize: 256, epochs: 1, validationSplit: 0.1875, verbose: 0, callbacks });
await model.evaluate(x, y, { batchSize: 256 });
await look("evaluate");
await model.predict(x, { batchSize: 256 }).read();
await look("predict");
console.log(JSON.stringify({ ...report, x: String(x) }));
