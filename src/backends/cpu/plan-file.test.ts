import { describe, expect, it } from "vitest";
import type { Plan } from "./plan-file.ts";
import { decodePlan, encodePlan } from "./plan-file.ts";

const plan: Plan = {
  outline: {
    name: "step",
    buffers: [
      { dtype: "f32", length: 64, place: { kind: "argument" } },
      { dtype: "u8", length: 10, place: { kind: "temporary", offset: 64 } },
      { dtype: "f32", length: 4, place: { kind: "view", of: 0, start: 8, step: -4 } },
    ],
    arguments: [{ buffer: 0, access: "update" }],
    arenaBytes: 192,
  },
  outputs: [0],
  operations: 1e9,
};
const native: Plan = { ...plan, native: { object: "0123456789abcdef0123456789abcdef01234567", isThreaded: true } };
const wasm: Plan = { ...plan, wasm: { bytes: Uint8Array.from({ length: 300 }, (_, i) => i), memoryPages: 1, argumentOffsets: [1024] } };

describe("plan files", () => {
  it.each([
    ["of native code", native],
    ["of a WebAssembly module", wasm],
  ])("come back as they were written: %s", (_, plan) => expect(decodePlan(encodePlan(plan))).toEqual(plan));

  it("are refused where they end before what they hold does", () => {
    const whole = encodePlan(native);
    for (let length = 0; length < whole.length; length++) expect(decodePlan(whole.subarray(0, length))).toBeUndefined();
  });

  const { outline } = plan;
  const [argument, temporary, view] = outline.buffers as [Plan["outline"]["buffers"][number], never, never];
  const buffers = (...buffers: unknown[]): Plan => ({ ...plan, outline: { ...outline, buffers } as Plan["outline"] });
  it.each<[string, Plan]>([
    ["a temporary behind the arena's end", { ...plan, outline: { ...outline, arenaBytes: 64 } }],
    ["a temporary before its beginning", buffers(argument, { ...(temporary as object), place: { kind: "temporary", offset: -4 } }, view)],
    ["half an element", buffers({ ...argument, length: 0.5 }, temporary, view)],
    ["a dtype that isn't one", buffers({ ...argument, dtype: "i64" }, temporary, view)],
    [
      "a view of what comes after it",
      buffers(argument, temporary, { ...(view as object), place: { kind: "view", of: 2, start: 0, step: 0 } }),
    ],
    [
      "a constant, whose numbers aren't kept",
      buffers(argument, { ...(temporary as object), place: { kind: "constant", offset: 0 } }, view),
    ],
    ["an argument nobody hands over", { ...plan, outline: { ...outline, arguments: [] }, outputs: [] }],
    [
      "an argument that is another's place",
      { ...plan, outline: { ...outline, arguments: [...outline.arguments, { buffer: 1, access: "read" }] } },
    ],
    ["a result that is nowhere", { ...plan, outputs: [1] }],
    ["an object outside of the cache", { ...plan, native: { object: "../../../../tmp/0123456789abcdef01234567", isThreaded: false } }],
    ["an argument behind the end of WebAssembly's memory", { ...plan, wasm: { ...wasm.wasm!, argumentOffsets: [65536 - 255] } }],
    ["nothing", {} as Plan],
  ])("are refused if they say what can't be: %s", (_, plan) => expect(decodePlan(encodePlan(plan))).toBeUndefined());
});
