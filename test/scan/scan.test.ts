import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { scan } from "../../src/autodiff/scan.ts";
import { nativeAvailability, nativeTier } from "../../src/backends/cpu/native.ts";
import { Storage, storageFrom } from "../../src/backends/cpu/storage.ts";
import type { Tier } from "../../src/backends/cpu/tier.ts";
import { wasmTier } from "../../src/backends/cpu/wasm.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import { compile } from "../../src/compiler/compile.ts";
import { bytesOf } from "../../src/core/dtype.ts";
import { decode } from "../../src/core/encoding.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { Node } from "../../src/ir/graph.ts";
import { topological } from "../../src/ir/graph.ts";
import { showProgram } from "../../src/ir/print.ts";
import type { Call } from "../../src/ir/program.ts";
import { eachCall, isRepeat } from "../../src/ir/program.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { arange, full, zeros } from "../../src/tensor/create.ts";
import { inputNode } from "../../src/tensor/ops/source.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { distance } from "../contract/evaluated.ts";
import { nightly } from "../nightly.ts";

/** Numbers in (-1, 1), the same in every run (Park and Miller's generator). */
function numbers(seed: number): () => number {
  let state = (seed * 7919 + 17) % 2147483647;
  return () => {
    state = (state * 16807) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  };
}

const backends: readonly Tier[] = [wasmTier({ relaxedSimd: false }), ...(nativeAvailability().available ? [nativeTier()] : [])];
const slot = (place: number, shape: readonly number[], dtype: "f32" | "f64" = "f32"): Tensor =>
  new Tensor(inputNode(place, { dtype, shape }));

const inputsOf = (roots: readonly Node[]): Node[] =>
  topological(roots).filter((node) => node.op.kind === "source" && (node.op.from === "input" || node.op.from === "literal"));

/** The values of tensors over inputs filled with the seed's numbers, by the reference. */
function byReference(tensors: readonly Tensor[], data: ReadonlyMap<Node, Float64Array>): number[][] {
  return evaluateGraph(
    tensors.map((t) => t.node),
    (node) => data.get(node)!,
  ).map((values) => [...values]);
}

function fill(tensors: readonly Tensor[], seed: number): Map<Node, Float64Array> {
  const next = numbers(seed);
  const inputs = inputsOf(tensors.map((t) => t.node));
  return new Map(inputs.map((node) => [node, Float64Array.from({ length: sizeOf(node.type.shape) }, next)]));
}

function compiledOn(backend: Tier, tensors: readonly Tensor[], data: ReadonlyMap<Node, Float64Array>, fusion = true): number[][] {
  const roots = tensors.map((t) => t.node);
  const inputs = inputsOf(roots);
  const { program, outputs } = compile({ name: "scan", inputs, outputs: roots }, backend.target, { fusion });
  verifyProgram(program, { basicOnly: backend.target.limits.expandTranscendentals });
  const storages = program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = program.buffers[buffer]!;
    return i < inputs.length ? storageFrom(data.get(inputs[i]!)!, { dtype, shape: [length] }) : new Storage(length * bytesOf(dtype));
  });
  backend.compile(program).run(storages, 2);
  return outputs.map(({ argument }, i) => {
    const bytes = storages[argument]!.peek();
    return [...decode(bytes, roots[i]!.type.dtype).slice(0, sizeOf(roots[i]!.type.shape))];
  });
}

/** Every backend, fused and not, gives the reference's values; where a C compiler takes its time for each, not fused by night only. */
function check(tensors: readonly Tensor[], seed = 1, tolerance = 3e-5): void {
  const data = fill(tensors, seed);
  const want = byReference(tensors, data);
  for (const backend of backends) {
    for (const fusion of backend.name === "wasm" || nightly ? [true, false] : [true]) {
      for (const [i, got] of compiledOn(backend, tensors, data, fusion).entries()) {
        expect(distance(got, want[i]!), `result ${i} on ${backend.name}, ${fusion ? "fused" : "not fused"}`).toBeLessThan(tolerance);
      }
    }
  }
}

const [turns, batch, features, units] = [5, 3, 4, 6] as const;
interface Carry {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly count: Tensor;
}
interface Given {
  readonly xs: Tensor;
  readonly w: Tensor;
  readonly v: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
}

