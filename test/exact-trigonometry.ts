/** Sine, cosine and tangent of a double by their definition, in whole numbers: the right results, each rounded once. */
export interface Exact {
  readonly sin: number;
  readonly cos: number;
  readonly tan: number;
}

/** Bits after the point: of arguments, and of what is left of them after quarter turns. */
const [argumentBits, restBits] = [2500, 1300];
/** Series end with terms of so many bits less than the first. */
const seriesBits = 200;

const halfPi = ((): bigint => {
  // Machin: pi/4 = 4 arctan(1/5) - arctan(1/239).
  const spare = 20;
  const arctan = (inverse: bigint): bigint => {
    let power = (1n << BigInt(argumentBits + spare)) / inverse;
    let sum = power;
    for (let n = 3n; power !== 0n; n += 2n) {
      power /= -inverse * inverse;
      sum += power / n;
    }
    return sum;
  };
  return (8n * arctan(5n) - 2n * arctan(239n)) >> BigInt(spare);
})();

export function exactly(x: number): Exact {
  if (!Number.isFinite(x)) return { sin: Number.NaN, cos: Number.NaN, tan: Number.NaN };
  const whole = fixed(x);
  const quarter = (2n * whole + halfPi) / (2n * halfPi) - (2n * whole + halfPi < 0n ? 1n : 0n);
  const rest = (whole - quarter * halfPi) >> BigInt(argumentBits - restBits);
  const [s, c] = [series(rest, rest, 1n), series(rest, 1n << BigInt(restBits), 0n)];
  const [sin, cos] = (
    [
      [s, c],
      [c, -s],
      [-s, -c],
      [-c, s],
    ] as const
  )[Number(((quarter % 4n) + 4n) % 4n)]!;
  const zero = Object.is(x, -0) ? -0 : 0;
  return { sin: sin === 0n ? zero : toNumber(sin), cos: toNumber(cos), tan: sin === 0n ? zero : toNumber((sin << BigInt(restBits)) / cos) };
}

const words = new DataView(new ArrayBuffer(8));
function fixed(x: number): bigint {
  words.setFloat64(0, Math.abs(x));
  const bits = words.getBigUint64(0);
  const exponent = bits >> 52n;
  const mantissa = exponent === 0n ? bits : (bits & ((1n << 52n) - 1n)) | (1n << 52n);
  const size = mantissa << BigInt(argumentBits - 1074 + Math.max(0, Number(exponent) - 1));
  return x < 0 ? -size : size;
}

/** `first - first·r²/((n+1)(n+2)) + ...` */
function series(r: bigint, first: bigint, n: bigint): bigint {
  const square = (r * r) >> BigInt(restBits);
  let [term, sum, k] = [first, first, n];
  const least = (first < 0n ? -first : first) >> BigInt(seriesBits);
  while (term > least || -term > least) {
    term = -((term * square) >> BigInt(restBits)) / ((k + 1n) * (k + 2n));
    sum += term;
    k += 2n;
  }
  return sum;
}

/** Conversions of whole numbers round to the nearest; only results below 2^-1022 are rounded twice. */
function toNumber(x: bigint): number {
  const spare = Math.max(0, x.toString(16).length * 4 - 900);
  return (Number(x >> BigInt(spare)) / 2 ** 700) * 2 ** (spare - (restBits - 700));
}
