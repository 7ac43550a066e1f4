import { describe, expect, it, vi } from "vitest";
import type { TrainingControls } from "./callback.ts";
import { epochLine, progress } from "./progress.ts";

const view = { epoch: 2, epochs: 25, step: 25, steps: 100, elapsedMs: 500, logs: { loss: 0.51234, accuracy: 0.9 }, isDone: false };
const controls = { epochs: 2, stepsPerEpoch: 10 } as TrainingControls;

describe("the progress line", () => {
  it("shows step, rate, time left and the running figures beside a bar", () => {
    expect(epochLine(view, { withBar: true })).toBe(
      "Epoch  3/25 ━━━━━───────────────  25/100 · 50 steps/s · ETA 1.5s · loss 0.5123 · accuracy 0.9000",
    );
  });

  it("shows the time an epoch took when it is over", () => {
    const done = { ...view, step: 100, elapsedMs: 65_000, isDone: true, logs: { loss: 1.5e-5, val_loss: Infinity } };
    expect(epochLine(done, { withBar: false })).toBe("Epoch  3/25 100/100 · 1m05s · 1.5 steps/s · loss 1.500e-5 · val_loss Infinity");
  });

  it("never shows a time left before there is a rate, nor a total that is unknown", () => {
    expect(epochLine({ ...view, step: 0, elapsedMs: 0 }, { withBar: true })).toBe(
      "Epoch  3/25 ────────────────────   0/100 · loss 0.5123 · accuracy 0.9000",
    );
    expect(epochLine({ ...view, steps: undefined }, { withBar: true })).toBe(
      "Epoch  3/25 25 steps · 50 steps/s · loss 0.5123 · accuracy 0.9000",
    );
  });

  it("is cut to the terminal's width", () => {
    const line = epochLine(view, { withBar: true, columns: 40 });
    expect(line).toHaveLength(40);
    expect(line.endsWith("…")).toBe(true);
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
    expect(text).toMatch(/^Epoch 1\/2 10\/10 · \d+ms · \S+ steps\/s · loss 4\.0000\n$/);
  });

  it("over the same line in a terminal, at most every 80 ms, and ends it", async () => {
    const text = await run(true);
    // After 100 and 200 ms, and at the end.
    expect(text.split("\r").length - 1).toBe(3);
    expect(text.split("\n")).toHaveLength(2);
    expect(text.endsWith("loss 4.0000\n")).toBe(true);
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
    expect(writes.at(-1)).toMatch(/^Epoch 11\/2 .* loss 10\.0000\n$/);
    await shown.onEpochEnd!(11, { loss: 11 }, controls);
    expect(writes).toHaveLength(5);
    await vi.waitFor(() => expect(writes).toHaveLength(6));
    expect(writes.join("").match(/Epoch/g)).toHaveLength(12);
  });
});
