import { describe, expect, test } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { CodeCache } from "../../src/backends/cpu/cache.ts";
import { nativeTier } from "../../src/backends/cpu/native.ts";
import { build } from "../../src/backends/cpu/native-build.ts";
import { nativeTarget } from "../../src/backends/cpu/native-target.ts";
import { Storage } from "../../src/backends/cpu/storage.ts";
import { findToolchain } from "../../src/backends/cpu/toolchain.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import { compile } from "../../src/compiler/compile.ts";
import { roundOperands } from "../../src/compiler/round-operands.ts";
import { bytesOf } from "../../src/core/dtype.ts";
import { byteLengthOf, decode } from "../../src/core/encoding.ts";
import { isGiven, topological } from "../../src/ir/graph.ts";
import type { Statement } from "../../src/ir/kernel.ts";
import type { Program } from "../../src/ir/program.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { convolve } from "../../src/nn/layers/convolve.ts";
import type { NamedTensors } from "../../src/optim/optimizer.ts";
import { printC } from "../../src/targets/c/print.ts";
import { tensor } from "../../src/tensor/create.ts";
import { random } from "../../src/tensor/random.ts";
import { storageOf } from "../contract/evaluated.ts";
import "../../src/runtime/install.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { EmulatedArm, missing as noArm } from "../arm/emulated.ts";
import { inNightly } from "../nightly.ts";

const toolchain = findToolchain();
const missing = toolchain.available ? undefined : toolchain.reason;

const numbers = async (shape: readonly number[], seed: number): Promise<Tensor> =>
  tensor((await random.normal(shape, { seed }).read()) as Float32Array).reshape(shape);

interface Results {
  readonly wanted: readonly number[];
  readonly found: readonly number[];
  /** How many block products its kernels have. */
  readonly blocks: number;
  /** Bytes of its largest piece of memory. */
  readonly largest: number;
  readonly temporaries: Program["buffers"];
}

/** How one program is run. */
type Run = (program: Program, storages: readonly Storage[]) => void;

/** Results in precision bf16, as the reference computes them and as native code does. */
function compared(results: readonly Tensor[], run: Run, lanes = 16): Results[] {
  const roots = roundOperands(results.map(({ node }) => node));
  const inputs = topological(roots).filter(isGiven);
  const { program, outputs } = compile(
    { name: "blocks", inputs, outputs: roots },
    nativeTarget({ lanes, registers: 32, multipliesPairs: true }),
  );
  verifyProgram(program);
  const fresh = program.arguments.slice(inputs.length).map(({ buffer }) => program.buffers[buffer]!);
  const storages = [...inputs.map(storageOf), ...fresh.map(({ dtype, length }) => new Storage(byteLengthOf({ dtype, shape: [length] })))];
  run(program, storages);
  const wanted = evaluateGraph(roots, (source) => decode(storageOf(source).peek(), source.type.dtype));
  return roots.map((root, i) => ({
    wanted: Array.from(wanted[i]!),
    found: Array.from(decode(storages[outputs[i]!.argument]!.peek(), root.type.dtype)),
    blocks: program.kernels.reduce((n, kernel) => n + blocksIn(kernel.body), 0),
    largest: Math.max(...program.buffers.map(({ dtype, length }) => length * bytesOf(dtype))),
    temporaries: program.buffers.filter(({ place }) => place.kind === "temporary"),
  }));
}

const onThreads =
  (threads: number): Run =>
  (program, storages) =>
    nativeTier({ threads }).compile(program).run(storages, 1);
const both = (result: Tensor, run = onThreads(2)): Results => compared([result], run)[0]!;

