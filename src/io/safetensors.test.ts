import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, type FileTensor } from "./safetensors.ts";

const fixture = (name: string): Uint8Array => readFileSync(new URL(`../../test/fixtures/safetensors/${name}`, import.meta.url));

/** What `test/fixtures/safetensors/write.py` saved. */
const mixed: Record<string, FileTensor> = {
  "dense_1/kernel": { dtype: "f32", shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) },
  "dense_1/bias": { dtype: "f32", shape: [3], data: Float32Array.of(0.5, -1.5, NaN) },
  "a/double": { dtype: "f64", shape: [2, 1], data: Float64Array.of(1e300, -0) },
  half: { dtype: "f16", shape: [2], data: Uint16Array.of(0x3e00, 0xc000) },
  labels: { dtype: "u8", shape: [3], data: Uint8Array.of(3, 255, 0) },
  mask: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
  steps: { dtype: "i32", shape: [], data: Int32Array.of(7) },
  counter: { dtype: "u32", shape: [1], data: Uint32Array.of(4294967295) },
  empty: { dtype: "f32", shape: [0, 4], data: new Float32Array(0) },
  "naïve/ключ": { dtype: "f32", shape: [1], data: Float32Array.of(1) },
  "10": { dtype: "f32", shape: [1], data: Float32Array.of(10) },
};
const metadata = { format: 'naïve "quoted"' };

describe("Python's safetensors", () => {
  test("a file encoded here equals the one Python's safetensors wrote, byte for byte", () => {
    expect(Buffer.from(encodeSafetensors(mixed, metadata))).toEqual(Buffer.from(fixture("mixed.safetensors")));
    expect(Buffer.from(encodeSafetensors({}))).toEqual(Buffer.from(fixture("nothing.safetensors")));
  });

  test("a file from Python's safetensors decodes to the tensors that were saved", () => {
    const decoded = decodeSafetensors(fixture("mixed.safetensors"), "mixed.safetensors");
    expect(decoded).toEqual({ tensors: mixed, metadata });
    expect(Object.is((decoded.tensors["a/double"]!.data as Float64Array)[1], -0)).toBe(true);
    expect(decodeSafetensors(fixture("nothing.safetensors"), "nothing.safetensors")).toEqual({ tensors: {}, metadata: {} });
  });

  test("decoded tensors are copies: they survive a change of the file's bytes", () => {
    const bytes = new Uint8Array(fixture("mixed.safetensors"));
    const { tensors } = decodeSafetensors(bytes, "mixed.safetensors");
    bytes.fill(0);
    expect(tensors["labels"]!.data).toEqual(Uint8Array.of(3, 255, 0));
  });
});

/** A file with any header, honest about the header's length unless told otherwise. */
function file(header: unknown, data: readonly number[] = [], length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.byteLength + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.byteLength), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.byteLength);
  return bytes;
}

const damaged = "The file is damaged, or not a safetensors file.";
const u8 = (begin: number, end: number, shape: readonly unknown[] = [end - begin]) => ({ dtype: "U8", shape, data_offsets: [begin, end] });

