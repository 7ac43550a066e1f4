import type { DType } from "../../core/dtype.ts";
import { bytesOf } from "../../core/dtype.ts";
import type { Expr, Load } from "../../ir/expr.ts";
import { cast, local, splat } from "../../ir/expr.ts";
import type { Store } from "../../ir/kernel.ts";
import type { FunctionBuilder } from "./function.ts";
import { narrowBf16, narrowF16, widenBf16, widenF16 } from "./halves.ts";
import { constantBytes } from "./lanes.ts";
import type { Linear } from "./linear.ts";
import { constantLinear, plus, termLinear } from "./linear.ts";
import type { Opcode } from "./opcodes.ts";
import { lanesIn, lanesPerPart, type Printer, partsOf } from "./printer.ts";

/** Storage types whose registers hold something else: what the bits mean, and how they are made. */
const converted: Readonly<Partial<Record<DType, { readonly widen: (bits: Expr) => Expr; readonly narrow: (x: Expr) => Expr }>>> = {
  f16: { widen: widenF16, narrow: narrowF16 },
  bf16: { widen: widenBf16, narrow: narrowBf16 },
};

/** A load or store of one element. */
function scalar(access: "load" | "store", storage: DType): Opcode {
  if (storage === "f32" || storage === "f64") return `${storage}.${access}`;
  const bits = (8 * bytesOf(storage)) as 8 | 16 | 32;
  if (bits === 32) return `i32.${access}`;
  return access === "load" ? `i32.load${bits}_u` : `i32.store${bits}`;
}

/** Leaves part number `part` of a load on the stack. */
export function loadValue(printer: Printer, load: Load, part: number): void {
  const storage = printer.kernel.buffers[load.buffer]!.dtype;
  const conversion = converted[storage];
  if (conversion === undefined) {
    loadBits(printer, load, part);
    return;
  }
  // The bits of this part alone are bound, as a value of one part.
  const lanes = load.lanes === 1 ? 1 : 4;
  const type = lanes === 1 ? "i32" : "v128";
  loadBits(printer, load, part);
  printer.scratch(type, (index) => {
    printer.code.emit("local.set", index);
    printer.value(conversion.widen(local(registerName(index), "u32", lanes)), 0);
  });
}

/** A wasm local as an expression: names of registers begin with a percent sign. */
export const registerName = (index: number): string => `%${index}`;

function loadBits(printer: Printer, load: Load, part: number): void {
  const { code } = printer;
  const storage = printer.kernel.buffers[load.buffer]!.dtype;
  if (load.lanes === 1) {
    code.emit(scalar("load", storage), printer.address(load.buffer, printer.linear(load.index)!));
    return;
  }
  const index = printer.linear(load.index);
  if (load.index.lanes > 1 && index?.step !== 1) {
    gather(printer, load, part, index);
  } else {
    const offset = printer.address(load.buffer, plus({ ...index!, step: 0 }, constantLinear(part * lanesPerPart(load.dtype))));
    if (bytesOf(storage) === 1) {
      code.emit("v128.load32_zero", offset, "i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u");
    } else if (bytesOf(storage) === 2) {
      code.emit("v128.load64_zero", offset, "i32x4.extend_low_i16x8_u");
    } else if (lanesIn(load, part) * bytesOf(storage) === 8) {
      code.emit("v128.load64_zero", offset);
    } else {
      code.emit("v128.load", offset);
    }
  }
  if (storage === "bool") code.emit("i32x4.neg");
}

/** Each lane from its own address. */
function gather(printer: Printer, load: Load, part: number, index: Linear | undefined): void {
  const { code } = printer;
  const storage = printer.kernel.buffers[load.buffer]!.dtype;
  const size = bytesOf(storage);
  printer.scratch("v128", (result) => {
    eachLane(printer, load.index, { part, per: lanesPerPart(load.dtype), lanes: lanesIn(load, part), index }, (lane, position) => {
      if (size < 4) {
        if (lane === 0) code.emit("v128.const", ...constantBytes("i32", [0]));
        else code.emit("local.get", result);
        code.emit(scalar("load", storage), printer.address(load.buffer, position), "i32x4.replace_lane", lane);
      } else {
        const offset = printer.address(load.buffer, position);
        if (lane === 0) {
          code.emit(size === 4 ? "v128.load32_zero" : "v128.load64_zero", offset);
        } else {
          code.emit("local.get", result, size === 4 ? "v128.load32_lane" : "v128.load64_lane", offset, lane);
        }
      }
      code.emit("local.set", result);
    });
    code.emit("local.get", result);
  });
}

interface Lanes {
  readonly part: number;
  readonly per: number;
  readonly lanes: number;
  readonly index: Linear | undefined;
}

