import { createHash } from "node:crypto";
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
  /** Its code; neither where a program was only weighed. */
  readonly native?: NativeCode | undefined;
  readonly wasm?: Omit<WasmCode, "constants"> | undefined;
}

interface Header extends Omit<Plan, "wasm"> {
  readonly wasm?: Omit<WasmCode, "constants" | "bytes"> | undefined;
}

const digestBytes = 32;
const prefixBytes = digestBytes + 4;

const digestOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** A digest of the rest, the length of the header, the header as JSON, a WebAssembly module if there is one. */
export function encodePlan({ wasm, ...plan }: Plan): Uint8Array {
  const { bytes = new Uint8Array(), ...places } = wasm ?? {};
  const header: Header = wasm === undefined ? plan : { ...plan, wasm: places as Header["wasm"] };
  const text = Buffer.from(JSON.stringify(header));
  const file = Buffer.alloc(prefixBytes + text.length + bytes.length);
  file.writeUInt32LE(text.length, digestBytes);
  file.set(text, prefixBytes);
  file.set(bytes, prefixBytes + text.length);
  file.set(digestOf(file.subarray(digestBytes)));
  return file;
}

/** The plan a file holds; undefined if the file is damaged or says what can't be. */
export function decodePlan(bytes: Uint8Array): Plan | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < prefixBytes || !digestOf(file.subarray(digestBytes)).equals(file.subarray(0, digestBytes))) return undefined;
  const end = prefixBytes + file.readUInt32LE(digestBytes);
  if (end > file.length) return undefined;
  try {
    const { wasm, ...plan } = JSON.parse(file.toString("utf8", prefixBytes, end)) as Header;
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
  const bytesIn = (buffer: ProgramBuffer): number => buffer.length * bytesOf(buffer.dtype);
  const isPlaced = (buffer: ProgramBuffer, i: number): boolean => {
    const { dtype, length, place } = buffer;
    if (!isDType(dtype) || !isCount(length)) return false;
    if (place.kind === "argument") return given.some((argument) => argument.buffer === i);
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
