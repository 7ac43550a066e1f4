import type { emitScan } from "./emit-scan.ts";
import type { keepPieces } from "./keep-pieces.ts";
import type { prepareScans } from "./prepare-scans.ts";
import type { LoopRewriter } from "./rewrite-scan.ts";

/** The passes that only programs with loops need. */
export interface LoopPasses {
  readonly prepareScans: typeof prepareScans;
  readonly keepPieces: typeof keepPieces;
  readonly emitScan: typeof emitScan;
  readonly LoopRewriter: typeof LoopRewriter;
}

let installed: LoopPasses | undefined;

/** Whoever records loops brings their passes along, so that bundles of programs without loops leave them out. */
export function installLoops(passes: LoopPasses): void {
  installed = passes;
}

export function loopPasses(): LoopPasses {
  if (installed !== undefined) return installed;
  throw new Error("loops are recorded by runtime/scan.ts, which installs their passes");
}
