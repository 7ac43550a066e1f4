import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

export const today = (): string => new Date().toISOString().slice(0, 10);

/** The date and the machine, for a heading. */
export function describeMachine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  const system = `${type()} ${release().split("-")[0]} ${process.arch}`;
  return `${today()}, ${processor}, ${availableParallelism()} cores, ${memoryGb} GB, ${system}, Node ${process.version}`;
}

/** Others at work on this machine make figures up: a warning, or undefined. */
export function disturbance(): string | undefined {
  const [lastMinute = 0] = loadavg();
  return lastMinute < 0.5
    ? undefined
    : `The machine was busy at the start (load ${lastMinute.toFixed(1)}): figures may be slow and uneven.`;
}
