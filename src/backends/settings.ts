/**
 * Where programs run: on the thread that calls, beside it in a worker (`useWorker`), or for comparison in float64, one element at a time: slow and
 * exact.
 */
export type DeviceName = "cpu" | "worker" | "reference";

/** How the `cpu` device computes: WebAssembly everywhere, C where a compiler is, or whichever a program's work calls for. */
export type Tier = "auto" | "wasm" | "native";

/** Where programs run, and how. */
export interface DeviceSettings {
  /** "cpu" by default; "worker" after `useWorker()`; "reference" computes everything in float64, one element at a time: slow and exact. */
  readonly device: DeviceName;
  /** How the `cpu` device computes; by default whichever a program's work calls for. */
  readonly tier: Tier;
  /**
   * Threads, 1 to 1024: all cores by default on the native tier, one on the wasm tier, which has 64 at most. Results don't depend on it.
   */
  readonly threads: number | undefined;
  /** Fused multiply-add on the wasm tier, where the engine has it. Default true. */
  readonly relaxedSimd: boolean;
}
