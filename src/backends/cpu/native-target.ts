import { BlockProduct, blockTiling } from "../../compiler/block-product.ts";
import { mergeKernels } from "../../compiler/merge-kernels.ts";
import { pairOperands } from "../../compiler/pair-operands.ts";
import { partsOfThreads } from "../../compiler/parts-of-threads.ts";
import type { OptionalPasses, PairProducts, Target } from "../../compiler/target.ts";
import { winograd } from "../../compiler/winograd.ts";
import { nativeLimits } from "./native-limits.ts";
import type { Features } from "./toolchain.ts";

/** What native code is compiled for on a processor with these features, with this machine's caches. */
export const nativeTarget = (features: Features): Target => ({ limits: nativeLimits(features), passes: nativePasses(features) });

/** Native code outruns the memory behind the second cache, so that what passes from kernel to kernel had better stay in front of it. */
export const nativePasses = ({ multipliesPairs }: Pick<Features, "multipliesPairs">): OptionalPasses => ({
  ...(multipliesPairs ? { pairProducts } : {}),
  winograd,
  splitK: partsOfThreads,
  mergeKernels,
});

const pairProducts: PairProducts = {
  pairOperands,
  tiling: blockTiling,
  product: (context) => new BlockProduct(context),
};
