import { choose } from "../core/checks.ts";
import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import { showShape } from "../core/shape.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Pixels as `ImageData` has them: red, green, blue and opacity from 0 to 255, row by row. */
export interface Pixels {
  /** Four bytes a pixel. */
  readonly data: Uint8ClampedArray;
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
}

/** A canvas of a page or of a worker. */
export interface PixelCanvas {
  /** Pixels across. */
  width: number;
  /** Pixels down. */
  height: number;
  /** Gives what draws on it. */
  getContext(kind: "2d", options?: { readonly willReadFrequently?: boolean }): unknown;
}

/** What pixels can be taken of: a canvas, ImageData or what looks like it, an image element, a bitmap, a video or one of its frames. */
export type PixelSource = Pixels | PixelCanvas | object;

/** The options of `fromPixels`. */
export interface FromPixelsOptions {
  /** 1 is grey, by Rec. 601's weights as in Pillow; 3, the default, leaves opacity out; 4 has it. */
  readonly channels?: 1 | 3 | 4;
}

interface Context {
  getImageData(x: number, y: number, width: number, height: number): Pixels;
  putImageData(pixels: unknown, x: number, y: number): void;
  drawImage(source: unknown, x: number, y: number): void;
}

const channelCounts: Readonly<Record<string, 1 | 3 | 4>> = { 1: 1, 3: 3, 4: 4 };
const checks: OptionChecks<FromPixelsOptions> = {
  channels(where, name, value) {
    if (value === 1 || value === 3 || value === 4) return value;
    return choose(where, name, (typeof value === "number" ? String(value) : value) as string, channelCounts);
  },
};

/**
 * The pixels of a picture as they are now: u8 [height, width, channels], from 0 to 255.
 *
 * @throws GradsmithError "data" for what has no pixels, isn't loaded yet, or comes from another origin that doesn't allow it.
 * @example const image = (await fromPixels(canvas, { channels: 1 })).cast("f32").div(255);
 */
export async function fromPixels(source: PixelSource, options: FromPixelsOptions = {}): Promise<Tensor> {
  const { channels = 3 } = checkOptions("fromPixels", options, checks);
  const { data, width, height } = pixelsOf(source);
  return tensor(withChannels(data, channels), { shape: [height, width, channels], transfer: true });
}

/**
 * Draws a tensor on a canvas, which takes its size, and gives the pixels; without a canvas it only gives them. The tensor is [height, width] or
 * [height, width, channels] with 1, 3 or 4 channels: floats from 0 to 1, or whole numbers from 0 to 255; what lies outside is cut off.
 *
 * @throws GradsmithError "shape" for another shape, "data" for a canvas that can't be drawn on.
 * @example await toPixels(image, document.querySelector("canvas"));
 */
export async function toPixels(image: Tensor, canvas?: PixelCanvas): Promise<Pixels> {
  const [height, width, channels = 1] = image.shape;
  if (image.rank < 2 || image.rank > 3 || ![1, 3, 4].includes(channels))
    throw new GradsmithError(
      "shape",
      "toPixels",
      `a tensor of shape ${showShape(image.shape)} is not a picture.`,
      "Give [height, width], or [height, width, channels] with 1, 3 or 4 channels.",
    );
  const scale = isFloat(image.dtype) || image.dtype === "bool" ? 255 : 1;
  const pixels = imageData(painted(await image.read(), channels, scale), width!, height!);
  if (canvas !== undefined) {
    [canvas.width, canvas.height] = [width!, height!];
    contextOf("toPixels", canvas).putImageData(pixels, 0, 0);
  }
  return pixels;
}

function pixelsOf(source: PixelSource | null | undefined): Pixels {
  if (typeof source !== "object" || source === null) throw withoutPixels(source);
  if (isPixels(source)) return source;
  if (isCanvas(source)) return readable(() => contextOf("fromPixels", source).getImageData(0, 0, source.width, source.height));
  const [width, height] = sizeOf(source);
  const canvas = newCanvas(width, height);
  const context = contextOf("fromPixels", canvas);
  return readable(() => {
    context.drawImage(source, 0, 0);
    return context.getImageData(0, 0, width, height);
  });
}

