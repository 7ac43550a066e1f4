import { describe, expect, it } from "vitest";
import { wasmEngine } from "../../backends/cpu/wasm-engine.ts";
import { encodeModule, signed, unsigned } from "./encode.ts";
import { FunctionBuilder } from "./function.ts";
import { type Opcode, opcodes } from "./opcodes.ts";

const written = (write: (out: number[]) => void): number[] => {
  const out: number[] = [];
  write(out);
  return out;
};

describe("LEB128", () => {
  it("is written as in the examples of the DWARF standard", () => {
    expect([2, 127, 128, 129, 12857, 4294967295].map((value) => written((out) => unsigned(out, value)))).toEqual([
      [0x02],
      [0x7f],
      [0x80, 0x01],
      [0x81, 0x01],
      [0xb9, 0x64],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
    ]);
    expect([2, -2, 127, -127, 128, -128, 129, -129, -2147483648].map((value) => written((out) => signed(out, value)))).toEqual([
      [0x02],
      [0x7e],
      [0xff, 0x00],
      [0x81, 0x7f],
      [0x80, 0x01],
      [0x80, 0x7f],
      [0x81, 0x01],
      [0xff, 0x7e],
      [0x80, 0x80, 0x80, 0x80, 0x78],
    ]);
  });
});

describe("encodeModule", () => {
  it("is accepted by the engine, with blocks, calls, locals of all types and every kind of immediate", () => {
    const inner = new FunctionBuilder("inner", ["f64", "f64"], ["f64"]);
    inner.emit("local.get", 0);
    inner.emit("local.get", 1);
    inner.emit("f64.copysign");
    const outer = new FunctionBuilder("outer", ["i32"]);
    const [v, d] = [outer.take("v128"), outer.take("f64")];
    outer.emit("block");
    outer.emit("loop");
    outer.emit("local.get", 0);
    outer.emit("i32.eqz");
    outer.emit("br_if", 1);
    outer.emit("v128.const", ...Array.from({ length: 16 }, (_, n) => n));
    outer.emit("local.tee", v);
    outer.emit("local.get", v);
    outer.emit("i8x16.shuffle", ...Array.from({ length: 16 }, (_, n) => 31 - n));
    outer.emit("f32.const", 1.5);
    outer.emit("f32x4.replace_lane", 3);
    outer.emit("local.set", v);
    outer.emit("i32.const", -5);
    outer.emit("local.get", v);
    outer.emit("v128.store16_lane", 70000, 7);
    outer.emit("f64.const", -0.25);
    outer.emit("local.get", d);
    outer.emit("call", 0);
    outer.emit("local.set", d);
    outer.emit("br", 0);
    outer.emit("end");
    outer.emit("end");
    const bytes = encodeModule({ memoryPages: 3, functions: [inner.finish(), outer.finish()], exports: [{ name: "run", index: 1 }] });
    expect(wasmEngine()?.validate(bytes)).toBe(true);
  });

  it("writes opcodes that are all different", () => {
    const codes = (Object.keys(opcodes) as Opcode[]).map((op) => opcodes[op][0]);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
