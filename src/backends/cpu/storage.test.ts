import { expect, test } from "vitest";
import { givenBytes } from "../../core/memory.ts";
import type { Home } from "./storage.ts";
import { Storage } from "./storage.ts";

// A data set: smaller ones are not worth a buffer that can shrink.
const length = 2 ** 25 + 5;
const pattern = Uint8Array.from({ length }, (_, i) => (i * 7) ^ (i >> 8));
// `toEqual` takes ten seconds for so many.
const isPattern = (bytes: Uint8Array): boolean => Buffer.compare(bytes, pattern) === 0;

function homeOf(place: Uint8Array): Home {
  return { copyTo: (target) => target.set(place), release() {} };
}

test("bytes that enter a home leave their buffer piece by piece, and come back as they were", () => {
  const given = givenBytes(length);
  given.set(pattern);
  const { buffer } = given;
  const storage = new Storage(length, given);
  const place = new Uint8Array(length);
  storage.enter(homeOf(place), place);
  expect(isPattern(place)).toBe(true);
  expect(buffer.byteLength).toBe(0);
  expect(isPattern(storage.bytes)).toBe(true);
});

test("bytes within a larger buffer leave it too, and what lies before them stays", () => {
  const given = givenBytes(length + 16);
  given.fill(9, 0, 16);
  given.set(pattern, 16);
  const { buffer } = given;
  const place = new Uint8Array(length);
  new Storage(length, given.subarray(16)).enter(homeOf(place), place);
  expect(isPattern(place)).toBe(true);
  expect(new Uint8Array(buffer)).toEqual(new Uint8Array(16).fill(9));
});

test("a buffer that can't shrink is left as it is, and so is a storage that is too small to matter", () => {
  const fixed = pattern.slice();
  const place = new Uint8Array(length);
  new Storage(length, fixed).enter(homeOf(place), place);
  expect(isPattern(place)).toBe(true);
  expect(isPattern(fixed)).toBe(true);
  const small = givenBytes(16).fill(3);
  const storage = new Storage(16, small);
  storage.enter(homeOf(place), place.subarray(0, 16));
  expect(storage.peek()).toBe(small);
});

test("more memory than JavaScript's arrays may have is an error of the device, whichever copy asks for it", () => {
  for (const ask of [(s: Storage) => s.bytes, (s: Storage) => s.copied()])
    expect(() => ask(new Storage(2 ** 52))).toThrow(expect.objectContaining({ code: "device", where: "memory" }));
});