function isPixels(source: PixelSource): source is Pixels {
  const { data, width, height } = source as { readonly data?: unknown; readonly width?: number; readonly height?: number };
  if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array)) return false;
  if (data.length === 4 * width! * height!) return true;
  throw new GradsmithError("data", "fromPixels", `${data.length} bytes are not ${width} x ${height} pixels of four.`);
}

const isCanvas = (source: PixelSource): source is PixelCanvas => typeof (source as Partial<PixelCanvas>).getContext === "function";

/** Of a picture as it was made, and not as the page shows it. */
function sizeOf(source: object): readonly [width: number, height: number] {
  const { naturalWidth, naturalHeight, videoWidth, videoHeight, displayWidth, displayHeight, width, height } = source as Readonly<
    Record<string, unknown>
  >;
  const [w, h] = [naturalWidth ?? videoWidth ?? displayWidth ?? width, naturalHeight ?? videoHeight ?? displayHeight ?? height];
  if (typeof w !== "number" || typeof h !== "number") throw withoutPixels(source);
  if (w === 0 || h === 0)
    throw new GradsmithError(
      "data",
      "fromPixels",
      "the picture is empty or not loaded yet.",
      "Wait for it: await image.decode(), or a video's loadeddata.",
    );
  return [w, h];
}

const withoutPixels = (source: unknown): GradsmithError =>
  new GradsmithError(
    "data",
    "fromPixels",
    `${described(source)} has no pixels.`,
    "Give a canvas, ImageData, an image, a bitmap or a video.",
  );

/** Browsers don't tell a page what pictures of others show. */
function readable(read: () => Pixels): Pixels {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GradsmithError(
      "data",
      "fromPixels",
      `the browser doesn't let this page read the picture: ${why}`,
      'A picture of another origin needs its permission (CORS), and crossOrigin = "anonymous" before it is loaded.',
    );
  }
}

function newCanvas(width: number, height: number): PixelCanvas {
  const { OffscreenCanvas, document } = globalThis as unknown as Page;
  if (OffscreenCanvas !== undefined) return new OffscreenCanvas(width, height);
  if (document === undefined)
    throw new GradsmithError("data", "fromPixels", "there is no canvas here to draw the picture on.", "Give { data, width, height }.");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  return canvas;
}

function contextOf(where: string, canvas: PixelCanvas): Context {
  const context = canvas.getContext("2d", { willReadFrequently: where === "fromPixels" });
  if (context !== null && context !== undefined) return context as Context;
  throw new GradsmithError("data", where, "the canvas has no 2d context: it was used for another kind before.", "Use a canvas of its own.");
}

function imageData(data: Uint8ClampedArray, width: number, height: number): Pixels {
  const { ImageData } = globalThis as unknown as Page;
  return ImageData === undefined ? { data, width, height } : new ImageData(data, width, height);
}

interface Page {
  readonly OffscreenCanvas?: new (width: number, height: number) => PixelCanvas;
  readonly document?: { createElement(tag: "canvas"): PixelCanvas };
  readonly ImageData?: new (data: Uint8ClampedArray, width: number, height: number) => Pixels;
}

function withChannels(data: Uint8ClampedArray, channels: 1 | 3 | 4): Uint8Array {
  if (channels === 4) return Uint8Array.from(data);
  const pixels = data.length / 4;
  const out = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    const [red, green, blue] = [data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!];
    // Pillow's whole-number form of 0.299, 0.587, 0.114.
    if (channels === 1) out[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    else out.set([red, green, blue], 3 * i);
  }
  return out;
}

/** Clamped arrays round and cut off. */
function painted(values: ArrayLike<number>, channels: number, scale: number): Uint8ClampedArray {
  const pixels = values.length / channels;
  const out = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < Math.max(3, channels); c++) out[4 * i + c] = scale * values[i * channels + (channels === 1 ? 0 : c)]!;
  }
  return out;
}