const bad: readonly (readonly [string, Uint8Array, string])[] = [
  ["an empty file", new Uint8Array(0), `[m] has 0 bytes, and a safetensors file begins with 8 that say how long its header is. ${damaged}`],
  ["a header longer than the file", file("{}", [], 4096n), `[m] says its header has 4096 bytes, but only 2 follow. ${damaged}`],
  [
    "a header of 2^64 - 1 bytes",
    file("{}", [], 2n ** 64n - 1n),
    `[m] says its header has 18446744073709551615 bytes; at most 100000000 are allowed. ${damaged}`,
  ],
  ["a header that is not UTF-8", file("{}", [], 2n).fill(0xff, 8), `[m] has a header that is not UTF-8 text. ${damaged}`],
  ["a header that is no JSON", file("{nonsense"), `[m] has a header that is not a JSON object. ${damaged}`],
  ["a header that is a list", file("[]"), `[m] has a header that is not a JSON object. ${damaged}`],
  [
    "the same tensor twice",
    file(`{"a":${JSON.stringify(u8(0, 1))},"\\u0061":${JSON.stringify(u8(0, 1))}}`, [0]),
    `[m] has a header that names "a" twice. ${damaged}`,
  ],
  ["metadata that is a number", file({ __metadata__: 3 }), `[m] has a __metadata__ that is not an object of strings. ${damaged}`],
  ["metadata that holds a number", file({ __metadata__: { a: 3 } }), `[m] has a __metadata__ whose "a" is not a string. ${damaged}`],
  ["a tensor that is null", file({ a: null }), `[m] describes the tensor "a" with something that is not an object. ${damaged}`],
  [
    "a dtype Gradsmith lacks",
    file({ a: { ...u8(0, 8), dtype: "I64" } }, [0]),
    '[m] holds the tensor "a" as dtype "I64"; readable are F32, F64, F16, BF16, I32, U32, U8, BOOL. Convert it where it was written.',
  ],
  [
    "a negative size",
    file({ a: u8(0, 1, [-1]) }, [0]),
    `[m] gives the tensor "a" a shape that is not a list of whole numbers >= 0. ${damaged}`,
  ],
  [
    "a size that is text",
    file({ a: u8(0, 1, ["1"]) }, [0]),
    `[m] gives the tensor "a" a shape that is not a list of whole numbers >= 0. ${damaged}`,
  ],
  [
    "one offset",
    file({ a: { ...u8(0, 1), data_offsets: [0] } }, [0]),
    `[m] gives the tensor "a" data_offsets that are not two whole numbers >= 0. ${damaged}`,
  ],
  [
    "offsets backwards",
    file({ a: u8(1, 0, [1]) }, [0]),
    `[m] gives the tensor "a" data_offsets that end (0) before they begin (1). ${damaged}`,
  ],
  [
    "a product past 2^53",
    file({ a: u8(0, 1, [2 ** 40, 2 ** 40]) }, [0]),
    `[m] gives the tensor "a" the shape [1099511627776, 1099511627776], more bytes than can be counted. ${damaged}`,
  ],
  [
    "a shape that disagrees with its bytes",
    file({ a: u8(0, 3, [4]) }, [0, 0, 0]),
    `[m] gives the tensor "a" (U8, [4]) 3 bytes; it needs 4. ${damaged}`,
  ],
  [
    "overlapping tensors",
    file({ a: u8(0, 2), b: u8(1, 3) }, [0, 0, 0]),
    `[m] has the tensor "b" begin at byte 1, inside the one before, which ends at 2. ${damaged}`,
  ],
  ["a hole", file({ a: u8(0, 1), b: u8(3, 4) }, [0, 0, 0, 0]), `[m] leaves a hole of 2 bytes before the tensor "b". ${damaged}`],
  [
    "a petabyte in a file of 60 bytes",
    file({ a: u8(0, 2 ** 50) }, [0]),
    `[m] is cut off: the tensor "a" ends at byte 1125899906842624 of the data, and 1 are there. ${damaged}`,
  ],
  [
    "65 axes, one more than NumPy's",
    file({ a: u8(0, 1, Array(65).fill(1)) }, [0]),
    `[m] gives the tensor "a" 65 axes; at most 64 are read. ${damaged}`,
  ],
  [
    "lists in lists without end",
    file(`{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`),
    `[m] has a header that is nested more than 8 deep. ${damaged}`,
  ],
  [
    "a dtype that is nested lists",
    file({ a: { ...u8(0, 1), dtype: [[["F32"]]] } }, [0]),
    '[m] holds the tensor "a" as dtype [[["F32"]]]; readable are F32, F64, F16, BF16, I32, U32, U8, BOOL. Convert it where it was written.',
  ],
  [
    "100,001 empty tensors",
    file(Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [i, u8(0, 0, [0])]))),
    `[m] has a header of 100001 tensors; at most 100000 are read. ${damaged}`,
  ],
  [
    "a name of a million characters",
    file({ ["x".repeat(1e6)]: u8(0, 1) }, [0]),
    `[m] has a tensor whose name has 1000000 characters; at most 10000 are read. ${damaged}`,
  ],
  [
    "a name that steers terminals, escaped as JSON escapes it",
    file({ "a\u001b[2J\u009b1m\n\u202e": null }),
    `[m] describes the tensor "a\\u001b[2J\\u009b1m\\n\\u202e" with something that is not an object. ${damaged}`,
  ],
  [
    "a long name, shortened",
    file({ ["y".repeat(5000)]: null }),
    `[m] describes the tensor "${"y".repeat(80)}…" with something that is not an object. ${damaged}`,
  ],
  ["bytes after the last tensor", file({ a: u8(0, 1) }, [0, 9, 9]), `[m] has 2 bytes after its last tensor. ${damaged}`],
  [
    "a truth value of 2",
    file({ a: { ...u8(0, 1), dtype: "BOOL" } }, [2]),
    '[m] holds the tensor "a" as BOOL with a byte that is neither 0 nor 1. The file is damaged.',
  ],
];

test.each(bad)("%s is refused with a message that says what is wrong", (_, bytes, message) => {
  expect(() => decodeSafetensors(bytes, "m")).toThrow(expect.objectContaining({ message, code: "file" }));
});

test("every truncation of a real file is refused", () => {
  const bytes = fixture("mixed.safetensors");
  for (let length = 0; length < bytes.byteLength; length++) {
    expect(() => decodeSafetensors(bytes.subarray(0, length), "m")).toThrow(/^\[m\] /);
  }
});

test("a tensor named __proto__ is a tensor like any other", () => {
  const tensors = Object.fromEntries([["__proto__", { dtype: "u8", shape: [1], data: Uint8Array.of(5) } as const]]);
  const decoded = decodeSafetensors(encodeSafetensors(tensors), "m").tensors;
  expect(Object.entries(decoded)).toEqual([["__proto__", { dtype: "u8", shape: [1], data: Uint8Array.of(5) }]]);
});

test("a tensor whose data does not fit its shape is not written", () => {
  expect(() => encodeSafetensors({ w: { dtype: "f32", shape: [3], data: new Float32Array(2) } })).toThrow(
    '[encodeSafetensors] the tensor "w" (f32, [3]) needs 12 bytes, got 8. Give its shape and dtype as they are.',
  );
});
