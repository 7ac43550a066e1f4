import { compile, type Tensor, tensor } from "gradsmith";
import { expect, test } from "vitest";

test("sums over axes that only one operand has, beside the one that both have, by the definition", async () => {
  const [rows, columns, inner, outer] = [4, 8, 4, 4];
  const count = 2 * (2 * rows) * (2 * columns) * outer;
  const g = Array.from({ length: count }, (_, i) => (i * 7) % 5);
  const kernel = Array.from({ length: inner * outer }, (_, i) => (i % 3) - 1);
  // What comes back through a dense layer behind one that repeats each row and column twice.
  const back = compile((gradient: Tensor, w: Tensor) =>
    gradient
      .contract("abmn,kn->abmk", w)
      .reshape([2, rows, 2, columns, 2, inner])
      .sum({ axes: [2, 4] }),
  );
  const result = back(tensor(g, { shape: [2, 2 * rows, 2 * columns, outer] }), tensor(kernel, { shape: [inner, outer] }));
  const wanted = Array.from({ length: 2 * rows * columns * inner }, (_, at) => {
    const [k, m] = [at % inner, Math.floor(at / inner) % columns];
    const [b, a] = [Math.floor(at / inner / columns) % rows, Math.floor(at / inner / columns / rows)];
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      const row = (a * 2 * rows + 2 * b + (i >> 1)) * 2 * columns + 2 * m + (i & 1);
      for (let n = 0; n < outer; n++) sum += g[row * outer + n]! * kernel[k * outer + n]!;
    }
    return sum;
  });
  expect(Array.from(await result.read())).toEqual(wanted);
});