/** Calls `use` with the position of each lane: evenly spaced ones are known, others come out of the index vector. */
function eachLane(printer: Printer, vector: Expr, { part, per, lanes, index }: Lanes, use: (lane: number, position: Linear) => void): void {
  const { code } = printer;
  if (index !== undefined) {
    for (let lane = 0; lane < lanes; lane++) use(lane, plus({ ...index, step: 0 }, constantLinear(index.step * (part * per + lane))));
    return;
  }
  printer.scratch("v128", (indices) =>
    printer.scratch("i32", (one) => {
      printer.value(vector, Math.floor((part * per) / 4));
      code.emit("local.set", indices);
      for (let lane = 0; lane < lanes; lane++) {
        code.emit("local.get", indices, "i32x4.extract_lane", (part * per + lane) % 4, "local.set", one);
        const expr = local(registerName(one), "i32");
        use(lane, termLinear({ key: expr.name, level: Number.POSITIVE_INFINITY, nonNegative: true, expr }));
      }
    }),
  );
}

/** A scalar load spread over the lanes of a vector, in one instruction where there is one. */
export function loadSplat(printer: Printer, load: Load): boolean {
  const storage = printer.kernel.buffers[load.buffer]!.dtype;
  if (bytesOf(storage) < 4) return false;
  const offset = printer.address(load.buffer, printer.linear(load.index)!);
  printer.code.emit(bytesOf(storage) === 4 ? "v128.load32_splat" : "v128.load64_splat", offset);
  return true;
}

export function storeValue(printer: Printer, store: Store): void {
  const { code } = printer;
  const storage = printer.kernel.buffers[store.buffer]!.dtype;
  const value = splat(store.value, store.index.lanes);
  const narrow = converted[storage]?.narrow;
  if (narrow !== undefined) {
    printer.bind(value, (name) => storeBits(printer, store, narrow(name)));
  } else if (value.lanes === 1) {
    const offset = printer.address(store.buffer, printer.linear(store.index)!);
    printer.value(value, 0);
    code.emit(scalar("store", storage), offset);
  } else {
    storeBits(printer, store, storage === "bool" ? cast(value, "u32") : value);
  }
}

/** Stores a value whose register bits, cut to the storage's size, are those to store. */
function storeBits(printer: Printer, store: Store, value: Expr): void {
  const { code } = printer;
  const { dtype } = printer.kernel.buffers[store.buffer]!;
  if (value.lanes === 1) {
    const offset = printer.address(store.buffer, printer.linear(store.index)!);
    printer.value(value, 0);
    code.emit(scalar("store", dtype), offset);
    return;
  }
  const size = bytesOf(dtype);
  const per = lanesPerPart(value.dtype);
  const count = Math.min(store.count ?? value.lanes, value.lanes);
  const packed = (part: number) => (): void => {
    printer.value(value, part);
    pack(code, size);
  };
  if (partsOf(value) === 1) {
    storePart(printer, store, { part: 0, per, count }, packed(0));
    return;
  }
  // All of the value is computed before any of it is written.
  const locals = Array.from({ length: partsOf(value) }, () => code.take("v128"));
  for (const [part, local] of locals.entries()) {
    packed(part)();
    code.emit("local.set", local);
  }
  for (let part = 0; part * per < count; part++) {
    storePart(printer, store, { part, per, count: Math.min(per, count - part * per) }, () => code.emit("local.get", locals[part]!));
  }
  for (const local of locals) code.release(local);
}

/** Lanes on the stack side by side in storage width. */
function pack(code: FunctionBuilder, size: number): void {
  if (size > 2) return;
  const bytes = Array.from({ length: 16 }, (_, i) => (Math.floor(i / size) % 4) * 4 + (i % size));
  const vector = code.take("v128");
  code.emit("local.tee", vector, "local.get", vector, "i8x16.shuffle", ...bytes);
  code.release(vector);
}

interface Part {
  readonly part: number;
  readonly per: number;
  /** Lanes to store. */
  readonly count: number;
}

/** Stores the first lanes of a packed vector, which `value` leaves on the stack. */
function storePart(printer: Printer, store: Store, { part, per, count }: Part, value: () => void): void {
  const { code } = printer;
  const size = bytesOf(printer.kernel.buffers[store.buffer]!.dtype);
  const index = printer.linear(store.index);
  const isContiguous = store.index.lanes === 1 || index?.step === 1;
  const position = (lane: number): Linear => plus({ ...index!, step: 0 }, constantLinear(part * per + lane));
  if (isContiguous && count * size === 16) {
    const offset = printer.address(store.buffer, position(0));
    value();
    code.emit("v128.store", offset);
    return;
  }
  printer.scratch("v128", (vector) => {
    value();
    code.emit("local.set", vector);
    const storeLane = (bytes: number, lane: number, to: Linear): void => {
      const offset = printer.address(store.buffer, to);
      code.emit("local.get", vector, laneStores[bytes as keyof typeof laneStores], offset, lane);
    };
    if (!isContiguous) {
      eachLane(printer, store.index, { part, per, lanes: count, index }, (lane, to) => storeLane(size, lane, to));
      return;
    }
    for (let done = 0; done < count * size; ) {
      const rest = count * size - done;
      const bytes = rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
      storeLane(bytes, done / bytes, position(done / size));
      done += bytes;
    }
  });
}

const laneStores = { 1: "v128.store8_lane", 2: "v128.store16_lane", 4: "v128.store32_lane", 8: "v128.store64_lane" } as const;
