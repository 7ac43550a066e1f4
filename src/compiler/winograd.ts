import type { Contract, ContractAttributes, Node } from "../ir/graph.ts";
import { makeNode, topological } from "../ir/graph.ts";
import { plus, quotient, remainder, times } from "../ir/index.ts";
import type { Limits } from "../ir/limits.ts";
import { rewrite } from "../ir/rewrite.ts";
import { isPulled } from "./access.ts";
import { kept } from "./arrange-operands.ts";
import type { Convolution } from "./convolution.ts";
import { convolutionOf, imageOf, kernelOf } from "./convolution.ts";
import { movedNode, moveOperand } from "./movement.ts";
import { reshapeNode } from "./reshape-node.ts";
import { gradientInTiles, gradientTilingOf } from "./winograd-gradient.ts";
import type { Block } from "./winograd-steps.ts";
import { blocksOf, reaching, transformed } from "./winograd-steps.ts";

// Winograd's F(2x2, 3x3): 2 x 2 results come from 4 x 4 elements with 16 products, where windows take 36. Along one axis, each row is what one
// transformed element is made of.
const ofImage = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
] as const;
const ofKernel = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
] as const;
const ofResult = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
] as const;

/**
 * Convolutions by kernels of 3 x 3 with enough channels become sums of pieces of the image, 16 products of matrices, and sums of those. All three
 * go over the same blocks of tiles in the same order.
 */
export function winograd(roots: readonly Node[], limits: Limits): Node[] {
  // An image is padded once, for everyone who reads it.
  const nodes = topological(roots);
  const gradients = nodes.map((node) => gradientTilingOf(node, limits)).filter((tiling) => tiling !== undefined);
  const tilings = nodes.map((node) => tilingOf(node, limits)).filter((tiling) => tiling !== undefined);
  const images = new Set([
    ...tilings.filter(({ isWhole }) => isWhole).map(({ image }) => image),
    ...gradients.filter(({ isWhole }) => isWhole).map(({ gradient }) => gradient.image),
  ]);
  return rewrite(roots, (node, before) => {
    if (images.has(before)) return isPulled(node) ? kept(node) : undefined;
    const tiling = tilingOf(node, limits);
    if (tiling !== undefined) return inTiles(node, tiling);
    const gradient = gradientTilingOf(node, limits);
    return gradient && gradientInTiles(node, gradient);
  });
}

interface Tiling {
  readonly convolution: Convolution;
  /** The image with its padding, and whether that is a node of its own that reaches as far as the tiles do. */
  readonly image: Node;
  readonly isWhole: boolean;
  /** Tiles of all images, and of a block: several whole rows, or a part of one. */
  readonly images: number;
  readonly down: number;
  readonly across: number;
  readonly block: Block;
}

/** Multiply-adds that a tile saves for each pair of a channel and a filter, and what its way there and back takes for each of them. */
const [saved, wayThere, wayBack] = [20, 120, 60];
/** What transforming a kernel takes for each pair, and as much again where a block has to fetch it from behind the second cache. */
const kernelWay = 128;
/** What is saved must be so much more. */
const margin = 1.3;
/** Tiles of a block, so that products have rows. */
const fewestTiles = 6;
/** Tiles of all images from which the calls that transform the kernel aren't felt: one image of 13x13, 36 of them, takes 61 us instead of 43. */
const fewestInAll = 64;

function tilingOf(node: Node, limits: Limits): Tiling | undefined {
  if (node.op.kind !== "contract" || [node, ...node.inputs].some(({ type }) => type.dtype !== "f32")) return undefined;
  const convolution = convolutionOf(node as Node<Contract>);
  if (convolution === undefined || convolution.down.taps !== 3 || convolution.across.taps !== 3) return undefined;
  const {
    down: { places: height },
    across: { places: width },
    channels,
    filters,
  } = convolution;
  const [images, down, across] = [convolution.images, Math.ceil(height / 2), Math.ceil(width / 2)];
  if (images * down * across < fewestInAll) return undefined;
  const isFar = 64 * channels * filters > limits.cacheBytes[1] / 2;
  const block = blockOf(down, across, channels, filters, isFar, limits);
  const kernel = kernelWay * channels * filters * (1 / (images * down * across) + (isFar ? 1 / (block.rows * block.columns) : 0));
  if (saved * channels * filters < margin * (wayThere * channels + wayBack * filters + kernel)) return undefined;
  const image = imageOf(convolution);
  const isWhole = height % 2 === 0 && width % 2 === 0 && convolution.image.node.inputs.includes(image);
  return { convolution, image, isWhole, images, down, across, block };
}

