import { registerBackend } from "../registry.ts";
import { ReferenceBackend } from "./reference-backend.ts";

// Importing this makes the reference device known, in a page too.
registerBackend(new ReferenceBackend());
