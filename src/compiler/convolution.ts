import type { Shape } from "../core/shape.ts";
import { sameShape, sizeOf } from "../core/shape.ts";
import type { Contract, ContractAttributes, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { fixed, offset, sameIndices, scaleOf, times } from "../ir/index.ts";
import { transpose } from "../tensor/ops/movement.ts";
import { variablesOver } from "./access.ts";
import { kept } from "./arrange-operands.ts";
import { moveOperand, onlyCase } from "./movement.ts";

/** A contraction of a kernel with what an image has around each place of the result, which is [...images, down, across, filters]. */
export interface Convolution {
  readonly image: Operand;
  readonly kernel: Operand;
  readonly down: Window;
  readonly across: Window;
  /** How many of all there are; the letter of channels. */
  readonly images: number;
  readonly channels: number;
  readonly filters: number;
  readonly channel: string;
  readonly output: string;
}

/** A node and the letters of its axes. */
interface Operand {
  readonly node: Node;
  readonly letters: string;
}

/** An axis of places, and one of the taps of the kernel: the image is read at `place + tap`, or, where `sign` is -1, at `place - tap`. */
interface Window {
  readonly place: string;
  readonly places: number;
  readonly tap: string;
  readonly taps: number;
  readonly sign: 1 | -1;
}

export function convolutionOf(node: Node<Contract>): Convolution | undefined {
  const { x, y, output } = operandsOf(node);
  return between(x, y, output, node.type.shape) ?? between(y, x, output, node.type.shape);
}

function operandsOf({ inputs, attributes }: Node<Contract>): { x: Operand; y: Operand; output: string } {
  const { left, right, output } = attributes as ContractAttributes;
  const [x, y] = inputs as readonly [Node, Node];
  return { x: { node: x, letters: left }, y: { node: y, letters: right }, output };
}

function between(image: Operand, kernel: Operand, output: string, shape: Shape): Convolution | undefined {
  const rank = shape.length;
  const filter = output[rank - 1];
  if (rank < 3 || kernel.letters.length !== 4 || image.letters.length !== rank + 2) return undefined;
  if (!kernel.letters.includes(filter!) || image.letters.includes(filter!)) return undefined;
  const summed = [...kernel.letters].filter((letter) => !output.includes(letter) && image.letters.includes(letter));
  if (summed.length !== 3) return undefined;
  const [down, across] = [rank - 3, rank - 2].map((axis) => windowOf(image, output[axis]!, shape[axis]!, summed));
  if (down === undefined || across === undefined || down.tap === across.tap) return undefined;
  const channel = summed.find((letter) => letter !== down.tap && letter !== across.tap)!;
  const channels = image.node.type.shape[image.letters.indexOf(channel)]!;
  return { image, kernel, down, across, images: sizeOf(shape.slice(0, -3)), channels, filters: shape[rank - 1]!, channel, output };
}

/** The gradient of a kernel: what an image has at each place of a gradient and around it, times that, summed over places and images. */
export interface KernelGradient {
  /** [...images, height, width, channels], with the padding, and whether that is a node of its own. */
  readonly image: Node;
  readonly isOwn: boolean;
  /** [...images, down, across, filters]. */
  readonly gradient: Node;
  /** Windows with the kernel's axes for places, and those of the gradient for taps. */
  readonly down: Window;
  readonly across: Window;
  readonly images: number;
  readonly channels: number;
  readonly filters: number;
  /** For each axis of the result, which it is of [down, across, channels, filters]. */
  readonly order: readonly number[];
}

export function kernelGradientOf(node: Node<Contract>): KernelGradient | undefined {
  const { x, y, output } = operandsOf(node);
  return ofKernel(x, y, output) ?? ofKernel(y, x, output);
}

function ofKernel(image: Operand, gradient: Operand, output: string): KernelGradient | undefined {
  const own = [...output].filter((letter) => !image.letters.includes(letter));
  const summed = [...gradient.letters].filter((letter) => !output.includes(letter));
  const others = [...output].filter((letter) => !own.includes(letter));
  if (output.length !== 4 || own.length !== 1 || gradient.letters.length !== summed.length + 1) return undefined;
  if (image.letters.length !== summed.length + 3 || !summed.every((letter) => image.letters.includes(letter))) return undefined;
  const size = (letter: string): number => image.node.type.shape[image.letters.indexOf(letter)]!;
  const windows = others.flatMap((letter) => windowOf(image, letter, size(letter), summed) ?? []);
  const [down, across] = windows;
  if (down === undefined || across === undefined || windows.length > 2 || down.tap === across.tap) return undefined;
  const [filter] = own as [string];
  const channel = others.find((letter) => letter !== down.place && letter !== across.place)!;
  const images = summed.filter((letter) => letter !== down.tap && letter !== across.tap);
  const places = [...images, down.tap, across.tap, filter];
  const padded = imageOf({ image, output: [...images, down.place, across.place, filter].join(""), down, across, channel });
  return {
    image: padded,
    isOwn: image.node.inputs.includes(padded),
    gradient: makeNode(transpose, [gradient.node], { axes: places.map((letter) => gradient.letters.indexOf(letter)) }),
    down,
    across,
    images: sizeOf(images.map(size)),
    channels: size(channel),
    filters: gradient.node.type.shape[gradient.letters.indexOf(filter)]!,
    order: [...output].map((letter) => [down.place, across.place, channel, filter].indexOf(letter)),
  };
}

/** The summed letter that moves in the image as one of the result does, or against it. */
function windowOf({ node, letters }: Operand, place: string, places: number, summed: readonly string[]): Window | undefined {
  const only = onlyCase(node);
  if (only === undefined || !letters.includes(place)) return undefined;
  const positions = [...only.index, ...only.guards.map(({ index }) => index)];
  const stepsOf = (letter: string): (number | undefined)[] => positions.map((index) => scaleOf(index, `d${letters.indexOf(letter)}`));
  const steps = stepsOf(place);
  if (steps.every((step) => step === 0)) return undefined;
  for (const tap of summed) {
    const others = stepsOf(tap);
    const sign = ([1, -1] as const).find((sign) => steps.every((step, i) => step !== undefined && others[i] === sign * step));
    if (sign !== undefined) return { place, places, tap, taps: node.type.shape[letters.indexOf(tap)]!, sign };
  }
  return undefined;
}

/** The image as [...images, height, width, channels], with its padding: a view, or what it is a view of where that is the same. */
export function imageOf({
  image,
  output,
  down,
  across,
  channel,
}: Pick<Convolution, "image" | "output" | "down" | "across" | "channel">): Node {
  const { node, letters } = image;
  const order = output.slice(0, -1) + channel;
  const shape = [...order].map((letter) => {
    const window = [down, across].find(({ place }) => place === letter);
    return window === undefined ? node.type.shape[letters.indexOf(letter)]! : window.places + window.taps - 1;
  });
  const view = moveOperand(node, shape, (at) =>
    [...letters].map((letter) => {
      const window = [down, across].find(({ tap }) => tap === letter);
      return window === undefined ? at[order.indexOf(letter)]! : fixed(window.sign > 0 ? 0 : window.taps - 1);
    }),
  );
  const only = onlyCase(view)!;
  const input = view.inputs[only.input]!;
  const isSame = only.guards.length === 0 && sameShape(input.type.shape, shape) && sameIndices(only.index, variablesOver(shape));
  return isSame ? input : view;
}

/** The kernel as [...taps, channels, filters], turned round where the image is read backwards, and with filters side by side in memory. */
export function kernelOf({ kernel: { node, letters }, output, down, across, channel }: Convolution): Node {
  const order = down.tap + across.tap + channel + output.at(-1)!;
  const shape = [...order].map((letter) => node.type.shape[letters.indexOf(letter)]!);
  const view = moveOperand(node, shape, (at) =>
    [...letters].map((letter) => {
      const place = at[order.indexOf(letter)]!;
      const window = [down, across].find(({ tap, sign }) => tap === letter && sign < 0);
      return window === undefined ? place : offset(times(place, -1), window.taps - 1);
    }),
  );
  return letters.at(-1) === order.at(-1) ? view : kept(view);
}