/**
 * As many tiles as, transformed, stay in the first cache with their sums and the kernel; in half of the second where the kernel comes from behind
 * it, and should be used by many.
 */
function blockOf(down: number, across: number, channels: number, filters: number, isFar: boolean, { cacheBytes: [l1, l2] }: Limits): Block {
  const blocks = blocksOf(down, across);
  const bytes = ({ rows, columns }: Block): number => 64 * rows * columns * (channels + filters);
  const fits = (block: Block): boolean => (isFar ? bytes(block) <= l2 / 2 : bytes(block) + 64 * channels * filters < l1);
  const enough = blocks.find(({ rows, columns }) => rows * columns >= fewestTiles) ?? blocks.at(-1)!;
  return blocks.slice(blocks.indexOf(enough)).filter(fits).at(-1) ?? enough;
}

function inTiles(node: Node, { convolution, image, isWhole, images, down, across, block }: Tiling): Node {
  const { channels, filters } = convolution;
  const [height, width] = [convolution.down.places, convolution.across.places];
  const { rows, columns } = block;
  const beside = across / columns;
  const blocks = ((images * down) / rows) * beside;
  const all = isWhole ? image : kept(reaching(image, [height % 2, width % 2, 0]));
  const inside = reshapeNode(all, [images, 2 * down + 2, 2 * across + 2, channels]);
  const tiles = moveOperand(inside, [images, down, 4, across, 4, channels], ([n, y, i, x, j, c]) => [
    n!,
    plus(times(y!, 2), i!),
    plus(times(x!, 2), j!),
    c!,
  ]);
  const parts = transformed(transformed(tiles, 2, ofImage), 4, ofImage);
  const inBlocks = movedNode("blocks", parts, [blocks, 4, 4, rows, columns, channels], ([b, i, j, y, x, c]) => {
    const row = plus(times(quotient(b!, beside), rows), y!);
    return { index: [quotient(row, down), remainder(row, down), i!, plus(times(remainder(b!, beside), columns), x!), j!, c!] };
  });
  // Both have an axis of blocks, so that rows of a product are those of one.
  const kernel = transformed(transformed(kernelOf(convolution), 0, ofKernel), 1, ofKernel);
  const right = movedNode("everywhere", kernel, [blocks, 4, 4, channels, filters], ([, ...at]) => ({ index: at }));
  const attributes: ContractAttributes = { left: "bijyxc", right: "bijcf", output: "bijyxf" };
  const type = { dtype: node.type.dtype, shape: [blocks, 4, 4, rows, columns, filters] };
  const sums = makeNode(node.op, [kept(inBlocks), right], attributes, type);
  const inRows = movedNode("rows", sums, [images, down, 4, across, 4, filters], ([n, y, i, x, j, f]) => {
    const row = plus(times(n!, down), y!);
    const b = plus(times(quotient(row, rows), beside), quotient(x!, columns));
    return { index: [b, i!, j!, remainder(row, rows), remainder(x!, columns), f!] };
  });
  const result = transformed(transformed(inRows, 2, ofResult), 4, ofResult);
  const whole = movedNode("results", result, [images, 2 * down, 2 * across, filters], ([n, y, x, f]) => ({
    index: [n!, quotient(y!, 2), remainder(y!, 2), quotient(x!, 2), remainder(x!, 2), f!],
  }));
  if (height % 2 === 0 && width % 2 === 0) return kept(reshapeNode(whole, node.type.shape));
  return reshapeNode(
    moveOperand(kept(whole), [images, height, width, filters], (at) => at),
    node.type.shape,
  );
}
