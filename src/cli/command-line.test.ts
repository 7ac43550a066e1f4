import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../io/safetensors.ts";
import { execute } from "./command-line.ts";
import type { Terminal } from "./terminal.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradsmith-cli-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const listenersBefore = process.listenerCount("SIGINT");
let printed = "";
let warned = "";
beforeEach(() => {
  [printed, warned] = ["", ""];
});
const terminal: Terminal = {
  print: (text) => {
    printed += `${text}\n`;
  },
  warn: (text) => {
    warned += `${text}\n`;
  },
  width: 80,
  ascii: false,
  live: {
    write: (text: string) => {
      printed += text;
    },
  },
};
const type = (line: string): Promise<number> =>
  execute(
    line.split(" ").filter((word) => word !== ""),
    terminal,
  );

describe("help", () => {
  test("without a command, the commands are listed", async () => {
    for (const line of ["", "--help", "-h", "help"]) {
      printed = "";
      expect(await type(line)).toBe(0);
      for (const name of ["run", "labs", "doctor", "summary"]) expect(printed).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
    }
  });

  test.each(["run", "labs", "doctor", "summary"])("%s has help with examples, wherever --help stands", async (name) => {
    for (const line of [`${name} --help`, `${name} -h`, `help ${name}`, `${name} --unknown --help`]) {
      printed = "";
      expect(await type(line)).toBe(0);
      expect(printed).toContain(`Usage: gradsmith ${name}`);
      expect(printed).toMatch(/Examples:\n {2}\S/);
    }
  });

  test("the version is the package's", async () => {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
    expect(await type("--version")).toBe(0);
    expect(printed).toBe(`${version}\n`);
  });
});

describe("mistakes end as one line and exit code 2", () => {
  test.each([
    ["rnu", '[gradsmith] unknown command "rnu". Did you mean "run"? Known: run, labs, doctor, summary.'],
    [
      "run clasification",
      '[run] unknown lab "clasification". Did you mean "classification"? Known: classification, regression, fashion-mnist, mnist, xor.',
    ],
    ["run --epoch 3", "[run] unknown option --epoch. Did you mean --epochs? See gradsmith run --help."],
    ["run --epochs 0", '[--epochs] must be a positive integer, got "0".'],
    ["run --seed -1", '[--seed] must be a non-negative integer, got "-1".'],
    ["run --device gpu", '[--device] "gpu" is not one of cpu, reference. Did you mean "cpu"?'],
    ["run xor mnist", '[run] there is one argument too many: "mnist". See gradsmith run --help.'],
    ["summary", "[summary] <model> is missing: the path of a model.safetensors, or of a run's folder. See gradsmith summary --help."],
    ["summary /nowhere/model.safetensors", "[/nowhere/model.safetensors] can't be read: it does not exist. Check the path."],
  ])("gradsmith %s", async (line, message) => {
    expect(await type(line)).toBe(2);
    expect([printed, warned]).toEqual(["", `${message}\n`]);
  });

  test("--debug shows the stack too", async () => {
    expect(await type("run nothing --debug")).toBe(2);
    expect(warned).toMatch(/unknown lab "nothing"[^\n]*\n {4}at /);
  });

  test.skipIf(process.platform !== "linux")("a place that can't be written to is found before training (Linux's /proc)", async () => {
    expect(await type("run --out /proc/runs")).toBe(2);
    expect([printed, warned]).toEqual(["", "[/proc/runs] can't be written to: it does not exist. Check the path.\n"]);
  });
});

test("labs lists every program in a line", async () => {
  expect(await type("labs")).toBe(0);
  expect(
    printed
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  ).toEqual(["classification", "regression", "fashion-mnist", "mnist", "xor"]);
});

test("doctor says what is used and why", async () => {
  expect(await type("doctor")).toBe(0);
  for (const name of ["gradsmith", "node", "cores", "wasm tier", "native tier", "in use", "code cache", "data"])
    expect(printed).toMatch(new RegExp(`^${name} +\\S`, "m"));
  expect(printed).toMatch(/in use +device cpu, tier (native|wasm): .+ \(.+\)/);
});

