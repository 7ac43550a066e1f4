import { afterEach, describe, expect, it } from "vitest";
import { ones, tensor, zeros } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import { counted } from "./counters.ts";
import "./install.ts";
import { loop } from "./loop.ts";
import { setDevice } from "./settings.ts";

afterEach(() => setDevice({ device: undefined, tier: undefined }));

/** How many traces `work` takes. */
async function traces(work: () => unknown): Promise<number> {
  const before = counted.traces;
  await work();
  return counted.traces - before;
}

describe("compiled functions keep their programs", () => {
  it("for each set of types, structures and other values", async () => {
    const scaled = compile(({ x }: { x: Tensor }, factor: number) => x.mul(factor));
    expect(await traces(() => scaled({ x: zeros([3]) }, 2))).toBe(1);
    expect(await traces(() => scaled({ x: ones([3]) }, 2))).toBe(0);
    expect(await traces(() => scaled({ x: ones([3]) }, 3))).toBe(1);
    expect(await traces(() => scaled({ x: ones([4]) }, 3))).toBe(1);
    expect(await traces(() => scaled({ x: ones([3], { dtype: "f64" }) }, 3))).toBe(1);
    expect(await traces(() => scaled({ x: ones([3]) }, 2))).toBe(0);
    expect(await scaled({ x: tensor([1, 2, 3]) }, 3).array()).toEqual([3, 6, 9]);
  });

  it("as many as 64, the ones called last", async () => {
    const sum = compile((x: Tensor) => x.sum());
    expect(await traces(() => Array.from({ length: 64 }, (_, i) => sum(ones([i + 1]))))).toBe(64);
    expect(await traces(() => sum(ones([1])))).toBe(0);
    expect(await traces(() => sum(ones([65]))), "takes the place of the second").toBe(1);
    expect(await traces(() => sum(ones([1])))).toBe(0);
    expect(await traces(() => sum(ones([2])))).toBe(1);
    expect(await sum(ones([2])).item()).toBe(2);
  });
});

describe.each(["wasm", "native", "reference"] as const)("random numbers without a key on %s", (name) => {
  const choose = (): void => setDevice(name === "reference" ? { device: "reference" } : { device: "cpu", tier: name });

  it("are new in each call of a compiled function, and differ within one", async () => {
    choose();
    const draw = compile((x: Tensor) => [x.add(random.uniform([3])), random.normal([3])]);
    const seen = new Set<string>();
    for (let i = 0; i < 4; i++) for (const tensor of draw(zeros([3]))) seen.add(String(await tensor.read()));
    expect(seen.size).toBe(8);
    const twice = compile(() => [random.uniform([4]), random.uniform([4])]);
    const [a, b] = await Promise.all(twice().map((tensor) => tensor.read()));
    expect(a).not.toEqual(b);
  });

  it("are what a key says where one is given", async () => {
    choose();
    const draw = compile((key: Tensor) => random.uniform([3], { key }));
    expect(await draw(random.key(1)).read()).toEqual(await draw(random.key(1)).read());
    expect(await draw(random.key(1)).read()).toEqual(await random.uniform([3], { seed: 1 }).read());
  });

  it("are refused in a loop, which would draw the same in every step", () => {
    choose();
    expect(() => loop((x: Tensor) => x.add(random.uniform([3])), zeros([3]), {}, { name: "walk" })).toThrow(
      "[walk] draws random numbers without a key, which would be the same in every step. Carry a count in the state",
    );
  });
});

it("a compiled function inside a trace is an ordinary one, whatever it is given", async () => {
  const inner = compile((x: Tensor) => x.mul(2));
  const outer = compile((x: Tensor) => inner(x.add(1)).add(inner(tensor([1, 1]))));
  expect(await outer(tensor([1, 2])).array()).toEqual([6, 8]);
});
