import { CpuBackend } from "../backends/cpu/cpu-backend.ts";
import { backendNames, registerBackend } from "../backends/registry.ts";
import { installExecution } from "../tensor/execution.ts";
import { readPort } from "./read.ts";

// The one module with an effect: importing the package connects `Tensor.read` to the runtime, and brings the processor as pages have it.
// In Node, node.ts has brought more before.
if (!backendNames().includes("cpu")) registerBackend(new CpuBackend());
installExecution(readPort);
