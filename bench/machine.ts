import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split("-")[0]} ${process.arch}`,
    node: process.version,
  };
}

/** Others at work on this machine make figures up: a warning, or undefined. */
export function disturbance(): string | undefined {
  const [lastMinute = 0] = loadavg();
  return lastMinute < 0.5
    ? undefined
    : `The machine was busy at the start (load ${lastMinute.toFixed(1)}): figures may be slow and uneven.`;
}
