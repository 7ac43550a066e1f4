/** The positions `sum of index[axis] · strides[axis]` for all indices of `shape`, in row-major order. */
export function offsets(shape: readonly number[], strides: readonly number[]): Int32Array {
  let positions = new Int32Array(1);
  shape.forEach((extent, axis) => {
    const finer = new Int32Array(positions.length * extent);
    for (let p = 0; p < positions.length; p++) {
      for (let i = 0; i < extent; i++) finer[p * extent + i] = positions[p]! + i * strides[axis]!;
    }
    positions = finer;
  });
  return positions;
}