/** A body of random operations on two float carries, a counter, a row and two constants. */
function randomBody(seed: number, { w, v }: Given): (carry: Carry, x: Tensor) => { carry: Carry; y: { p: Tensor; q: Tensor } } {
  return ({ a, b, count }, x) => {
    const next = numbers(seed);
    const choose = <T>(options: readonly T[]): T => options[Math.floor(((next() + 1) / 2) * options.length) % options.length]!;
    const pool = [
      a,
      b.broadcastTo([batch, units]),
      x.matmul(w),
      a.matmul(v.tanh()),
      x.sum({ axis: 1, keepDims: true }).broadcastTo([batch, units]),
    ];
    for (let i = 0; i < 5; i++) {
      const [p, q] = [choose(pool), choose(pool)];
      pool.push(
        choose([
          () => p.add(q).mul(0.5),
          () => p.mul(q).tanh(),
          () => p.sigmoid().mul(q),
          () => p.greater(0).where(p, q.mul(0.2)),
          () => p.matmul(v),
          () => p.sub(p.mean({ axis: 0, keepDims: true })),
          () => p.flip(1).add(count.cast(p.dtype).mul(0.1)),
          () => p.slice([0, 0], [batch, 3]).concat(q.slice([0, 1], [batch, 3]), { axis: 1 }),
        ])(),
      );
    }
    const carry = choose([
      () => ({ a: choose(pool).tanh(), b: choose(pool).mean({ axis: 0 }).tanh() }),
      () => ({ a: a.add(choose(pool)).tanh(), b }),
      () => ({ a: choose(pool).sin(), b: a.sum({ axis: 0 }).sin() }),
    ])();
    return { carry: { ...carry, count: count.add(1) }, y: { p: choose([carry.a, a, choose(pool)]), q: choose([x, b, choose(pool), w]) } };
  };
}

const givenOf = (dtype: "f32" | "f64"): Given => ({
  xs: slot(0, [turns, batch, features], dtype),
  w: slot(1, [features, units], dtype),
  v: slot(2, [units, units], dtype),
  a: slot(3, [batch, units], dtype),
  b: slot(4, [units], dtype),
});

type Results = { readonly last: Carry; readonly p: Tensor; readonly q: Tensor };

function scanned(seed: number, given: Given): Results {
  const init = { a: given.a, b: given.b, count: zeros([], { dtype: "i32" }) };
  const { carry, ys } = scan(randomBody(seed, given), init, { xs: given.xs, reverse: seed % 2 === 1 });
  return { last: carry, ...ys };
}

function unrolled(seed: number, given: Given): Results {
  let carry: Carry = { a: given.a, b: given.b, count: zeros([], { dtype: "i32" }) };
  const rows: { p: Tensor; q: Tensor }[] = [];
  const order = Array.from({ length: turns }, (_, t) => t);
  for (const t of seed % 2 === 1 ? order.reverse() : order) {
    const result = randomBody(seed, given)(carry, given.xs.get(t));
    carry = result.carry;
    rows[t] = result.y;
  }
  const stacked = (name: "p" | "q"): Tensor => rows[0]![name].stack(rows.slice(1).map((row) => row[name]));
  return { last: carry, p: stacked("p"), q: stacked("q") };
}

/** One number that depends on all results, and its gradients. */
function lossAndGradients(results: (given: Given) => Results, given: Given): Tensor[] {
  const loss = (tree: Given): Tensor => {
    const { last, p, q } = results(tree);
    return last.a.square().sum().add(last.b.mul(3).sum()).add(p.sin().sum()).add(q.mul(q).mean());
  };
  const { value, grads } = valueAndGrad(loss)(given);
  return [value, grads.xs, grads.w, grads.v, grads.a, grads.b];
}

const seeds = Array.from({ length: 12 }, (_, i) => i);

