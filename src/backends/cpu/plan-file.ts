import { bytesOf, isDType } from "../../core/dtype.ts";
import type { Program, ProgramBuffer } from "../../ir/program.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import type { NativeCode } from "./native.ts";

/** A program apart from its kernels and the order of them. */
export type Outline = Omit<Program, "kernels" | "calls">;

/** What the compiler made of a graph, as far as it takes to run it once more. */
export interface Plan {
  readonly outline: Outline;
  /** Places in `outline.arguments` where results are. */
  readonly outputs: readonly number[];
  /** Estimated operations of a run. */
  readonly operations: number;
  /** Its code, of one tier. */
  readonly native?: NativeCode | undefined;
  readonly wasm?: Omit<WasmCode, "constants"> | undefined;
}

interface Header extends Omit<Plan, "wasm"> {
  readonly wasm?: Omit<WasmCode, "constants" | "bytes"> | undefined;
}

const lengthBytes = 4;

/** The length of the header, the header as JSON, a WebAssembly module if there is one. */
export function encodePlan({ wasm, ...plan }: Plan): Uint8Array {
  const { bytes = new Uint8Array(), ...places } = wasm ?? {};
  const header: Header = wasm === undefined ? plan : { ...plan, wasm: places as Header["wasm"] };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, bytes]);
}

/** The plan that was written; undefined if it says what can't be. */
export function decodePlan(bytes: Uint8Array): Plan | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const end = lengthBytes + file.readUInt32LE();
    if (end > file.length) return undefined;
    const { wasm, ...plan } = JSON.parse(file.toString("utf8", lengthBytes, end)) as Header;
    const whole: Plan = wasm === undefined ? plan : { ...plan, wasm: { ...wasm, bytes: new Uint8Array(file.subarray(end)) } };
    return isSound(whole) ? whole : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

/** Whether every place a plan names is there. */
function isSound({ outline, outputs, operations, native, wasm }: Plan): boolean {
  const { name, buffers, arguments: given, arenaBytes } = outline;
  const handed = new Set(given.map(({ buffer }) => buffer));
  const bytesIn = (buffer: ProgramBuffer): number => buffer.length * bytesOf(buffer.dtype);
  const isPlaced = (buffer: ProgramBuffer, i: number): boolean => {
    const { dtype, length, place } = buffer;
    if (!isDType(dtype) || !isCount(length)) return false;
    if (place.kind === "argument") return handed.has(i);
    if (place.kind === "temporary") return isCount(place.offset) && place.offset + bytesIn(buffer) <= arenaBytes;
    return place.kind === "view" && isCount(place.of) && place.of < i && isCount(place.start) && Number.isSafeInteger(place.step);
  };
  const isArgument = ({ buffer, access }: Outline["arguments"][number]): boolean =>
    buffers[buffer]?.place.kind === "argument" && ["read", "write", "update"].includes(access);
  return (
    typeof name === "string" &&
    isCount(arenaBytes) &&
    buffers.every(isPlaced) &&
    given.every(isArgument) &&
    outputs.every((output) => given[output] !== undefined) &&
    operations >= 0 &&
    (native === undefined || (/^[0-9a-f]{40}$/.test(native.object) && typeof native.isThreaded === "boolean")) &&
    (wasm === undefined ||
      (isCount(wasm.memoryPages) &&
        wasm.argumentOffsets.length === given.length &&
        given.every(({ buffer }, i) => wasm.argumentOffsets[i]! + bytesIn(buffers[buffer]!) <= wasm.memoryPages * 65536)))
  );
}
