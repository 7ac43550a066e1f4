import { scan } from "../autodiff/scan.ts";
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import { arange, zeros } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * A random matrix with orthonormal rows (or columns, if it has more rows than columns), uniformly distributed among them; all axes but the last
 * are the rows (Saxe et al., 2013).
 */
export function orthogonal(shape: Shape, key: Tensor): Tensor {
  const columns = shape[shape.length - 1]!;
  const rows = sizeOf(shape.slice(0, -1));
  const [few, many] = rows <= columns ? [rows, columns] : [columns, rows];
  const matrix = orthonormalRows(random.normal([few, many], { key }));
  return (rows <= columns ? matrix : matrix.transpose()).reshape(shape);
}

/** Gram and Schmidt's rows, one after the other; what rounding leaves of the earlier ones is taken away a second time. */
function orthonormalRows(matrix: Tensor): Tensor {
  const [rows, columns] = matrix.shape as readonly [number, number];
  const step = (done: Tensor, { row, place }: { row: Tensor; place: Tensor }): { carry: Tensor; y: undefined } => {
    const without = (v: Tensor): Tensor => v.sub(done.contract("rc,c->r", v).contract("r,rc->c", done));
    const rest = without(without(row));
    const unit = rest.div(rest.square().sum().sqrt());
    const isHere = arange(rows).equal(place).expandDims(1);
    return { carry: isHere.where(unit, done), y: undefined };
  };
  return scan(step, zeros([rows, columns]), { xs: { row: matrix, place: arange(rows) } }).carry;
}
