import { describe, expect, it, vi } from "vitest";
import type { TrainingControls } from "./callback.ts";
import { epochLine, progress } from "./progress.ts";

const view = { epoch: 2, epochs: 25, step: 25, steps: 100, elapsedMs: 500, logs: { loss: 0.51234, accuracy: 0.9 }, isDone: false };
const controls = { epochs: 2, stepsPerEpoch: 10 } as TrainingControls;

describe("the progress line", () => {
  it("shows the running figures, then a bar, step, time left and rate", () => {
    expect(epochLine(view, { withBar: true })).toBe(
      "Epoch  3/25 loss 0.5123 · accuracy 0.9000 · ━━━━━───────────────  25/100 · ETA 1.5s · 50 steps/s",
    );
  });

  it("shows the time an epoch took when it is over", () => {
    const done = { ...view, step: 100, elapsedMs: 65_000, isDone: true, logs: { loss: 1.5e-5, val_loss: Infinity } };
    expect(epochLine(done, { withBar: false })).toBe("Epoch  3/25 loss 1.500e-5 · val_loss Infinity · 100/100 · 1m05s · 1.5 steps/s");
  });

  it("never shows a time left before there is a rate, nor a total that is unknown", () => {
    expect(epochLine({ ...view, step: 0, elapsedMs: 0 }, { withBar: true })).toBe(
      "Epoch  3/25 loss 0.5123 · accuracy 0.9000 · ────────────────────   0/100",
    );
    expect(epochLine({ ...view, steps: undefined }, { withBar: true })).toBe(
      "Epoch  3/25 loss 0.5123 · accuracy 0.9000 · 25 steps · 50 steps/s",
    );
  });

  const watched = { loss: 0.51234, accuracy: 0.9, f1Score: 0.85, val_loss: 0.612, val_accuracy: 0.8812, val_f1Score: 0.8 };
  const whole = {
    ...view,
    step: 100,
    elapsedMs: 2000,
    isDone: true,
    logs: { loss: 0.51234, accuracy: 0.9, val_loss: 0.612, val_accuracy: 0.8812 },
  };
  it.each([
    [120, "Epoch  3/25 loss 0.5123 · val_loss 0.6120 · accuracy 0.9000 · val_accuracy 0.8812 · ━━━━━━━━ 100/100 · 2.0s · 50 steps/s"],
    [100, "Epoch  3/25 loss 0.5123 · val_loss 0.6120 · accuracy 0.9000 · val_accuracy 0.8812 · 100/100 · 2.0s"],
    [80, "Epoch  3/25 loss 0.5123 val_loss 0.6120 accuracy 0.9000 val_accuracy 0.8812"],
    [60, "Epoch  3/25 loss 0.5123 val_loss 0.6120 accuracy 0.9000"],
    [40, "Epoch  3/25 loss 0.5123 val_loss 0.6120"],
    [24, "Epoch  3/25 loss 0.5123"],
    [20, "Epoch  3/25 loss 0.…"],
  ])("keeps the figures where a terminal has %i columns", (columns, line) => {
    expect(epochLine(whole, { withBar: true, columns })).toBe(line);
  });

  it.each([
    [120, "Epoch  10/100 loss 0.5123 · accuracy 0.9000 · ━━━━━━━━━━────────── 100/200 · ETA 500ms · 200 steps/s"],
    [80, "Epoch  10/100 loss 0.5123 · accuracy 0.9000 · 100/200 · ETA 500ms · 200 steps/s"],
    [60, "Epoch  10/100 loss 0.5123 · accuracy 0.9000 · 100/200"],
    [40, "Epoch  10/100 loss 0.5123"],
  ])("fills %i columns without a validation too", (columns, line) => {
    const running = { ...view, epoch: 9, epochs: 100, step: 100, steps: 200 };
    expect(epochLine(running, { withBar: true, columns })).toBe(line);
  });

  it("shows loss, val_loss and the first of four metrics, with its validation, in 80 columns", () => {
    const names = ["accuracy", "precision", "recall", "auc"];
    const logs = Object.fromEntries(["", "val_"].flatMap((prefix) => ["loss", ...names].map((name) => [`${prefix}${name}`, 0.5])));
    expect(epochLine({ ...whole, epoch: 9, epochs: 100, logs }, { withBar: true, columns: 80 })).toBe(
      "Epoch  10/100 loss 0.5000 val_loss 0.5000 accuracy 0.5000 val_accuracy 0.5000",
    );
    // Nothing is cut where there is no terminal.
    for (const name of names) expect(epochLine({ ...whole, logs }, { withBar: false })).toContain(` · ${name} 0.5000 · val_${name} 0.5000`);
  });

  it("is never longer than the terminal is wide", () => {
    for (let columns = 20; columns < 140; columns++) {
      for (const logs of [watched, { loss: 1e-9 }, view.logs]) {
        const line = epochLine({ ...view, logs }, { withBar: true, columns });
        expect(line.length).toBeLessThanOrEqual(columns);
        if (columns >= 26) expect(line).toContain("loss");
      }
    }
  });
});

