/** Numbers from 0 to below 1 that a seed decides (Mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
const upTo = (random: Random, count: number): number => Math.floor(random() * count);
const oneOf = <T>(random: Random, items: readonly T[]): T => items[upTo(random, items.length)]!;

/** Bits turned over, bytes set to extremes, and ends cut off or added, anywhere in a file. */
export function damaged(file: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(file);
  for (let times = 1 + upTo(random, 4); times > 0 && bytes.length > 0; times--) {
    // Most of what can be believed too early stands at the beginning.
    const place = upTo(random, random() < 0.5 ? Math.min(64, bytes.length) : bytes.length);
    if (random() < 0.6) bytes[place]! ^= 1 << upTo(random, 8);
    else bytes.fill(oneOf(random, [0, 1, 0x7f, 0x80, 0xff]), place, place + oneOf(random, [1, 2, 4, 8]));
  }
  if (random() < 0.25) return bytes.subarray(0, upTo(random, bytes.length));
  return random() < 0.1 ? Uint8Array.of(...bytes, 0, 0, 0) : bytes;
}

/** What no reader may trust: members of every object, numbers at the ends of types, deep and wide nesting, texts that steer terminals. */
const strange: readonly ((random: Random) => unknown)[] = [
  () => "constructor",
  () => "__proto__",
  () => "toString",
  () => "",
  () => "\u001b[2J\u009b31m\u202e",
  () => "x".repeat(100_000),
  () => null,
  () => true,
  () => [],
  () => ({}),
  () => ({ toString: 1 }),
  () => JSON.parse('{"__proto__": {"units": 3}}') as unknown,
  (random) => oneOf(random, [-1, 0, 0.5, 1e9, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, -2147483648]),
  (random) => oneOf(random, ["F64", "F16", "BF16", "BOOL", "U8", "I64", "f32", "i32", "sequential", "dense", "relu"]),
  (random) => Array.from({ length: oneOf(random, [3, 33, 70, 5000]) }, () => oneOf(random, [0, 1, 2, 2 ** 31])),
  (random) => oneOf(random, [deep(10), deep(200), deep(950), deep(100_000)]),
];

/** Stands for so many lists in one another, which only the text gets: whoever walks data would end there. */
const deep = (depth: number): string => `@${depth} deep@`;

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** All places of values in plain data, lists of numbers as one. */
function placesIn(value: unknown, into: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return into;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    into.push({ holder, key });
    placesIn(holder[key], into);
  }
  return into;
}

/** The same data with values that make no sense, under other names, twice, missing, or in one another's places. */
export function changed(data: unknown, random: Random): unknown {
  const copy: unknown = structuredClone(data);
  for (let times = 1 + upTo(random, 2); times > 0; times--) {
    const places = placesIn(copy);
    if (places.length === 0) return copy;
    const { holder, key } = oneOf(random, places);
    const set = (name: string, value: unknown): void => {
      Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
    };
    const way = random();
    if (way < 0.55) set(key, oneOf(random, strange)(random));
    else if (way < 0.65) delete holder[key];
    else if (way < 0.75) set(oneOf(random, ["constructor", "__proto__", "toString", "__metadata__", "a\u001b]0;x\u0007"]), holder[key]);
    else {
      // Another's: wrong dtypes, offsets and shapes, all of which are possible.
      const other = oneOf(random, places);
      const value: unknown = structuredClone(other.holder[other.key]);
      other.holder[other.key] = holder[key];
      set(key, value);
    }
  }
  return copy;
}

/** A safetensors file whose header, or a JSON text in its metadata, is changed; what it says of its own length stays true. */
export function changedSafetensors(file: Uint8Array, random: Random): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<string, unknown>;
  const metadata = header["__metadata__"] as Record<string, string> | undefined;
  const texts = Object.keys(metadata ?? {});
  let other: unknown = header;
  if (texts.length > 0 && random() < 0.6) {
    const name = oneOf(random, texts);
    metadata![name] = textOf(changed(JSON.parse(metadata![name]!), random));
  } else other = changed(header, random);
  const text = new TextEncoder().encode(textOf(other));
  const bytes = new Uint8Array(8 + text.length + file.length - 8 - length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(file.subarray(8 + length), 8 + text.length);
  return bytes;
}

const textOf = (value: unknown): string =>
  (JSON.stringify(value) ?? "null").replace(
    /(\\?")@(\d+) deep@\1/g,
    (_, _quote, depth) => "[".repeat(Number(depth)) + "]".repeat(Number(depth)),
  );
