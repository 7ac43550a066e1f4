/** Round numbers along an axis, and how to write them. */
export interface Ticks {
  readonly values: readonly number[];
  readonly labels: readonly string[];
}

/**
 * Between 2 and about `count` multiples of 1, 2, 2.5 or 5 times a power of ten that enclose [low, high].
 * After Heckbert, "Nice numbers for graph labels", Graphics Gems (1990).
 */
export function niceTicks(low: number, high: number, count: number): Ticks {
  const [from, to] = widen(low, high);
  const step = niceStep((to - from) / Math.max(1, count - 1));
  const first = Math.floor(from / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(to / step - 1e-9));
  const values = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { values, labels: values.map((value) => tickLabel(value, step, Math.max(Math.abs(from), Math.abs(to)))) };
}

/** An axis needs a length, and more of it than rounding can blur. */
function widen(low: number, high: number): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-8) return [low, high];
  const margin = size === 0 ? 1 : size * 0.1;
  return [low - margin, high + margin];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((nice) => nice * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function tickLabel(value: number, step: number, largest: number): string {
  const power = Math.floor(Math.log10(step) + 1e-9);
  const half = Math.abs(step / 10 ** power - 2.5) < 1e-6 ? 1 : 0;
  if (value === 0 || Math.abs(value) < step / 2) return largest >= 1e6 || largest < 1e-4 ? "0" : (0).toFixed(Math.max(0, half - power));
  if (largest < 1e6 && largest >= 1e-4) return value.toFixed(Math.max(0, half - power));
  const digits = Math.floor(Math.log10(Math.abs(value)) + 1e-9) - power + half;
  return value.toExponential(Math.max(0, Math.min(12, digits))).replace("e+", "e");
}
