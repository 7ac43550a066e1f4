import { GradsmithError } from "../../core/errors.ts";
import { showShape } from "../../core/shape.ts";
import type { Guard, Index } from "../../ir/index.ts";
import { fixed, offset, quotient, remainder, times } from "../../ir/index.ts";
import { everywhere, movement } from "./define.ts";

export interface SliceAttributes {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}
export interface PadAttributes {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Elements lie this far apart in the result; 1 leaves no gaps. */
  readonly spacing: readonly number[];
  readonly value: number;
}
export interface ConcatAttributes {
  readonly axis: number;
}

/** `sizes[i]` elements of axis i, from `starts[i]`, `strides[i]` apart. */
export const slice = movement<SliceAttributes>("slice", {
  infer([x], { starts, sizes, strides }) {
    x!.shape.forEach((length, axis) => {
      const [start, size] = [starts[axis]!, sizes[axis]!];
      const last = start + Math.max(0, size - 1) * strides[axis]!;
      if (start >= 0 && size >= 0 && (size === 0 ? start <= length : last < length)) return;
      throw new GradsmithError(
        "shape",
        "slice",
        `${size} elements from ${start}${strides[axis] === 1 ? "" : ` in steps of ${strides[axis]}`} do not fit axis ${axis} of ${showShape(x!.shape)}.`,
        "Ask for fewer, or start earlier.",
      );
    });
    return sizes;
  },
  source: (out, _inputs, { starts, strides }) => everywhere(out.map((index, axis) => offset(times(index, strides[axis]!), starts[axis]!))),
  vjp(g, [x], _output, { starts, sizes, strides }) {
    const reach = sizes.map((size, axis) => (size === 0 ? 0 : (size - 1) * strides[axis]! + 1));
    const after = reach.map((length, axis) => x!.shape[axis]! - starts[axis]! - length);
    return [
      g.pad(
        starts.map((start, axis) => [start, after[axis]!]),
        { spacing: strides },
      ),
    ];
  },
});

/** `value` around the elements, and between them where `spacing` is more than 1. */
export const pad = movement<PadAttributes>("pad", {
  infer: ([x], { before, after, spacing }) =>
    x!.shape.map((length, axis) => before[axis]! + (length === 0 ? 0 : (length - 1) * spacing[axis]! + 1) + after[axis]!),
  source(out, [x], { before, after, spacing, value }) {
    const guards: Guard[] = [];
    const index = out.map((position, axis): Index => {
      const inner = offset(position, -before[axis]!);
      const step = spacing[axis]!;
      const length = x!.shape[axis]!;
      const reach = length === 0 ? 0 : (length - 1) * step + 1;
      if (before[axis] !== 0 || after[axis] !== 0) guards.push({ index: inner, min: 0, max: reach - 1 });
      if (step === 1) return inner;
      // A multiple of the step is added to keep what is divided from being negative.
      const shift = Math.ceil(before[axis]! / step);
      const raised = offset(inner, shift * step);
      guards.push({ index: remainder(raised, step), min: 0, max: 0 });
      return offset(quotient(raised, step), -shift);
    });
    return { cases: [{ guards, input: 0, index }], fill: value };
  },
  vjp: (g, [x], _output, { before, spacing }) => [g.slice(before, x!.shape, { strides: spacing })],
});

/** The inputs one after the other along `axis`. */
export const concat = movement<ConcatAttributes>("concat", {
  infer(inputs, { axis }) {
    const first = inputs[0]!.shape;
    for (const { shape } of inputs) {
      if (shape.length === first.length && shape.every((length, i) => i === axis || length === first[i])) continue;
      throw new GradsmithError(
        "shape",
        "concat",
        `${showShape(first)} and ${showShape(shape)} differ off axis ${axis}.`,
        "Only the joined axis may differ.",
      );
    }
    return first.map((length, i) => (i === axis ? inputs.reduce((total, { shape }) => total + shape[axis]!, 0) : length));
  },
  source(out, inputs, { axis }) {
    let begin = 0;
    const cases = inputs.map(({ shape }, input) => {
      const local = offset(out[axis]!, -begin);
      begin += shape[axis]!;
      const place = shape[axis] === 1 ? fixed(0) : local;
      return {
        guards: [{ index: local, min: 0, max: shape[axis]! - 1 }],
        input,
        index: out.map((index, i) => (i === axis ? place : index)),
      };
    });
    return { cases, fill: 0 };
  },
  vjp(g, inputs, _output, { axis }) {
    let begin = 0;
    return inputs.map(({ shape }) => {
      const starts = shape.map((_, i) => (i === axis ? begin : 0));
      begin += shape[axis]!;
      return g.slice(starts, shape);
    });
  },
});
