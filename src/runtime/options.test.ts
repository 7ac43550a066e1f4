import { afterEach, describe, expect, test, vi } from "vitest";
import { refusal } from "../../test/refusal.ts";
import { customGradient } from "../autodiff/custom-gradient.ts";
import { grad, valueAndGrad } from "../autodiff/grad.ts";
import { scan } from "../autodiff/scan.ts";
import { tensor, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import { loop } from "./loop.ts";
import { describeDevice, setDevice } from "./settings.ts";

const wrong = (value: unknown) => value as never;
const double = (x: Tensor): Tensor => x.mul(2);
const turn = (sum: Tensor) => ({ carry: sum.add(1), y: sum });

afterEach(() => {
  vi.unstubAllEnvs();
  setDevice({ device: undefined, tier: undefined, threads: undefined, relaxedSimd: undefined });
});

test.each<readonly [string, () => unknown, string]>([
  [
    "compile",
    () => compile(double, wrong({ donateArgnums: [0] })),
    '[compile] unknown option "donateArgnums". Here it is called "donate". Known: donate, name, expectedRuns, precision.',
  ],
  ["what is compiled", () => compile(wrong(zeros([1]))), "[compile] the function must be a function, got an object."],
  ["one place that is donated", () => compile(double, { donate: wrong(0) }), "[compile] donate must be an array, got 0."],
  ["a place from the end", () => compile(double, { donate: [-1] }), "[compile] donate[0] must be a whole number of at least 0, got -1."],
  ["a name that is none", () => compile(double, { name: wrong(7) }), "[compile] name must be a text, got 7."],
  [
    "runs that are none",
    () => compile(double, { expectedRuns: Number.NaN }),
    "[compile] expectedRuns must be a number of at least 0, got NaN.",
  ],
  [
    "a precision",
    () => compile(double, { precision: wrong("bf61") }),
    '[compile] unknown precision "bf61". Did you mean "bf16"? Known: f32, bf16.',
  ],
  [
    "loop",
    () => loop(double, zeros([1]), {}, wrong({ donate: [0] })),
    '[loop] unknown option "donate". Known: name, expectedRuns, takeState, precision.',
  ],
  ["a flag of loop", () => loop(double, zeros([1]), {}, { takeState: wrong(1) }), "[loop] takeState must be true or false, got 1."],
  [
    "valueAndGrad",
    () => valueAndGrad(wrong(double), wrong({ has_Aux: true })),
    '[valueAndGrad] unknown option "has_Aux". Did you mean "hasAux"? Known: hasAux.',
  ],
  [
    "a flag of valueAndGrad",
    () => valueAndGrad(wrong(double), wrong({ hasAux: "yes" })),
    '[valueAndGrad] hasAux must be true or false, got "yes".',
  ],
  ["what has a gradient", () => grad(wrong(zeros([1]))), "[grad] the function must be a function, got an object."],
  [
    "a gradient of one's own",
    () => customGradient(double, wrong(undefined)),
    "[customGradient] the backward function must be a function, got undefined.",
  ],
  ["scan", () => scan(turn, zeros([]), wrong({ length: 3, unroll: 2 })), '[scan] unknown option "unroll". Known: xs, length, reverse.'],
  ["turns that are none", () => scan(turn, zeros([]), { length: 2.5 }), "[scan] length must be a positive integer, got 2.5."],
  ["a body that is none", () => scan(wrong(zeros([])), zeros([])), "[scan] the body must be a function, got an object."],
  [
    "setDevice",
    () => setDevice(wrong({ devise: "cpu" })),
    '[setDevice] unknown option "devise". Did you mean "device"? Known: device, tier, threads, relaxedSimd.',
  ],
  [
    "a device alone",
    () => setDevice(wrong("cpu")),
    '[setDevice] the options must be an object, got "cpu". Write setDevice(..., { device: ... }).',
  ],
  [
    "a device",
    () => setDevice({ device: wrong("gpu") }),
    '[setDevice] unknown device "gpu". Did you mean "cpu"? Known: cpu, worker, reference.',
  ],
  ["a tier", () => setDevice({ tier: wrong(1) }), "[setDevice] unknown tier 1. Known: auto, wasm, native."],
  ["no threads", () => setDevice({ threads: 0 }), "[setDevice] threads must be a positive integer, got 0."],
  ["NaN threads", () => setDevice({ threads: Number.NaN }), "[setDevice] threads must be a positive integer, got NaN."],
  ["far too many threads", () => setDevice({ threads: 1e9 }), "[setDevice] threads must be at most 1024, got 1000000000."],
  ["a flag of setDevice", () => setDevice({ relaxedSimd: wrong(0) }), "[setDevice] relaxedSimd must be true or false, got 0."],
])("%s is refused", async (_, call, message) => {
  expect(await refusal(call)).toEqual(["option", message]);
});

describe("threads", () => {
  test("that the environment can't mean are refused", async () => {
    for (const text of ["1e9", "0", "-2", "1.5", "many"]) {
      vi.stubEnv("GRADSMITH_THREADS", text);
      setDevice({ threads: undefined });
      const message = `[GRADSMITH_THREADS] "${text}" is not a number of threads. Use 1 to 1024.`;
      expect(await refusal(() => describeDevice())).toEqual(["option", message]);
      expect(await refusal(() => compile(double)(tensor([1])))).toEqual(["option", message]);
    }
  });

  test("of the wasm tier are 64 at most", () => {
    setDevice({ tier: "wasm", threads: 1000 });
    expect(describeDevice().threads).toBe(64);
    setDevice({ threads: 2 });
    expect(describeDevice().threads).toBe(2);
  });

  test("are the environment's again when undefined is set, and other settings stay", () => {
    setDevice({ tier: "wasm", threads: 3 });
    vi.stubEnv("GRADSMITH_THREADS", "5");
    setDevice({ threads: undefined });
    expect(describeDevice()).toMatchObject({ tier: "wasm", threads: 5 });
  });
});
