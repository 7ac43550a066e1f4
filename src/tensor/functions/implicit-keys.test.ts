import { expect, test } from "vitest";
import { refusal } from "../../../test/refusal.ts";
import { evaluateGraph } from "../../backends/reference/evaluate.ts";
import { GradsmithError } from "../../core/errors.ts";
import { random } from "../random.ts";
import type { Tensor } from "../tensor.ts";
import type { KeySource } from "./implicit-keys.ts";
import { withImplicitKeys } from "./implicit-keys.ts";

const elementsOf = (t: Tensor): number[] => [...evaluateGraph([t.node], () => [])[0]!];
const given = (key: Tensor): number[] => elementsOf(random.normal([3], { key }));
const keyless = (): number[] => elementsOf(random.normal([3]));
const key = random.key(42);

test("keyless draws have the keys of the process, foldIn(key(0), n), whatever sources there were in between", () => {
  const ofProcess = (n: number): number[] => given(random.foldIn(random.key(0), n));
  expect(keyless()).toEqual(ofProcess(0));
  withImplicitKeys(key, keyless);
  expect(() =>
    withImplicitKeys(key, () => {
      throw new Error("work fails");
    }),
  ).toThrow("work fails");
  expect(keyless()).toEqual(ofProcess(1));
  expect(elementsOf(random.permutation(9))).toEqual(elementsOf(random.permutation(9, { key: random.foldIn(random.key(0), 2) })));
});

test("the n-th keyless draw inside a source is made from foldIn(key, n), and draws with keys or seeds don't count", () => {
  const drawn = withImplicitKeys(key, () => [keyless(), given(random.key(1)), elementsOf(random.normal([3], { seed: 1 })), keyless()]);
  expect(drawn).toEqual([given(random.foldIn(key, 0)), given(random.key(1)), given(random.key(1)), given(random.foldIn(key, 1))]);
  expect(drawn[0]).not.toEqual(drawn[3]);
});

test("a source inside another answers alone, and the outer one goes on counting where it was", () => {
  const drawn = withImplicitKeys(key, () => [keyless(), withImplicitKeys(random.key(7), keyless), keyless()]);
  expect(drawn).toEqual([given(random.foldIn(key, 0)), given(random.foldIn(random.key(7), 0)), given(random.foldIn(key, 1))]);
});

test("a key that is made on demand is made once, at the first keyless draw, and not without one", () => {
  let made = 0;
  const source: KeySource = () => {
    made++;
    return key;
  };
  withImplicitKeys(source, () => random.normal([3], { seed: 1 }));
  expect(made).toBe(0);
  const drawn = withImplicitKeys(source, () => [keyless(), keyless()]);
  expect(made).toBe(1);
  expect(drawn).toEqual(withImplicitKeys(key, () => [keyless(), keyless()]));
});

test("a source that refuses throws its error at every keyless draw, and lets keys and seeds pass", async () => {
  const source = (): GradsmithError => new GradsmithError("usage", "here", "no keys.", "Give one.");
  withImplicitKeys(source, () => [random.uniform([2], { seed: 1 }), random.uniform([2], { key })]);
  const shape = [2, 2];
  const draws = [
    () => random.uniform(shape),
    () => random.normal(shape),
    () => random.truncatedNormal(shape),
    () => random.bernoulli(shape),
    () => random.permutation(4),
    () => random.categorical(random.normal(shape, { key })),
  ];
  for (const draw of draws) expect(await refusal(() => withImplicitKeys(source, draw))).toEqual(["usage", "[here] no keys. Give one."]);
});