describe("scan", () => {
  it.each(seeds)("of random body %i agrees with the unrolled graph on the reference", (seed) => {
    const given = givenOf("f64");
    const [loop, straight] = [scanned(seed, given), unrolled(seed, given)];
    const list = ({ last, p, q }: Results): Tensor[] => [last.a, last.b, last.count, p, q];
    const data = fill([...Object.values(given)], seed);
    const want = byReference(list(straight), data);
    for (const [i, got] of byReference(list(loop), data).entries()) expect(distance(got, want[i]!), `result ${i}`).toBeLessThan(1e-12);
  });

  it.each(seeds)("of random body %i has the gradients of the unrolled graph", (seed) => {
    const given = givenOf("f64");
    const data = fill([...Object.values(given)], seed);
    const want = byReference(
      lossAndGradients((tree) => unrolled(seed, tree), given),
      data,
    );
    const got = byReference(
      lossAndGradients((tree) => scanned(seed, tree), given),
      data,
    );
    for (const [i, values] of got.entries()) expect(distance(values, want[i]!), `gradient ${i}`).toBeLessThan(1e-10);
  });

  it.each(seeds)("of random body %i is compiled to what the reference says, with its gradients", (seed) => {
    const given = givenOf("f32");
    const { last, p, q } = scanned(seed, given);
    check([last.a, last.b, last.count, p, q], seed);
    check(
      lossAndGradients((tree) => scanned(seed, tree), given),
      seed,
      1e-4,
    );
  });

  it("has the gradients finite differences give", () => {
    const given = givenOf("f64");
    const [value, ...gradients] = lossAndGradients((tree) => scanned(4, tree), given);
    const data = fill([value!], 4);
    const inputs = [given.xs, given.w, given.v, given.a, given.b];
    const found = byReference(gradients, data);
    for (const [i, input] of inputs.entries()) {
      const values = data.get(input.node);
      if (values === undefined) continue;
      const place = values.length - 1;
      const at = (change: number): number => {
        const moved = Float64Array.from(values, (x, k) => (k === place ? x + change : x));
        return byReference([value!], new Map([...data, [input.node, moved]]))[0]![0]!;
      };
      expect(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - found[i]![place]!), `input ${i}`).toBeLessThan(1e-6);
    }
  });

  it("has second derivatives, those of the unrolled graph", () => {
    const given = givenOf("f64");
    const second = (results: (tree: Given) => Results): Tensor[] => {
      const penalty = (tree: Given): Tensor =>
        lossAndGradients(results, tree)
          .slice(1)
          .reduce((sum, g) => sum.add(g.square().sum()), zeros([], { dtype: "f64" }));
      const { value, grads } = valueAndGrad(penalty)(given);
      return [value, grads.xs, grads.w, grads.v, grads.a];
    };
    const data = fill([...Object.values(given)], 2);
    const want = byReference(
      second((tree) => unrolled(2, tree)),
      data,
    );
    for (const [i, got] of byReference(
      second((tree) => scanned(2, tree)),
      data,
    ).entries()) {
      expect(distance(got, want[i]!), `derivative ${i}`).toBeLessThan(1e-9);
    }
  });

  it("of one turn, of a carry that stays, of carries that change places", () => {
    const xs = slot(0, [1, 4]);
    check([scan((sum: Tensor, x: Tensor) => ({ carry: sum.add(x), y: sum }), zeros([4]), { xs }).carry]);
    const [a, b] = [slot(1, [4]), slot(2, [4])];
    const swap = scan(([p, q]: readonly [Tensor, Tensor]) => ({ carry: [q, p] as const, y: [p, p.add(q)] }), [a, b] as const, {
      length: 3,
    });
    check([...swap.carry, ...swap.ys]);
    const still = scan((p: Tensor) => ({ carry: p, y: [p, full([2], 7), b.mul(2)] }), a, { length: 3 });
    check([still.carry, ...still.ys]);
  });

  it("inside a scan, with gradients", () => {
    const [xs, w, h] = [slot(0, [4, 3, 5]), slot(1, [5, 5]), slot(2, [5])];
    const outer = (tree: { xs: Tensor; w: Tensor; h: Tensor }): readonly [Tensor, Tensor] => {
      const { carry, ys } = scan(
        (state: Tensor, rows: Tensor) => {
          const inner = scan(
            (s: Tensor, x: Tensor) => {
              const n = s.add(x).dot(tree.w).tanh();
              return { carry: n, y: n.mul(x) };
            },
            state.mul(0.5),
            { xs: rows },
          );
          return { carry: inner.carry, y: inner.ys.sum({ axis: 0 }).add(state) };
        },
        tree.h,
        { xs: tree.xs },
      );
      return [carry.sum().add(ys.square().sum()), ys];
    };
    const { value, aux, grads } = valueAndGrad(outer, { hasAux: true })({ xs, w, h });
    check([value, aux, grads.xs, grads.w, grads.h], 3, 1e-4);
  });

  it("counts with integers and gathers inside its body", () => {
    const table = slot(0, [7, 3]);
    const { carry, ys } = scan(
      (place: Tensor, x: Tensor) => ({ carry: place.mul(3).mod(7), y: table.gather(place).mul(x) }),
      full([], 1, { dtype: "i32" }),
      { xs: arange(6).cast("f32") },
    );
    check([carry, ys]);
  });

  it("leaves out a product of zeros at first and one for a further turn at last, with the reference's values", () => {
    const products = (first: Tensor, turns: number): number => {
      const [xs, w] = [slot(0, [turns, 4, 8]), slot(1, [8, 16])];
      const { value, grads } = valueAndGrad((tree: { xs: Tensor; w: Tensor }) => {
        const { carry, ys } = scan(
          (h: Tensor, x: Tensor) => {
            const [candidate, gate] = h.matmul(tree.w).split(2, { axis: -1 }) as [Tensor, Tensor];
            const next = candidate.add(x).tanh().mul(gate.sigmoid());
            return { carry: next, y: next };
          },
          first,
          { xs: tree.xs },
        );
        return carry.sum().add(ys.square().sum());
      })({ xs, w });
      check([value, grads.xs, grads.w], 3, 1e-4);
      const roots = [value.node, grads.xs.node, grads.w.node];
      const { program } = compile({ name: "scan", inputs: inputsOf(roots), outputs: roots }, backends[0]!.target);
      const isProduct = ({ kernel }: Call): boolean => /^contract\w*_4x(8|16)/.test(program.kernels[kernel]!.name);
      return eachCall(program.calls).reduce((sum, { call, times }) => sum + (isProduct(call) ? times : 0), 0);
    };
    for (const turns of [2, 3, 6]) {
      expect(products(full([4, 8], 0), turns)).toBe(2 * turns - 2);
      expect(products(full([4, 8], 1), turns)).toBe(2 * turns - 1);
      expect(products(slot(2, [4, 8]), turns)).toBe(2 * turns - 1);
    }
    expect(products(full([4, 8], 0), 1)).toBe(2);
  });

  it("transposes a constant of its body once, before all turns, where that is paid for by them", () => {
    const transposes = (turns: number): string[] => {
      const [first, kernel] = [slot(0, [4, 64]), slot(1, [64, 64])];
      const { grads } = valueAndGrad((w: Tensor) => {
        const { carry } = scan((h: Tensor) => ({ carry: h.matmul(w).mul(0.1).tanh(), y: h.sum() }), first, { length: turns });
        return carry.sum();
      })(kernel);
      check([grads]);
      const { program } = compile({ name: "scan", inputs: inputsOf([grads.node]), outputs: [grads.node] }, backends[0]!.target);
      const nameOf = (call: Call): string => program.kernels[call.kernel]!.name;
      const inLoops = program.calls.filter(isRepeat).flatMap(({ calls }) => eachCall(calls).map(({ call }) => nameOf(call)));
      expect(inLoops.filter((name) => name.startsWith("keep"))).toEqual([]);
      return program.calls.flatMap((step) => (isRepeat(step) ? [] : [nameOf(step)])).filter((name) => name.startsWith("keep"));
    };
    expect(transposes(20)).toEqual(["keep_64x64"]);
    expect(transposes(5)).toEqual([]);
  });

  it("of a thousand turns has the kernels of ten, and hardly more text", () => {
    const [few, many] = [10, 1000].map((length) => {
      const given = { ...givenOf("f32"), xs: slot(0, [length, batch, features]) };
      const roots = lossAndGradients((tree) => scanned(3, tree), given).map((t) => t.node);
      const { program } = compile({ name: "scan", inputs: inputsOf(roots), outputs: roots }, backends[0]!.target);
      return { kernels: program.kernels.length, text: showProgram(program).length };
    });
    expect(many!.kernels).toBe(few!.kernels);
    expect(many!.text).toBeLessThan(1.2 * few!.text);
  });

  it("says what is wrong with its carry and its rows", () => {
    const body = (sum: Tensor, x: Tensor): { carry: Tensor; y: Tensor } => ({ carry: sum.add(x), y: sum });
    expect(() => scan(body, zeros([]), { xs: zeros([3, 2]) })).toThrow(
      "[scan] part 0 of the carry was f32 [] and comes back as f32 [2]. A carry keeps its types from turn to turn.",
    );
    expect(() => scan(body, zeros([]))).toThrow("[scan] there are no xs to count turns by. Give xs, or a length.");
    expect(() =>
      scan((c: Tensor, x: readonly Tensor[]) => ({ carry: c.add(x[0]!), y: c }), zeros([]), { xs: [zeros([3]), zeros([4])] }),
    ).toThrow("[scan] the xs have 3 rows in one place and 4 in another. Give all of them the same first axis.");
  });
});
