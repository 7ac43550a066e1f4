import { GradsmithError } from "../../core/errors.ts";
import { checkOptions, described } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import { layerChecks } from "./layer-checks.ts";
import { checkImages } from "./spatial.ts";
import { padded } from "./windowed.ts";

/** Zeros on all sides; or for each spatial axis how many on both sides, or [before, after]. */
export type PaddingWidths = number | readonly (number | readonly [before: number, after: number])[];

type Saved = LayerOptions & { readonly padding?: PaddingWidths | undefined };

export class ZeroPadding extends Layer<Saved> {
  override readonly kind: string;
  readonly #widths: readonly (readonly [number, number])[];

  constructor(rank: number, options: Saved = {}) {
    const kind = `zeroPadding${rank}d`;
    super(checkOptions(kind, options, { ...layerChecks, padding: (where, _name, value) => widthsOf(where, value, rank) }));
    this.kind = kind;
    this.#widths = widthsOf(kind, options.padding ?? 1, rank);
  }

  call(_params: Params, x: Tensor): Tensor {
    checkImages(this.kind, x.shape, this.#widths.length);
    return padded(x, this.#widths);
  }
}

function widthsOf(where: string, padding: unknown, rank: number): (readonly [number, number])[] {
  const list: readonly unknown[] = Array.isArray(padding) ? padding : Array.from({ length: rank }, () => padding);
  const pairs = list.map((width): readonly unknown[] => (Array.isArray(width) ? width : [width, width]));
  const isWhole = (width: unknown): boolean => Number.isSafeInteger(width) && (width as number) >= 0;
  if (pairs.length === rank && pairs.every((pair) => pair.length === 2 && pair.every(isWhole)))
    return pairs as unknown as (readonly [number, number])[];
  throw new GradsmithError(
    "option",
    where,
    `padding must be a number from 0, or for each of ${rank} axes a number or [before, after], got ${described(padding)}.`,
  );
}

const zeroPadding = (rank: number, padding: PaddingWidths, options: LayerOptions): ZeroPadding =>
  new ZeroPadding(rank, byPlace(`zeroPadding${rank}d`, { padding }, options));

/**
 * Zeros before and after a sequence, one each by default or [[before, after]]: [batch, steps, channels] to
 * [batch, before + steps + after, channels].
 *
 * @example zeroPadding1d([[2, 0]])
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const zeroPadding1d = (padding: PaddingWidths = 1, options: LayerOptions = {}): ZeroPadding => zeroPadding(1, padding, options);

/**
 * Zeros around images, one on each side by default: [batch, height, width, channels] to
 * [batch, top + height + bottom, left + width + right, channels].
 *
 * @example zeroPadding2d(2), zeroPadding2d([[0, 1], [0, 1]])
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const zeroPadding2d = (padding: PaddingWidths = 1, options: LayerOptions = {}): ZeroPadding => zeroPadding(2, padding, options);

/**
 * Zeros around volumes, one on each side by default: [batch, depth, height, width, channels], as `zeroPadding2d` with one more axis.
 *
 * @example zeroPadding3d(1)
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const zeroPadding3d = (padding: PaddingWidths = 1, options: LayerOptions = {}): ZeroPadding => zeroPadding(3, padding, options);
