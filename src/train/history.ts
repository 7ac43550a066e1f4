/** Figures by name: `loss`, `accuracy`, `val_loss`. */
export type Logs = Readonly<Record<string, number>>;

/** What a run of `fit` recorded. */
export interface History {
  /** The epochs that were completed, counted from 0. */
  readonly epochs: readonly number[];
  /** For each figure one number per epoch. */
  readonly metrics: Readonly<Record<string, number[]>>;
  /** `done`: all epochs were run. `callback`: a callback stopped. `aborted`: the signal did. */
  readonly stopped: "done" | "callback" | "aborted";
}

/** A history that grows while training runs. */
export class HistoryRecorder {
  readonly #epochs: number[] = [];
  readonly #metrics: Record<string, number[]> = {};

  add(epoch: number, logs: Logs): void {
    this.#epochs.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.#metrics[name] ??= [];
      this.#metrics[name].push(value);
    }
  }

  finish(stopped: History["stopped"]): History {
    return { epochs: this.#epochs, metrics: this.#metrics, stopped };
  }
}
