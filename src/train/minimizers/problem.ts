/** A function to be minimised, as its minimisers see it: numbers on the host. */
export interface Problem {
  readonly start: Float64Array;
  /** The value and the gradient at a place. */
  at(x: Float64Array): Promise<Point>;
  /** The value alone. */
  valueAt(x: Float64Array): Promise<number>;
}

export interface Point {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface Limits {
  readonly maxIterations: number;
  /** Converged when no component of the gradient is larger. */
  readonly tolerance: number;
}

export interface Outcome {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** From the start on, a point an iteration. */
  readonly path: readonly Visited[];
}

export interface Visited {
  readonly x: Float64Array;
  readonly value: number;
}

export const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
export const largest = (a: Float64Array): number =>
  a.reduce((most, value) => (Number.isNaN(value) ? value : Math.max(most, Math.abs(value))), 0);
/** `x + step * direction`. */
export const moved = (x: Float64Array, direction: Float64Array, step: number): Float64Array =>
  x.map((value, i) => value + step * direction[i]!);
