import { CpuBackend } from "./cpu/cpu-backend.ts";
import { nativePart } from "./cpu/native-part.ts";
import { planned } from "./cpu/plans.ts";
import { askForRelaxedSimd } from "./cpu/relaxed-simd-flag.ts";
import { askForRelaxedSimdBy } from "./cpu/wasm-features.ts";
import { ReferenceBackend } from "./reference/reference-backend.ts";
import { registerBackend } from "./registry.ts";

// What Node has and pages have not, brought by importing this: the build of the package for Node begins with it (scripts/build.mjs).
askForRelaxedSimdBy(askForRelaxedSimd);
registerBackend(new CpuBackend({ native: nativePart, loader: planned }));
registerBackend(new ReferenceBackend());
