/** mulberry32: a small seeded generator of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function uniform(length: number, next: () => number, low = 0, high = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = low + (high - low) * next();
  return values;
}

/** Glorot's uniform initialisation. */
export function glorot(shape: readonly number[], next: () => number, inputs: number, outputs: number): Float32Array<ArrayBuffer> {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return uniform(
    shape.reduce((product, size) => product * size, 1),
    next,
    -limit,
    limit,
  );
}

/** 0 .. length - 1 in random order (Fisher and Yates). */
export function permutation(length: number, next: () => number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
