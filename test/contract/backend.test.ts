import { CpuBackend } from "../../src/backends/cpu/cpu-backend.ts";
import { nativeAvailability } from "../../src/backends/cpu/native.ts";
import { nativePart } from "../../src/backends/cpu/native-part.ts";
import { ReferenceBackend } from "../../src/backends/reference/reference-backend.ts";
import { WorkerBackend } from "../../src/backends/worker/worker-backend.ts";
import { backendContract } from "./backend.ts";
import { QueuedBackend } from "./queued-backend.ts";

const { available, reason } = nativeAvailability();
const missing = available ? undefined : reason;

backendContract("the cpu with native code", () => new CpuBackend({ native: nativePart }), { tier: "native", missing });
backendContract("the cpu with WebAssembly", () => new CpuBackend(), { tier: "wasm" });
backendContract("the reference", () => new ReferenceBackend());
backendContract("a worker", () => new WorkerBackend(), { tier: "wasm" });
backendContract("a device that is far away", () => new QueuedBackend(new CpuBackend()), { tier: "wasm" });
