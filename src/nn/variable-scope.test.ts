import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refusal.ts";
import "../runtime/install.ts";
import { scan } from "../autodiff/scan.ts";
import { ones, zeros } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { draw } from "./blueprint.ts";
import { dropout } from "./layers/dropout.ts";
import { Module } from "./module.ts";

class Noise extends Module {
  forward(x: Tensor): Tensor {
    return random.normal(x.shape);
  }
}

class Net extends Module {
  readonly drop = dropout(0.5);
  readonly first = new Noise();
  readonly second = new Noise();
  forward(x: Tensor) {
    const a = this.first.apply(x);
    return { own: random.normal(x.shape), a, b: this.second.apply(x), again: this.first.apply(x), dropped: this.drop.apply(x) };
  }
}

/** Noise in every turn of a scan. */
class Turns extends Module {
  readonly noise = new Noise();
  forward(x: Tensor): Tensor {
    return scan((c: Tensor) => ({ carry: c, y: this.noise.apply(c) }), x, { length: 2 }).ys;
  }
}

const x = ones([8]);
const key = random.key(3);
const numbers = async (t: Tensor): Promise<number[]> => [...(await t.read())];

describe("keyless draws of modules that are called with a key", () => {
  it("differ between modules and between draws, are the same for the same key, and others for another key", async () => {
    const drawn = async (seed: number): Promise<number[][]> => {
      const { own, a, b, again } = new Net().applyWith({}, x, { training: true, key: random.key(seed) });
      return Promise.all([own, a, b, again].map(numbers));
    };
    const [once, twice, other] = [await drawn(3), await drawn(3), await drawn(4)];
    expect(twice).toEqual(once);
    const all = [...once, ...other].map(String);
    expect(new Set(all).size).toBe(all.length);
  });

  it("leave what layers draw by context.key() as it is: the numbers of foldIn(key, place)", async () => {
    const { dropped } = new Net().applyWith({}, x, { training: true, key });
    const kept = random.uniform(x.shape, { key: random.foldIn(key, 0) }).greaterEqual(0.5);
    expect(await numbers(dropped)).toEqual(await numbers(kept.where(x.mul(2), 0)));
  });

  it("don't take keys of the process", async () => {
    const before = await numbers(random.normal([2], { key: random.foldIn(random.key(0), 0) }));
    new Net().applyWith({}, x, { key });
    expect(await numbers(random.normal([2]))).toEqual(before);
  });
});

describe("keyless draws of modules", () => {
  it("are refused where the call has no key, by the name of the module that draws", async () => {
    const fix =
      "draws random numbers without a key, and there is none outside of training. Give the draw a key or a seed, leave it out where " +
      "context.training is false, or use applyWith(params, x, { key }).";
    expect(await refusal(() => new Net().applyWith({}, x))).toEqual(["usage", `[first] ${fix}`]);
    expect(await refusal(() => new Noise().applyWith({}, x))).toEqual(["usage", `[noise] ${fix}`]);
  });

  it("are refused in the body of a scan, though the call has a key", async () => {
    expect(await refusal(() => new Turns().applyWith({}, zeros([2]), { key }))).toEqual([
      "usage",
      "[scan] the body draws random numbers without a key, which would be the same in every turn. Carry a key and split it, or fold the turn's " +
        "number into one: random.normal(shape, { key: random.foldIn(key, t) }).",
    ]);
  });

  it("are no trouble where only shapes are asked for", () => {
    expect(draw(new Noise(), { dtype: "f32", shape: [4, 2] }).output).toEqual({ dtype: "f32", shape: [4, 2] });
  });
});
