/** A permutation of 0 .. n-1 from n random words: for i = n-1 .. 1, swap i with bits[i] mod (i + 1). */
export function shuffle(bits: Float64Array): Float64Array {
  const order = Float64Array.from(bits, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = bits[i]! % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
