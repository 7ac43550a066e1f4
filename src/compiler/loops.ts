import type { pieceOf } from "./piece.ts";
import type { placeScan } from "./place-scan.ts";
import type { prepareScans } from "./prepare-scans.ts";

/** The passes that only programs with loops need. */
export interface LoopPasses {
  readonly prepareScans: typeof prepareScans;
  readonly pieceOf: typeof pieceOf;
  readonly placeScan: typeof placeScan;
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