describe("progress writes", () => {
  it("what a compiler is at, in a line of its own without a terminal and in place of the bar with one", async () => {
    const written = async (bar: boolean): Promise<string> => {
      let text = "";
      const shown = progress({ output: { write: (part) => (text += part), columns: 120 }, bar });
      await shown.onSlowCompiler!("fit with gcc 12.2.0");
      await shown.onEpochBegin!(0, controls);
      await shown.onEpochEnd!(0, { loss: 4 }, controls);
      return text;
    };
    expect((await written(false)).split("\n")[0]).toBe("Compiling fit with gcc 12.2.0 …");
    expect((await written(true)).split("\r\u001b[K").map((part) => part.slice(0, 10))).toEqual(["", "Compiling ", "Epoch 1/2 "]);
  });

  const run = async (bar: boolean): Promise<string> => {
    let [text, time] = ["", 50];
    const shown = progress({ output: { write: (part) => (text += part), isTTY: bar, columns: 120 }, bar, now: () => time });
    await shown.onEpochBegin!(0, controls);
    for (let step = 1; step <= 4; step++, time += 50) await shown.onSteps!(step, async () => ({ loss: step }), controls);
    await shown.onEpochEnd!(0, { loss: 4 }, controls);
    await shown.onTrainEnd!({}, controls);
    return text;
  };

  it("one plain line per epoch without a terminal", async () => {
    const text = await run(false);
    expect(text.split("\n")).toHaveLength(2);
    expect(text).not.toContain("\u001b");
    expect(text).toMatch(/^Epoch 1\/2 loss 4\.0000 · 10\/10 · \d+ms · \S+ steps\/s\n$/);
  });

  it("over the same line in a terminal, at most every 80 ms, and ends it", async () => {
    const text = await run(true);
    // After 100 and 200 ms, and at the end.
    expect(text.split("\r").length - 1).toBe(3);
    expect(text.split("\n")).toHaveLength(2);
    expect(text).toMatch(/Epoch 1\/2 loss 4\.0000 · ━+ 10\/10 [^\n]*\n$/);
  });

  it("lines of short epochs together: at most every 80 ms with a bar, when training ends, and soon if it never does", async () => {
    let [writes, time]: [string[], number] = [[], 100];
    const shown = progress({ output: { write: (part) => writes.push(part), columns: 120 }, bar: true, now: () => time });
    for (let epoch = 0; epoch < 10; epoch++, time += 30) {
      await shown.onEpochBegin!(epoch, controls);
      await shown.onEpochEnd!(epoch, { loss: epoch }, controls);
    }
    expect(writes.map((part) => part.split("\n").length - 1)).toEqual([1, 3, 3, 3]);
    time -= 10;
    await shown.onEpochEnd!(10, { loss: 10 }, controls);
    expect(writes).toHaveLength(4);
    await shown.onTrainEnd!({}, controls);
    expect(writes.at(-1)).toMatch(/^Epoch 11\/2 loss 10\.0000 .*\n$/);
    await shown.onEpochEnd!(11, { loss: 11 }, controls);
    expect(writes).toHaveLength(5);
    await vi.waitFor(() => expect(writes).toHaveLength(6));
    expect(writes.join("").match(/Epoch/g)).toHaveLength(12);
  });
});
