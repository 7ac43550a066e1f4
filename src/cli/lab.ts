import type { Precision } from "../runtime/precision.ts";
import type { Callback } from "../train/callback.ts";

/** One of the lectures' programs. */
export interface Lab {
  readonly name: string;
  readonly title: string;
  readonly lecture: number;
  /** What it does when nothing else is asked for. */
  readonly defaults: { readonly epochs: number; readonly batchSize: number };
  run(settings: LabSettings, output: LabOutput): Promise<LabResult>;
}

export interface LabSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly precision: Precision;
  /** A folder with the images, instead of the usual places. */
  readonly directory?: string;
}

/** Where a lab shows what it does. */
export interface LabOutput {
  print(text: string): void;
  /** What fits the terminal, for charts. */
  readonly chart: { readonly width: number; readonly ascii: boolean };
  /** For `fit`: Ctrl-C, and what shows and records each epoch. */
  readonly training: { readonly signal: AbortSignal; readonly callbacks: readonly Callback[]; readonly verbose: 0 };
}

export interface LabResult {
  /** What was trained, to be kept. */
  readonly model: { save(path: string): Promise<void> };
  /** Why training ended; "aborted" is Ctrl-C. */
  readonly stopped: "done" | "callback" | "aborted";
  /** Figures on the test sample; none after Ctrl-C. */
  readonly test: Readonly<Record<string, number>>;
}
