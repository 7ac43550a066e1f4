import { GradsmithError } from "../../core/errors.ts";
import { showShape } from "../../core/shape.ts";
import type { Guard, Index } from "../../ir/index.ts";
import { plus, quotient, remainder, times } from "../../ir/index.ts";
import type { MovementRow } from "./define.ts";
import { everywhere, movement } from "./define.ts";

/** Sliding windows over some axes, ascending; the other lists go with `axes`. */
export interface WindowsAttributes {
  readonly axes: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}
/** The adjoint also has to know how long the axes were. */
export interface SpreadAttributes extends WindowsAttributes {
  readonly lengths: readonly number[];
}

/** How many windows of `size` taps fit into `length`. */
export const windowCount = (length: number, size: number, stride: number, dilation: number): number =>
  Math.floor((length - (size - 1) * dilation - 1) / stride) + 1;

/** Walks over the axes of the wide tensor: `one` for a plain axis, `two` for a windowed axis and the window axis right after it. */
function walk<T>(
  rank: number,
  axes: readonly number[],
  one: (wide: number, narrow: number) => T,
  two: (wide: number, narrow: number, which: number) => readonly T[],
): T[] {
  const result: T[] = [];
  let wide = 0;
  for (let narrow = 0; narrow < rank; narrow++) {
    const which = axes.indexOf(narrow);
    if (which < 0) result.push(one(wide, narrow));
    else result.push(...two(wide, narrow, which));
    wide += which < 0 ? 1 : 2;
  }
  return result;
}

/**
 * `y[.., i, k, ..] = x[.., i·stride + k·dilation, ..]`: each named axis of length n becomes an axis of windows and, right after it, one of the
 * `size` places in a window. A convolution is a contraction of this, a pooling its reduction.
 */
export const windows = movement<WindowsAttributes>("windows", {
  infer([x], { axes, sizes, strides, dilations }) {
    return walk(
      x!.shape.length,
      axes,
      (_wide, narrow) => x!.shape[narrow]!,
      (_wide, narrow, which) => {
        const length = x!.shape[narrow]!;
        const count = windowCount(length, sizes[which]!, strides[which]!, dilations[which]!);
        if (count > 0) return [count, sizes[which]!];
        const reach = (sizes[which]! - 1) * dilations[which]! + 1;
        throw new GradsmithError(
          "shape",
          "windows",
          `a window over ${reach} does not fit axis ${narrow} of ${showShape(x!.shape)}.`,
          "Pad the input, or use a smaller window.",
        );
      },
    );
  },
  source: (out, [x], { axes, strides, dilations }) =>
    everywhere(
      walk(
        x!.shape.length,
        axes,
        (wide) => out[wide]!,
        (wide, _narrow, which) => [plus(times(out[wide]!, strides[which]!), times(out[wide + 1]!, dilations[which]!))],
      ),
    ),
  vjp: (g, [x], _output, { axes, strides, dilations }) => [
    g.fold({ axes, strides, dilations, lengths: axes.map((axis) => x!.shape[axis]!) }),
  ],
});

/**
 * `y[.., i, k, ..] = x[.., (i - k·dilation) / stride, k, ..]` where that is a window, else 0: each window laid back where it was taken from,
 * still apart. Summing over the window axes makes it `fold`, the adjoint of `windows`.
 */
export const spread: MovementRow = movement<SpreadAttributes>("spread", {
  infer: ([x], { axes, lengths }) =>
    walk(
      x!.shape.length - axes.length,
      axes,
      (wide) => x!.shape[wide]!,
      (wide, _narrow, which) => [lengths[which]!, x!.shape[wide + 1]!],
    ),
  source(out, [x], { axes, strides, dilations }) {
    const guards: Guard[] = [];
    const index = walk<Index>(
      x!.shape.length - axes.length,
      axes,
      (wide) => out[wide]!,
      (wide, _narrow, which) => {
        const [stride, dilation] = [strides[which]!, dilations[which]!];
        const [position, tap] = [out[wide]!, out[wide + 1]!];
        // i - k·d = (i + k·e) - k·(d + e), with e so that the stride divides d + e and nothing negative is divided.
        const extra = (stride - (dilation % stride)) % stride;
        const raised = plus(position, times(tap, extra));
        const window = plus(quotient(raised, stride), times(tap, -(dilation + extra) / stride));
        if (stride > 1) guards.push({ index: remainder(raised, stride), min: 0, max: 0 });
        guards.push({ index: window, min: 0, max: x!.shape[wide]! - 1 });
        return [window, tap];
      },
    );
    return { cases: [{ guards, input: 0, index }], fill: 0 };
  },
  vjp: (g, _inputs, _output, attributes) => [g.record(unspread, attributes)],
});

/** `y[.., i, k, ..] = x[.., i·stride + k·dilation, k, ..]`: the adjoint of `spread`. Of a tensor that is the same for all k, it is `windows`. */
export const unspread: MovementRow = movement<SpreadAttributes>("unspread", {
  infer: ([x], { axes, strides, dilations, lengths }) =>
    walk(
      x!.shape.length - axes.length,
      axes,
      (wide) => x!.shape[wide]!,
      (wide, _narrow, which) => {
        const size = x!.shape[wide + 1]!;
        return [windowCount(lengths[which]!, size, strides[which]!, dilations[which]!), size];
      },
    ),
  source: (out, [x], { axes, strides, dilations }) =>
    everywhere(
      walk(
        x!.shape.length - axes.length,
        axes,
        (wide) => out[wide]!,
        (wide, _narrow, which) => [plus(times(out[wide]!, strides[which]!), times(out[wide + 1]!, dilations[which]!)), out[wide + 1]!],
      ),
    ),
  vjp: (g, _inputs, _output, attributes) => [g.record(spread, attributes)],
});
