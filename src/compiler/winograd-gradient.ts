import type { Contract, Node, ReduceAttributes } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { plus, quotient, remainder, times } from "../ir/index.ts";
import type { Limits } from "../ir/limits.ts";
import { sum } from "../tensor/ops/reduction.ts";
import { kept } from "./arrange-operands.ts";
import type { KernelGradient } from "./convolution.ts";
import { kernelGradientOf } from "./convolution.ts";
import { movedNode, moveOperand } from "./movement.ts";
import { reshapeNode } from "./reshape-node.ts";
import type { Matrix } from "./winograd-steps.ts";
import { blocksOf, reaching, transformed, weighted } from "./winograd-steps.ts";

// Winograd's F(3x3, 4x4): a gradient of 4 x 4 places and the 6 x 6 elements of the image around them make a kernel's 3 x 3 with 36 products, where
// windows take 144. Along one axis, each row is what one transformed element is made of; `ofResult` is 24 times what it should be, and exact.
const ofImage: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const ofGradient: Matrix = [
  [1, 0, 0, 0],
  [1, 1, 1, 1],
  [1, -1, 1, -1],
  [1, 2, 4, 8],
  [1, -2, 4, -8],
  [0, 0, 0, 1],
];
const ofResult: Matrix = [
  [6, -4, -4, 1, 1, 0],
  [0, -4, 4, 2, -2, 0],
  [0, -4, -4, 4, 4, 24],
];
const timesTooMuch = 24 * 24;

/** Tiles that are summed up together: of so many images, or where that is 1, rows of tiles of one. */
interface Part {
  readonly imagesOfPart: number;
  readonly rowsOfPart: number;
}

/** How a kernel's gradient is divided into tiles of 4 x 4 places. */
export interface GradientTiling extends Part {
  readonly gradient: KernelGradient;
  /** Whether the image reaches as far as the tiles do. */
  readonly isWhole: boolean;
  readonly down: number;
  readonly across: number;
}

/** What transforming a tile takes, in multiply-adds, for each channel and for each filter, and of a part of the sum for each pair of both. */
const [wayOfImage, wayOfGradient, wayBack] = [800, 400, 200];
/** Vectors are full. */
const fewestChannels = 16;
/** Parts of the sum that threads can share. */
const fewestParts = 16;
/** Tiles of a part from which on what is done for each part isn't felt much. 64 images of 8x8x64: 16 tiles take three quarters of the time of 8. */
const fewestTiles = 16;

export function gradientTilingOf(node: Node, limits: Limits): GradientTiling | undefined {
  if (node.op.kind !== "contract" || [node, ...node.inputs].some(({ type }) => type.dtype !== "f32")) return undefined;
  const gradient = kernelGradientOf(node as Node<Contract>);
  if (gradient === undefined) return undefined;
  const { images, channels, filters } = gradient;
  const windows = [gradient.down, gradient.across];
  if (windows.some(({ places, sign }) => places !== 3 || sign < 0) || Math.min(channels, filters) < fewestChannels) return undefined;
  const [height, width] = windows.map(({ taps }) => taps) as [number, number];
  const [down, across] = [Math.ceil(height / 4), Math.ceil(width / 4)];
  const part = partOf(gradient, down, across, limits);
  if (part === undefined) return undefined;
  const pairs = channels * filters;
  const count = (images * down) / (part.imagesOfPart * part.rowsOfPart);
  const way = images * down * across * (36 * pairs + wayOfImage * channels + wayOfGradient * filters) + count * wayBack * pairs;
  if (way > images * height * width * 9 * pairs) return undefined;
  const isWhole = gradient.isOwn && height % 4 === 0 && width % 4 === 0;
  return { gradient, isWhole, down, across, ...part };
}

/** Whole images where one or a few have tiles enough, or as many tiles as fit: transformed, and with their sums, in half of the second cache. */
function partOf({ images, channels, filters }: KernelGradient, down: number, across: number, limits: Limits): Part | undefined {
  const tiles = ({ imagesOfPart, rowsOfPart }: Part): number => imagesOfPart * rowsOfPart * across;
  const bytes = (part: Part): number => 4 * 36 * (tiles(part) * (channels + filters) + channels * filters);
  const parts = blocksOf(images, down)
    .map(({ rows, columns }): Part => ({ imagesOfPart: rows, rowsOfPart: columns }))
    .filter((part) => bytes(part) <= limits.cacheBytes[1] / 2 && images * down * across >= fewestParts * tiles(part));
  return parts.find((part) => part.rowsOfPart === down && tiles(part) >= fewestTiles) ?? parts.at(-1);
}

export function gradientInTiles(node: Node, { gradient: found, isWhole, down, across, imagesOfPart, rowsOfPart }: GradientTiling): Node {
  const { image, gradient, images, channels, filters } = found;
  const parts = (images * down) / (imagesOfPart * rowsOfPart);
  const inParts = (whole: Node, size: number, count: number, matrix: Matrix): Node => {
    const shape = [parts, imagesOfPart, rowsOfPart, across, size, size, count];
    const tiles = moveOperand(whole, shape, ([part, n, y, x, i, j, c]) => {
      const row = plus(times(plus(times(part!, imagesOfPart), n!), rowsOfPart), y!);
      return [quotient(row, down), plus(times(remainder(row, down), 4), i!), plus(times(x!, 4), j!), c!];
    });
    return kept(transformed(transformed(tiles, 4, matrix), 5, matrix));
  };
  const [height, width] = [found.down.taps, found.across.taps];
  const missing = [4 * down - height, 4 * across - width, 0];
  const all = isWhole ? image : kept(reaching(image, missing));
  const whole = reaching(reshapeNode(gradient, [images, height, width, filters]), missing);
  const left = inParts(reshapeNode(all, [images, 4 * down + 2, 4 * across + 2, channels]), 6, channels, ofImage);
  const right = inParts(whole, 4, filters, ofGradient);
  const letters = { left: "pnyxijc", right: "pnyxijf", output: "pijcf" };
  const type = (shape: readonly number[]): Node["type"] => ({ dtype: node.type.dtype, shape });
  const sums = makeNode(node.op, [left, right], letters, type([parts, 6, 6, channels, filters]));
  const ofParts = kept(transformed(transformed(sums, 1, ofResult), 2, ofResult));
  const total = makeNode(sum, [ofParts], { axes: [0] } satisfies ReduceAttributes);
  const result = makeNode(weighted, [total], { weights: [1 / timesTooMuch] });
  return movedNode("ordered", result, node.type.shape, (at) => ({ index: [0, 1, 2, 3].map((axis) => at[found.order.indexOf(axis)]!) }));
}
