// Goes through many shapes, models or steps, and prints how much memory was taken on the way: nothing that is kept may grow with their number.
import { readFileSync } from "node:fs";
import { compile, dense, random, sequential, sgd, type Tensor, zeros } from "gradsmith";

const [way = "", count = "0"] = process.argv.slice(2);
const total = Number(count);

const held: (Tensor | undefined)[] = [];
let heldBytes = 0;
/** In MiB; addresses include what engines only reserve, rss leaves out the numbers that this program holds. */
const taken = (): { rss: number; heap: number; addresses: number } => {
  const pages = process.platform === "linux" ? Number(readFileSync("/proc/self/statm", "utf8").split(" ")[0]) : 0;
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: (rss - heldBytes) / 2 ** 20, heap: heapUsed / 2 ** 20, addresses: (pages * 4096) / 2 ** 20 };
};

/** Every size up to their number once, small and large ones in turns: what is alive takes as much at the end as at first. */
const sizeOf = (i: number): number => 1 + ((i * 7919) % total);

const network = (units = 4) =>
  sequential([dense(units, { activation: "relu" }), dense(1)], { inputShape: [3] }).compile({ optimizer: sgd(), loss: "mse" });
const x = random.uniform([16, 3], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });

/** What one of them does, and what it leaves behind for someone to hold. */
const ways: Readonly<Record<string, (i: number) => Promise<Tensor | undefined>>> = {
  async compile(i) {
    const result = double(zeros([sizeOf(i)]));
    await result.read();
    return result;
  },
  async predict(i) {
    const rows = sizeOf(i);
    const result = model.predict(zeros([rows, 3]), { batchSize: rows });
    await result.read();
    return result;
  },
  async functions(i) {
    const own = compile((v: Tensor) => v.add(i).sum());
    const result = own(x);
    await result.read();
    return result;
  },
  async models() {
    const fresh = network();
    await fresh.fit(x, y, { verbose: 0 });
    return fresh.weights["dense/kernel"];
  },
  async steps() {
    await model.fit(x, y, { verbose: 0, batchSize: 4, epochs: 250 });
    return undefined;
  },
};
const double = compile((v: Tensor) => v.mul(2).sum());
const model = network();

const run = ways[way]!;
const looks: ReturnType<typeof taken>[] = [];
for (let i = 0; i < total; i++) {
  const result = await run(i);
  held.push(result);
  heldBytes += 4 * (result?.size ?? 0);
  // The event loop turns, as it does in every program that waits for something.
  if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  if (i >= total * 0.3 && i % Math.max(1, Math.floor(total / 40)) === 0) looks.push(taken());
}
const sum = (await Promise.all(held.slice(0, 50).map((tensor) => tensor?.read()))).length;
console.log(JSON.stringify({ looks, sum }));
