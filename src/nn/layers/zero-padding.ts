import { GradsmithError } from "../../core/errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import { checkImages } from "./spatial.ts";
import { padded } from "./windowed.ts";

/** Zeros on all sides; or for each spatial axis how many on both sides, or [before, after]. */
export type PaddingWidths = number | readonly (number | readonly [before: number, after: number])[];

export interface ZeroPaddingOptions extends LayerOptions {
  /** 1 on all sides by default. */
  readonly padding?: PaddingWidths;
}

export class ZeroPadding extends Layer {
  readonly kind: string;
  readonly options: ZeroPaddingOptions;
  readonly #widths: readonly (readonly [number, number])[];

  constructor(rank: number, options: ZeroPaddingOptions = {}) {
    super();
    this.kind = `zeroPadding${rank}d`;
    this.options = options;
    this.#widths = widthsOf(this.kind, options.padding ?? 1, rank);
  }

  call(_params: Params, x: Tensor): Tensor {
    checkImages(this.kind, x.shape, this.#widths.length);
    return padded(x, this.#widths);
  }
}

function widthsOf(where: string, padding: PaddingWidths, rank: number): (readonly [number, number])[] {
  const list = typeof padding === "number" ? Array.from({ length: rank }, () => padding) : padding;
  const pairs = list.map((width): readonly number[] => (typeof width === "number" ? [width, width] : width));
  const isWhole = (width: number): boolean => Number.isInteger(width) && width >= 0;
  if (pairs.length === rank && pairs.every((pair) => pair.length === 2 && pair.every(isWhole)))
    return pairs.map(([before, after]) => [before!, after!]);
  throw new GradsmithError(
    "option",
    where,
    `padding must be a number from 0, or for each of ${rank} axes a number or [before, after], got ${JSON.stringify(padding)}.`,
  );
}

/** Zeros before and after a sequence: [batch, steps, channels] to [batch, before + steps + after, channels]. */
export const zeroPadding1d = (options: ZeroPaddingOptions = {}): ZeroPadding => new ZeroPadding(1, options);
/**
 * Zeros around images: [batch, height, width, channels].
 *
 * @example zeroPadding2d({ padding: [[0, 1], [0, 1]] })
 */
export const zeroPadding2d = (options: ZeroPaddingOptions = {}): ZeroPadding => new ZeroPadding(2, options);
/** Zeros around volumes: [batch, depth, height, width, channels]. */
export const zeroPadding3d = (options: ZeroPaddingOptions = {}): ZeroPadding => new ZeroPadding(3, options);
