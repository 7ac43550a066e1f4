import { installExecution } from "../tensor/execution.ts";
import { readPort } from "./read.ts";

// The one module with an effect: importing the package connects `Tensor.read` to the runtime.
installExecution(readPort);
