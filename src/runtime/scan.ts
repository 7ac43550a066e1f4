import type { Scanned, ScanOptions, ScanStep } from "../autodiff/scan.ts";
import { scan as record } from "../autodiff/scan.ts";
import { emitScan } from "../compiler/emit-scan.ts";
import { keepPieces } from "../compiler/keep-pieces.ts";
import { installLoops } from "../compiler/loops.ts";
import { prepareScans } from "../compiler/prepare-scans.ts";
import { LoopRewriter } from "../compiler/rewrite-scan.ts";

/**
 * A loop with state: `carryₜ₊₁, yₜ = body(carryₜ, xₜ)`. The body is traced once and compiled once, however many turns there are, and the
 * loop has a gradient. `carry`, `xs` and `y` are trees of tensors; tensors the body closes over are constants of the loop.
 *
 * Defaults: as many turns as `xs` have rows, from the first on.
 *
 * @throws GradsmithError "option" for an unknown option or no number of turns, "shape" or "usage" where a turn gives back another carry.
 * @example const { carry, ys } = scan((sum, x) => ({ carry: sum.add(x), y: sum.add(x) }), zeros([]), { xs: tensor([1, 2, 3]) }); // 1, 3, 6
 */
export function scan<C, X = undefined, Y = undefined>(
  body: (carry: C, x: X) => ScanStep<C, Y>,
  init: C,
  options?: ScanOptions<X>,
): Scanned<C, Y> {
  installLoops({ prepareScans, keepPieces, emitScan, LoopRewriter });
  return record(body, init, options);
}
