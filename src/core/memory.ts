/** Programs want a buffer's start at a multiple of this many bytes (1.7 times faster than elsewhere), and as many bytes of slack behind it. */
export const alignment = 64;

/** Bytes with room around them to be moved to such a place, wherever the engine puts them. */
export const roomyBytes = (byteLength: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new ArrayBuffer(byteLength + 2 * alignment), 0, byteLength);
