/** How far numbers are from those wanted, as a part of what those typically are: typically, and at worst. */
export function relativeErrors(got: ArrayLike<number>, want: ArrayLike<number>): { typical: number; worst: number } {
  const size = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0) / values.length);
  const errors = Array.from(want, (value, i) => Math.abs(value - got[i]!));
  return { typical: size(errors) / size(want), worst: errors.reduce((most, error) => Math.max(most, error), 0) / size(want) };
}
