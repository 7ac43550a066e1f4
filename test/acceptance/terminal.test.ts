import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadModel } from "gradsmith";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nativeAvailability } from "../../src/backends/cpu/native.ts";
import { onlyNightly } from "../nightly.ts";
import { ctrlC, inTerminal, noTerminal } from "./terminal.ts";

const because = onlyNightly ?? noTerminal;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-terminal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Presses Ctrl-C once so much is shown, and once more for each text that follows. */
const pressedAt = (...moments: readonly string[]) => {
  let presses = 0;
  return (shown: string, type: (keys: string) => void): void => {
    const moment = moments[presses];
    if (moment === undefined || !shown.includes(moment)) return;
    presses++;
    setTimeout(() => type(ctrlC), 200);
  };
};
const words = (lab: string): string[] => ["run", lab, "--epochs", "5000", "--out", folder];
const stopping = "Finishing this step, then saving. Press Ctrl-C again to quit at once.";
/** What a terminal shows from Ctrl-C on: the note begins a line of its own, and the cursor is at a line's beginning in the end. */
const afterCtrlC = (shown: string): string => shown.slice(shown.indexOf("^C"));
const stopped = (name: string): string => `\r\nstopped by Ctrl-C; saved in ${join(folder, name)}\r\n`;

describe.skipIf(because !== undefined)(`Ctrl-C in a terminal${because === undefined ? "" : ` (${because})`}`, () => {
  test("during training ends the step, saves, exits 130 and leaves the cursor on a line of its own", async () => {
    const { code, shown } = await inTerminal(words("regression"), { GRADSMITH_CPU: "wasm" }, pressedAt("Epoch "));
    const [name] = readdirSync(folder);
    expect(afterCtrlC(shown)).toBe(`^C\r\n${stopping}\r\n\r\n${stopped(name!).slice(2)}`);
    expect(code).toBe(130);
    expect(readdirSync(join(folder, name!)).sort()).toEqual(["config.json", "metrics.jsonl", "model.safetensors"]);
    expect(readFileSync(join(folder, name!, "metrics.jsonl"), "utf8").split("\n").length).toBeGreaterThan(1);
    expect((await loadModel(join(folder, name!, "model.safetensors"))).inputShape).toEqual([10]);
  });

  test("twice quits at once, with 130, and the next run works", async () => {
    const { code } = await inTerminal(words("regression"), { GRADSMITH_CPU: "wasm" }, pressedAt("Total params", stopping));
    expect(code).toBe(130);
    const again = await inTerminal(["run", "xor", "--epochs", "2", "--out", folder], { GRADSMITH_CPU: "wasm" }, () => {});
    expect(again.code).toBe(0);
  });

  const { available, reason } = nativeAvailability();
  describe.skipIf(!available)(`while a program is compiled${available ? "" : ` (${reason})`}`, () => {
    const slowCompiler = (): Record<string, string> => {
      const CC = `${folder}-cc`;
      writeFileSync(CC, '#!/bin/sh\ncase "$*" in *-dM*) ;; *) sleep 2;; esac\nexec cc "$@"\n', { mode: 0o755 });
      return { GRADSMITH_CPU: "native", CC, GRADSMITH_CACHE: `${CC}-cache` };
    };
    afterEach(() => {
      for (const path of [`${folder}-cc`, `${folder}-cc-cache`]) rmSync(path, { recursive: true, force: true });
    });

    test.each(["read", "fit begin", "fit"])(
      "(%s) saves the model as it is, exits 130 and leaves no half file",
      { timeout: 120_000 },
      async (program) => {
        const { code, shown } = await inTerminal(words("regression"), slowCompiler(), pressedAt(`Compiling ${program} with`));
        const [name] = readdirSync(folder);
        expect(readdirSync(join(folder, name!)).sort()).toEqual(["config.json", "model.safetensors"]);
        expect(afterCtrlC(shown).startsWith(`^C\r\n${stopping}\r\n`), shown).toBe(true);
        expect(shown.endsWith(stopped(name!)), shown).toBe(true);
        expect(code).toBe(130);
        expect((await loadModel(join(folder, name!, "model.safetensors"))).inputShape).toEqual([10]);
      },
    );
  });
});
