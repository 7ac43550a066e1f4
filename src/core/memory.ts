import { GradsmithError } from "./errors.ts";

/** So many bytes around numbers let a device compute with them where they lie. */
const room = 128;

/** Bytes with room around them. */
export const roomyBytes = (byteLength: number): Uint8Array<ArrayBuffer> => bytesIn(() => new ArrayBuffer(byteLength + room), byteLength);

/** Bytes without. */
export const plainBytes = (byteLength: number): Uint8Array<ArrayBuffer> => bytesIn(() => new ArrayBuffer(byteLength), byteLength);

/** @throws GradsmithError "device" where so much memory isn't to be had. */
function bytesIn(allocate: () => ArrayBuffer, byteLength: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(allocate(), 0, byteLength);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GradsmithError("device", "memory", `there are no ${byteLength} bytes to be had.`, "Compute with less at a time.");
  }
}

/** A move goes in pieces of so many bytes. */
const piece = 2 ** 20;
/** From here on memory is mapped afresh for every buffer, as one that can shrink always is: it costs a small buffer three times its time. */
const shrinkableFrom = 2 ** 25;

interface Resizable {
  readonly resizable?: boolean;
  resize(byteLength: number): void;
}

/** The same for numbers that are given: where they are a data set, in a buffer that `moveBytes` can shrink. */
export function givenBytes(byteLength: number): Uint8Array<ArrayBuffer> {
  if (byteLength < shrinkableFrom) return roomyBytes(byteLength);
  const maxByteLength = byteLength + room;
  return bytesIn(() => Reflect.construct(ArrayBuffer, [maxByteLength, { maxByteLength }]) as ArrayBuffer, byteLength);
}

/**
 * Copies bytes that nobody will ask for again. If their buffer can shrink it does so behind the copy, from its end: a data set of 45 MB that
 * moves to a WebAssembly memory takes 46 MB all the while, not 90.
 */
export function moveBytes({ buffer, byteOffset, byteLength }: Uint8Array, target: Uint8Array): void {
  const { resizable } = buffer as unknown as Resizable;
  const step = resizable === true ? piece : byteLength;
  for (let end = byteLength; end > 0; end -= step) {
    const begin = Math.max(0, end - step);
    target.set(new Uint8Array(buffer, byteOffset + begin, end - begin), begin);
    if (resizable === true) (buffer as unknown as Resizable).resize(byteOffset + begin);
  }
}
