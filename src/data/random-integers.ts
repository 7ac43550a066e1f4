/** Whole numbers drawn on the host, the same for the same seed everywhere: xoshiro128** of Blackman and Vigna, seeded by splitmix32. */
export interface RandomIntegers {
  /** Uniform over 0 to `count - 1`, without bias. */
  below(count: number): number;
}

export function randomIntegers(seed: number, stream = 0): RandomIntegers {
  const mix = splitmix32((seed ^ Math.imul(stream, 0x9e3779b9) ^ Math.floor(seed / 2 ** 32)) >>> 0);
  const s = Uint32Array.from({ length: 4 }, mix);
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return result;
  };
  return {
    below(count) {
      const fair = 2 ** 32 - (2 ** 32 % count);
      let value = next();
      while (value >= fair) value = next();
      return value % count;
    },
  };
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function splitmix32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}
