import { expect, test } from "vitest";
import { parseIdx } from "./idx.ts";

const damaged = "The file is damaged, or not an IDX file.";

test("an array of bytes is read as the format's definition lays it out", () => {
  const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255);
  expect(parseIdx(bytes, "x")).toEqual({ dtype: "u8", shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) });
});

test("bytes that start inside a larger buffer are read from their own start", () => {
  const bytes = Uint8Array.of(9, 9, 9, 0, 0, 8, 1, 0, 0, 0, 2, 7, 8, 9).subarray(3, 13);
  expect(parseIdx(bytes, "x")).toEqual({ dtype: "u8", shape: [2], data: Uint8Array.of(7, 8) });
});

test("every element type is read big-endian", () => {
  const one = (type: number, ...value: number[]) => parseIdx(Uint8Array.of(0, 0, type, 1, 0, 0, 0, 1, ...value), "x");
  expect(one(0x09, 0xff)).toEqual({ dtype: "i32", shape: [1], data: Int32Array.of(-1) });
  expect(one(0x0b, 0xff, 0xfe)).toEqual({ dtype: "i32", shape: [1], data: Int32Array.of(-2) });
  expect(one(0x0c, 0x80, 0, 0, 1)).toEqual({ dtype: "i32", shape: [1], data: Int32Array.of(-2147483647) });
  expect(one(0x0d, 0x3f, 0xc0, 0, 0)).toEqual({ dtype: "f32", shape: [1], data: Float32Array.of(1.5) });
  expect(one(0x0e, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0)).toEqual({ dtype: "f64", shape: [1], data: Float64Array.of(-1.5) });
});

test("an empty axis and a rank of 0 are arrays too", () => {
  expect(parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0), "x")).toEqual({ dtype: "u8", shape: [0], data: new Uint8Array(0) });
  expect(parseIdx(Uint8Array.of(0, 0, 8, 0, 42), "x")).toEqual({ dtype: "u8", shape: [], data: Uint8Array.of(42) });
});

const bad: readonly (readonly [string, Uint8Array, string])[] = [
  ["an empty file", new Uint8Array(0), `[x] has 0 bytes, and an IDX file begins with 4 that say what it holds. ${damaged}`],
  ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0), "[x] is packed with gzip. Unpack it first."],
  ["a wrong magic number", Uint8Array.of(60, 33, 8, 1), `[x] begins with bytes 60, 33, where an IDX file has 0, 0. ${damaged}`],
  [
    "an unknown element type",
    Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 0),
    `[x] has the element type 0x0a, which IDX does not define. ${damaged}`,
  ],
  ["missing sizes", Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1), `[x] is cut off: its 3 sizes need 16 bytes, and 8 are there. ${damaged}`],
  [
    "missing values",
    Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 1, 2),
    `[x] is cut off: [3] needs 3 bytes of values, and 2 are there. ${damaged}`,
  ],
  ["bytes after the end", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 1, 2), `[x] has 1 bytes after its last value. ${damaged}`],
  [
    "sizes whose product passes 2^64, in a file of 20 bytes",
    Uint8Array.of(0, 0, 8, 3, ...Array.from({ length: 12 }, () => 255), 0, 0, 0, 0),
    `[x] is cut off: [4294967295, 4294967295, 4294967295] needs 79228162458924105385300197375 bytes of values, and 4 are there. ${damaged}`,
  ],
];

test.each(bad)("%s is refused with a message that says what is wrong", (_, bytes, message) => {
  expect(() => parseIdx(bytes, "x")).toThrow(expect.objectContaining({ message, code: "file" }));
});
