/** Programs: functions traced once and replayed, and where they run. */
import "../runtime/install.ts";

export type { DeviceName, Tier } from "../runtime/choices.ts";
export type { CompiledFunction, CompileOptions } from "../runtime/compile.ts";
export { compile } from "../runtime/compile.ts";
export type { DeviceDescription } from "../runtime/device.ts";
export { describeDevice } from "../runtime/device.ts";
export type { Loop, LoopOptions } from "../runtime/loop.ts";
export { loop } from "../runtime/loop.ts";
export type { Precision } from "../runtime/precision.ts";
export type { DeviceOptions, DeviceSettings } from "../runtime/settings.ts";
export { setDevice } from "../runtime/settings.ts";