describe("run", () => {
  test("shows device, layers, curves, test figures and folder, in this order, and writes what it says", async () => {
    expect(await type(`run xor --epochs 3 --seed 2 --tier wasm --out ${folder}`)).toBe(0);
    const order = [
      "device cpu, tier wasm",
      "Total params: 17",
      "Epoch 1/3 ",
      "Epoch 3/3 ",
      "epoch",
      "a xor b",
      "test loss",
      `saved in ${folder}/xor-`,
    ];
    const places = order.map((text) => printed.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBe(0);

    const [name] = (await readdir(folder)).filter((entry) => entry.startsWith("xor-"));
    const path = join(folder, name!);
    expect((await readdir(path)).sort()).toEqual(["config.json", "metrics.jsonl", "model.safetensors"]);
    const lines = (await readFile(join(path, "metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { epoch: number; loss: number });
    expect(lines.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(lines.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(JSON.parse(await readFile(join(path, "config.json"), "utf8"))).toMatchObject({
      lab: "xor",
      epochs: 3,
      seed: 2,
      batchSize: 4,
      device: "cpu",
      tier: "wasm",
    });
    expect(Object.keys(decodeSafetensors(await readFile(join(path, "model.safetensors")), "m").tensors).sort()).toEqual([
      "dense/bias",
      "dense/kernel",
      "dense_1/bias",
      "dense_1/kernel",
    ]);

    printed = "";
    expect(await type(`summary ${path}`)).toBe(0);
    expect(printed).toContain("Total params: 17");
  });

  test("the same seed gives the same run", async () => {
    const metricsOf = async (out: string): Promise<string> => {
      expect(await type(`run regression --epochs 2 --seed 5 --tier wasm --out ${join(folder, out)}`)).toBe(0);
      const [name] = await readdir(join(folder, out));
      return readFile(join(folder, out, name!, "metrics.jsonl"), "utf8");
    };
    expect(await metricsOf("first")).toBe(await metricsOf("second"));
  });

  test("without Unicode, only ASCII is drawn", async () => {
    expect(await type(`run xor --epochs 2 --tier wasm --ascii --out ${folder}`)).toBe(0);
    expect(printed).toMatch(/^[\x20-\x7e\n]*$/);
  });
});

test("Ctrl-C ends training after its step: what was learnt is saved, exit code 130", async () => {
  const out = join(folder, "interrupted");
  const live = {
    write(text: string) {
      if (text.includes("/5000 ")) process.emit("SIGINT");
    },
  };
  expect(await execute(["run", "regression", "--epochs", "5000", "--tier", "wasm", "--out", out], { ...terminal, live })).toBe(130);
  expect(warned).toBe("\nFinishing this step, then saving. Press Ctrl-C again to quit at once.\n");
  expect(printed).toMatch(/stopped by Ctrl-C; saved in .*regression-/);
  const [name] = await readdir(out);
  expect(Object.keys(decodeSafetensors(await readFile(join(out, name!, "model.safetensors")), "m").tensors).length).toBe(6);
  expect((await readFile(join(out, name!, "metrics.jsonl"), "utf8")).split("\n").length).toBeLessThan(5000);
  expect(process.listenerCount("SIGINT")).toBe(listenersBefore);
});

test("Ctrl-C before the first epoch has ended saves too", async () => {
  const out = join(folder, "early");
  const live = { isTTY: true, columns: 80, write: () => undefined };
  const interrupting: Terminal = {
    ...terminal,
    live,
    print(text) {
      if (text.includes("Total params")) process.emit("SIGINT");
    },
  };
  expect(await execute(["run", "xor", "--tier", "wasm", "--out", out], interrupting)).toBe(130);
  const [name] = await readdir(out);
  expect(await readdir(join(out, name!))).toContain("model.safetensors");
});

test("exclusive or is learnt: the network tells all four samples (lecture 2)", { timeout: 60_000 }, async () => {
  expect(await type(`run xor --tier wasm --out ${folder}`)).toBe(0);
  expect(printed).toMatch(/test loss 0\.0\d+, accuracy 1\n/);
});
