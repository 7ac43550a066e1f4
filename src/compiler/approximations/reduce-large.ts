import { abs, add, cast, constant, type Expr, fma, lessEqual, like, mul, round, select, sub } from "../../ir/expr.ts";
import { type Pair, pair, plus } from "./pair.ts";
import type { Reduced } from "./trigonometry.ts";

/** The first 1176 binary digits of 2/pi, as many as the largest f64 needs. */
const digits =
  "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d08560330";
/** Bits of a word, whose product with half of a double is exact. */
const wordBits = 24;
const power = (words: number): number => 2 ** (words * wordBits);
/** Words that matter: numbers below 2^78 times what comes after 9 of them is 2^-138, and no double is nearer to a quarter turn than 2^-62. */
const precision = 9;
/** pi/2 in two parts. */
const [halfPi, halfPiRest] = [1.5707963705062866, -4.3711390001862426e-8];

/**
 * A double of 2^20 or more, by multiplying it with those digits of 2/pi that say what is left after whole turns (Payne and Hanek): words before
 * them would make multiples of 4. All products are exact, so nothing changes where they are fused with sums.
 */
export function reduceLarge(x: Expr): Reduced {
  let scaled = x;
  let words: readonly Expr[] = digits.match(/.{6}/g)!.map((word) => constant(Number.parseInt(word, 16), "f64"));
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

const withoutFours = (x: Expr): Expr => fma(round(mul(x, like(x, 0.25))), like(x, -4), x);

function timesHalfPi({ high, low }: Pair): Pair {
  const upper = cast(cast(high, "f32"), "f64");
  const lower = add(sub(high, upper), low);
  return pair(mul(upper, like(high, halfPi)), fma(lower, like(high, Math.PI / 2), mul(upper, like(high, halfPiRest))));
}
