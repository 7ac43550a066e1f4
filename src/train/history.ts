/** Figures by name: `loss`, `accuracy`, `val_loss`. */
export type Logs = Readonly<Record<string, number>>;

/** The same of an evaluation: the loss, and the metrics whose names `compile` was told literally, are known to be there. */
export type Figures<Keys extends string = string> = Logs & { readonly loss: number } & KnownFigures<Keys, number>;

type KnownFigures<Keys extends string, Figure> = string extends Keys ? unknown : { readonly [Key in Keys]: Figure };

/** What a run of `fit` recorded. */
export interface History<Keys extends string = string> {
  /** The epochs that were completed, counted from 0. */
  readonly epochs: readonly number[];
  /** For each figure one number per epoch. */
  readonly metrics: Readonly<Record<string, number[]>> & { readonly loss: number[] } & KnownFigures<Keys, number[]>;
  /** `done`: all epochs were run. `callback`: a callback stopped. `aborted`: the signal did. */
  readonly stopped: "done" | "callback" | "aborted";
}

/** A history that grows while training runs. */
export class HistoryRecorder {
  readonly #epochs: number[] = [];
  readonly #metrics: Record<string, number[]> & { loss: number[] } = { loss: [] };

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
