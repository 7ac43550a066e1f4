import { bytesOf } from "../../core/dtype.ts";
import type { Program } from "../../ir/program.ts";

/**
 * Nothing lives below this address, so that an address minus a constant offset (at most half of it) is never negative:
 * effective addresses are computed without wrapping.
 */
export const lowestAddress = 65536;

export const pageBytes = 65536;
const slack = 64;
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Where everything is in a program's memory: arena, then arguments, then scratch. */
export interface Layout {
  /** Of each program buffer; for a view, where it is in the first turn. */
  readonly addresses: readonly number[];
  /** Of each argument, in order. */
  readonly argumentOffsets: readonly number[];
  /** Where scratch begins. One kernel runs at a time, so all kernels' scratch is in the same place. */
  readonly scratch: number;
  readonly scratchBytes: number;
}

export function layOut(program: Program): Layout {
  let end = lowestAddress + aligned(program.arenaBytes) + slack;
  const addresses = program.buffers.map((buffer) => ("offset" in buffer.place ? lowestAddress + buffer.place.offset : 0));
  const argumentOffsets = program.arguments.map(({ buffer }) => {
    const address = end;
    const { dtype, length } = program.buffers[buffer]!;
    addresses[buffer] = address;
    end += aligned(length * bytesOf(dtype)) + slack;
    return address;
  });
  const addressOf = (buffer: number): number => {
    const { place, dtype } = program.buffers[buffer]!;
    return place.kind === "view" ? addressOf(place.of) + place.start * bytesOf(dtype) : addresses[buffer]!;
  };
  for (const [buffer, { place }] of program.buffers.entries()) if (place.kind === "view") addresses[buffer] = addressOf(buffer);
  const scratchBytes = program.kernels.map((kernel) =>
    kernel.buffers.reduce(
      (sum, { access, dtype, length }) => sum + (access === "scratch" ? aligned(length * bytesOf(dtype)) + slack : 0),
      0,
    ),
  );
  return { addresses, argumentOffsets, scratch: end, scratchBytes: Math.max(0, ...scratchBytes) };
}

/** The addresses of a kernel's scratch buffers, by their place in `kernel.buffers`. */
export function scratchAddresses(kernel: Program["kernels"][number], start: number): Map<number, number> {
  const addresses = new Map<number, number>();
  let end = start;
  for (const [index, { access, dtype, length }] of kernel.buffers.entries()) {
    if (access !== "scratch") continue;
    addresses.set(index, end);
    end += aligned(length * bytesOf(dtype)) + slack;
  }
  return addresses;
}
