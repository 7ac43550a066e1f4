/**
 * The error function `2/sqrt(pi) · integral of exp(-t²) from 0 to x`, to a relative 3e-16: Taylor's series below 1, and above it the continued
 * fraction of erfc (Abramowitz and Stegun 7.1.5 and 7.1.14). Slow and exact: targets use `compiler/approximations`.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size >= 6) return Math.sign(x);
  return size < 1 ? nearZero(x) : Math.sign(x) * (1 - tail(size));
}

/** 2/sqrt(pi) - 1: the part of the slope at 0 that is added to x itself, so that only the last addition rounds visibly. */
const slope = 0.12837916709551256;

function nearZero(x: number): number {
  const square = x * x;
  let power = 1;
  let sum = 0;
  for (let n = 1; n < 25; n++) {
    power *= -square / n;
    sum += power / (2 * n + 1);
  }
  return x + x * (slope + (1 + slope) * sum);
}

/** erfc(x) = exp(-x²)/sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...)))). */
function tail(x: number): number {
  let fraction = x;
  for (let n = 200; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
