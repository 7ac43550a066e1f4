import { abs, add, cast, constant, type Expr, fma, lessEqual, like, mul, round, select, sub } from "../../ir/expr.ts";
import { type Pair, pair, plus } from "./pair.ts";
import type { Reduced } from "./trigonometry.ts";

/** Bits of a word, whose product with half of a double is exact. */
const wordBits = 24;
/** As many as the largest double needs. */
const wordCount = 49;
const power = (words: number): number => 2 ** (words * wordBits);
/** Words that matter: numbers below 2^78 times what comes after 9 of them is 2^-138, and no double is nearer to a quarter turn than 2^-62. */
const precision = 9;
/** pi/2 in two parts. */
const [halfPi, halfPiRest] = [1.5707963705062866, -4.3711390001862426e-8];

/**
 * A large double, by multiplying it with those words of 2/pi that say what is left after whole turns (Payne and Hanek): words before
 * them would make multiples of 4. All products are exact, so nothing changes where they are fused with sums.
 */
export function reduceLarge(x: Expr): Reduced {
  let scaled = x;
  let words: readonly Expr[] = digits().map((word) => constant(word, "f64"));
  for (const step of [32, 16, 8, 4, 2, 1]) {
    const isFar = lessEqual(like(x, power(step) * 2 ** 54), abs(scaled));
    scaled = select(isFar, mul(scaled, like(x, power(-step))), scaled);
    words = words.map((word, i) => select(isFar, words[i + step] ?? word, word));
  }
  const upper = cast(cast(scaled, "f32"), "f64");
  const halves = [upper, sub(scaled, upper)];
  let turns = like(x, 0);
  let rest: Pair = { high: turns, low: turns };
  for (const [i, word] of words.slice(0, precision).entries()) {
    for (const half of halves) rest = plus(rest, withoutFours(mul(half, mul(word, like(x, power(-1 - i))))));
    const whole = round(rest.high);
    turns = add(turns, whole);
    rest = pair(sub(rest.high, whole), rest.low);
  }
  return { rest: timesHalfPi(rest), quarter: cast(turns, "i32") };
}

/** The words of 2/pi after the point, with pi by Machin's formula: computing them takes a millisecond, and half the bytes of a table. */
function digits(): number[] {
  const spare = 64;
  const one = 1n << BigInt(wordCount * wordBits + spare);
  const arctan = (inverse: bigint): bigint => {
    let [power, sum] = [one / inverse, 0n];
    for (let n = 1n; power !== 0n; n += 2n) {
      sum += power / n;
      power /= -inverse * inverse;
    }
    return sum;
  };
  const quotient = (one * one) / (8n * arctan(5n) - 2n * arctan(239n));
  return Array.from({ length: wordCount }, (_, i) =>
    Number(BigInt.asUintN(wordBits, quotient >> BigInt(spare + wordBits * (wordCount - 1 - i)))),
  );
}

const withoutFours = (x: Expr): Expr => fma(round(mul(x, like(x, 0.25))), like(x, -4), x);

function timesHalfPi({ high, low }: Pair): Pair {
  const upper = cast(cast(high, "f32"), "f64");
  const lower = add(sub(high, upper), low);
  return pair(mul(upper, like(high, halfPi)), fma(lower, like(high, Math.PI / 2), mul(upper, like(high, halfPiRest))));
}