/** As native code runs where the processor lacks instructions that the compiler names so, or where Linux refuses the tile registers. */
const without =
  (macros: readonly string[], permission?: string): Run =>
  (program, storages) => {
    const text = permission === undefined ? printC(program) : printC(program).replace(permission, "0");
    const { found } = toolchain as Extract<typeof toolchain, { available: true }>;
    const addon = build<{ run(handed: Float64Array, repeat: number): void; address(bytes: Uint8Array): number }>(
      { text },
      {
        name: "without instructions",
        toolchain: { ...found, flags: [...found.flags, ...macros.map((macro) => `-U${macro}`)], identity: macros.join() },
        cache: CodeCache.temporary("a test"),
      },
    ).finish();
    const arena = new Storage(program.arenaBytes);
    const addresses = [arena, ...storages].map(({ bytes }) => addon.address(bytes));
    addon.run(Float64Array.of(0, 1, ...addresses), 1);
  };

const blocksIn = (body: readonly Statement[]): number =>
  body.reduce((n, s) => n + (s.kind === "multiply" ? 1 : s.kind === "loop" || s.kind === "if" ? blocksIn(s.body) : 0), 0);

const close = (found: readonly number[], wanted: readonly number[], length: number): void => {
  expect(found.length).toBe(wanted.length);
  const worst = found.reduce((most, x, i) => Math.max(most, Math.abs(x - wanted[i]!)), 0);
  // Products of normal numbers, summed in f32 in some order.
  expect(worst).toBeLessThan(1e-6 * length);
};

