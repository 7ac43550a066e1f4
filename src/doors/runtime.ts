/** Programs: functions traced once and replayed, and where they run. */
import "../runtime/install.ts";

export type { DeviceDescription } from "../backends/backend.ts";
export type { DeviceName, DeviceSettings, Tier } from "../backends/settings.ts";
export { version } from "../core/version.ts";
export type { CompiledFunction, CompileOptions } from "../runtime/compile.ts";
export { compile } from "../runtime/compile.ts";
export type { Loop, LoopOptions } from "../runtime/loop.ts";
export { loop } from "../runtime/loop.ts";
export type { Precision } from "../runtime/precision.ts";
export type { DeviceOptions } from "../runtime/settings.ts";
export { describeDevice, devices, setDevice } from "../runtime/settings.ts";
export type { UseWorkerOptions } from "../runtime/use-worker.ts";
export { useWorker } from "../runtime/use-worker.ts";
