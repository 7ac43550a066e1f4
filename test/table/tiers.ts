import { nativeAvailability, nativeTier } from "../../src/backends/cpu/native.ts";
import { Storage, storageFrom } from "../../src/backends/cpu/storage.ts";
import type { Tier as CpuTier } from "../../src/backends/cpu/tier.ts";
import { wasmTier } from "../../src/backends/cpu/wasm.ts";
import { wasmFeatures } from "../../src/backends/cpu/wasm-features.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { TypedArray } from "../../src/core/dtype.ts";
import { byteLengthOf, decode } from "../../src/core/encoding.ts";
import type { LiteralAttributes } from "../../src/ir/graph.ts";
import { isGiven, topological } from "../../src/ir/graph.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

export interface Tier {
  readonly name: string;
  readonly make: () => CpuTier;
  /** Why it can't be tested on this machine. */
  readonly missing: string | undefined;
  /** Whether numbers below 1.2e-38 are taken for zero. */
  readonly flushes: boolean;
}

const native = nativeAvailability();

/** Everything a program may run on. */
export const tiers: readonly Tier[] = [
  { name: "wasm, products and sums rounded apart", make: () => wasmTier({ relaxedSimd: false }), missing: undefined, flushes: false },
  {
    name: "wasm with fused multiply-add",
    make: () => wasmTier({ relaxedSimd: true }),
    missing: wasmFeatures().relaxedSimd ? undefined : "this engine has no relaxed SIMD",
    flushes: false,
  },
  { name: "native", make: () => nativeTier(), missing: native.available ? undefined : native.reason, flushes: true },
];

/** The elements of tensors over literals, computed by one program. */
export function computedBy(backend: CpuTier, name: string, tensors: readonly Tensor[]): TypedArray[] {
  const roots = tensors.map((t) => t.node);
  const inputs = topological(roots).filter(isGiven);
  const { program, outputs } = compile({ name, inputs, outputs: roots }, backend.target);
  const storages = program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = program.buffers[buffer]!;
    const type = { dtype, shape: [length] };
    return i < inputs.length ? storageFrom((inputs[i]!.attributes as LiteralAttributes).data, type) : new Storage(byteLengthOf(type));
  });
  backend.compile(program).run(storages, 1);
  return outputs.map(({ argument }, i) => decode(storages[argument]!.peek(), roots[i]!.type.dtype));
}