describe.skipIf(missing !== undefined)(`products in blocks${missing === undefined ? "" : ` (${missing})`}`, () => {
  const sizes: readonly (readonly [number, number, number])[] = [
    [32, 64, 32],
    [33, 34, 47],
    [77, 129, 100],
    ...inNightly<[number, number, number][]>(
      [],
      [
        [64, 784, 96],
        [128, 100, 50],
        [256, 33, 513],
      ],
    ),
  ];
  test.for(sizes)("x · w of %i x %i x %i agrees with the reference", async ([m, k, n]) => {
    const [x, w] = [await numbers([m, k], 1), await numbers([k, n], 2)];
    const { found, wanted, blocks } = both(x.matmul(w));
    expect(blocks).toBeGreaterThan(0);
    close(found, wanted, k);
  });
  test.for(sizes)("g · wᵀ of %i x %i x %i agrees with the reference", async ([m, k, n]) => {
    const [g, w] = [await numbers([m, k], 1), await numbers([n, k], 2)];
    const { found, wanted, blocks } = both(g.contract("mk,nk->mn", w));
    expect(blocks).toBeGreaterThan(0);
    close(found, wanted, k);
  });
  test.for(sizes)("xᵀ · g of %i x %i x %i agrees with the reference", async ([m, k, n]) => {
    const [x, g] = [await numbers([k, m], 1), await numbers([k, n], 2)];
    const { found, wanted, blocks } = both(x.contract("km,kn->mn", g));
    expect(blocks).toBeGreaterThan(0);
    close(found, wanted, k);
  });

  test("a padded convolution with strides agrees with the reference, and its windows are never copied", async () => {
    const [x, kernel] = [await numbers([8, 12, 12, 32], 1), await numbers([3, 3, 32, 40], 2)];
    const geometry = { sizes: [3, 3], strides: [2, 2], dilations: [1, 1], padding: "same" } as const;
    const { found, wanted, blocks, largest } = both(convolve("convolve", x, kernel, geometry));
    expect(blocks).toBeGreaterThan(0);
    // The largest piece of memory is the picture itself, not its windows.
    expect(largest).toBeLessThanOrEqual(8 * 12 * 12 * 32 * 4);
    close(found, wanted, 9 * 32);
  });

  test("batched products and sums over two axes agree with the reference", async () => {
    const [x, y] = [await numbers([3, 40, 64], 1), await numbers([3, 64, 48], 2)];
    const batched = both(x.matmul(y));
    expect(batched.blocks).toBeGreaterThan(0);
    close(batched.found, batched.wanted, 64);
    const [a, b] = [await numbers([40, 5, 32], 3), await numbers([5, 32, 48], 4)];
    const twice = both(a.contract("mck,ckn->mn", b));
    expect(twice.blocks).toBeGreaterThan(0);
    close(twice.found, twice.wanted, 160);
  });

  test("a bias and an activation join the product, and NaN and infinity pass through it", async () => {
    const [x, w, bias] = [await numbers([64, 64], 1), await numbers([64, 64], 2), await numbers([64], 3)];
    const spoilt = x.add(
      tensor(Float32Array.from({ length: 4096 }, (_, i) => (i === 70 ? Infinity : i === 200 ? Number.NaN : 0))).reshape([64, 64]),
    );
    const { found, wanted, blocks } = both(spoilt.matmul(w).add(bias).relu());
    expect(blocks).toBe(1);
    for (const [i, value] of wanted.entries()) {
      if (Number.isFinite(value)) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-4);
      else expect(found[i]).toBe(value);
    }
  });

  test("one thread and two give the same bits", async () => {
    const [x, w] = [await numbers([256, 256], 1), await numbers([256, 256], 2)];
    expect(both(x.matmul(w), onThreads(2)).found).toEqual(both(x.matmul(w), onThreads(1)).found);
  });

  test("sums of few products aren't worth pairs: they agree with the reference all the same", async () => {
    const [x, w] = [await numbers([256, 20], 1), await numbers([20, 256], 2)];
    const { found, wanted, blocks } = both(x.matmul(w));
    expect(blocks).toBe(0);
    close(found, wanted, 20);
  });

  test("what relu let pass for a product is kept once for the gradient, as the product's bf16", async () => {
    const [batch, width] = [256, 64];
    const [x, w, v] = [await numbers([batch, width], 1), await numbers([width, width], 2), await numbers([width, width], 3)];
    const loss = ({ w, v }: NamedTensors): Tensor => x.matmul(w!).relu().matmul(v!).square().sum();
    const { grads } = valueAndGrad(loss)({ w, v });
    const results = compared([grads.w!, grads.v!], onThreads(2));
    for (const { found, wanted } of results) {
      const size = Math.max(...wanted.map(Math.abs));
      // Gradients that are rounded for the next product may come to lie on another side of a midpoint.
      close(
        found.map((g) => g / size),
        wanted.map((g) => g / size),
        5000,
      );
    }
    const whole = results[0]!.temporaries.filter(({ length, dtype }) => length === batch * width && dtype === "f32");
    // The gradient that comes back through the second product; what went forward is there as bf16 only.
    expect(whole).toHaveLength(1);
  });

  const [amx, avx] = ["__AMX_BF16__", "__AVX512BF16__"] as const;
  const machines: readonly { readonly name: string; readonly run: Run; readonly lanes?: number; readonly lacks?: string | undefined }[] = [
    { name: "where the tile registers are refused", run: without([], "syscall(158, 0x1023, 18) == 0") },
    { name: "without matrix instructions", run: without([amx]) },
    { name: "without any instruction for pairs", run: without([amx, avx]) },
    {
      name: "on an emulated ARM with bf16",
      run: (program, storages) => new EmulatedArm({ architecture: "armv8.2-a+bf16" }).compile(program).run(storages, 1),
      lanes: 4,
      lacks: noArm,
    },
  ];
  for (const { name, run, lanes, lacks } of machines) {
    test.skipIf(lacks !== undefined)(`${name}, products agree with the reference${lacks === undefined ? "" : ` (${lacks})`}`, async () => {
      const products = await Promise.all(
        sizes.map(async ([m, k, n]) => {
          const [x, w] = [await numbers([m, k], 1), await numbers([k, n], 2)];
          return [x.matmul(w), x.contract("mk,kn->nm", w), w.transpose().contract("nk,mk->mn", x), x.transpose().contract("km,kn->mn", w)];
        }),
      );
      const [image, kernel] = [await numbers([2, 7, 7, 32], 1), await numbers([3, 3, 32, 40], 2)];
      const geometry = { sizes: [3, 3], strides: [1, 1], dilations: [1, 1], padding: "valid" } as const;
      const results = compared([...products.flat(), convolve("convolve", image, kernel, geometry)], run, lanes);
      expect(results[0]!.blocks).toBeGreaterThan(products.length);
      for (const { found, wanted } of results) close(found, wanted, 784);
    });
  }
});
