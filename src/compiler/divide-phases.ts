import type { ContractAttributes, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { fixed, mentions, offset, plus, quotient, remainder, scaleOf, times } from "../ir/index.ts";
import { rewrite } from "../ir/rewrite.ts";
import { withCopy, worthTransposing } from "./arrange-operands.ts";
import { freeLetters, letterSizes } from "./contraction.ts";
import { movedNode, moveOperand } from "./movement.ts";
import { elements } from "./pull.ts";
import { reshapeNode } from "./reshape-node.ts";
import { spacedAxes } from "./spaced-axes.ts";

/**
 * A contraction over windows of an operand with room between its elements (the gradient of a strided convolution by its input, a transposed
 * convolution) becomes one that multiplies none of that room. Places of the result as far apart as the elements, a phase, meet the same taps
 * of the kernel. Phases become an axis of the result, after the one that counts their places, so that results lie where they belong, and of a
 * kernel arranged by phases. All have as many taps, some of them 0: 4x4 with stride 2 takes 16 products, not 64, and 3x3 takes 16, not 36.
 */
export const dividePhases = (roots: readonly Node[]): Node[] =>
  rewrite(roots, (node) => {
    if (node.op.kind !== "contract") return undefined;
    const { left, right, output } = node.attributes as ContractAttributes;
    const [x, y] = node.inputs as readonly [Node, Node];
    return inPhases(node) ?? inPhases(makeNode(node.op, [y, x], { left: right, right: left, output }, node.type));
  });

/** Products to be saved for each element of the kernel's copy. */
const worthCopying = 32;
/** Shorter rows of results make poor vectors: there, vectors lie along the sum. */
const shortestRow = 8;

/** With all axes in phases that can be, where the left operand has room between its elements and the right one is the kernel. */
function inPhases(node: Node): Node | undefined {
  let divided: Divided | undefined;
  for (let next = dividedAlong(node); next !== undefined; next = dividedAlong(divided.contraction)) {
    const [inner, outer] = [next.back, divided?.back];
    divided = outer === undefined ? next : { ...next, back: (result) => outer(inner(result)) };
  }
  if (divided === undefined) return undefined;
  const { contraction, back } = divided;
  const { left, right, output } = contraction.attributes as ContractAttributes;
  const [, kernel] = contraction.inputs as readonly [Node, Node];
  if (products(node) - products(contraction) < worthCopying * elements(kernel)) return undefined;
  const size = (letter: string): number => kernel.type.shape[right.indexOf(letter)]!;
  const isColumn = (letter: string): boolean => right.includes(letter) && !left.includes(letter);
  // Results that lie side by side, of as many columns of the kernel.
  const row = [...output].slice([...output].findLastIndex((letter) => !isColumn(letter)) + 1);
  const width = row.reduce((n, letter) => n * size(letter), 1);
  if (width < shortestRow || elements(kernel) > worthTransposing * elements(contraction)) return back(contraction);
  const shared = [...left].filter((letter) => right.includes(letter));
  const [batch, sums] = [true, false].map((isKept) => shared.filter((letter) => output.includes(letter) === isKept));
  const order = [...batch!, ...sums!, ...[...output].filter(isColumn)];
  return back(withCopy(contraction, "right", order.join("")));
}

/** Each element of the kernel is used once for each place that only the other operand has. */
function products({ attributes, inputs }: Node): number {
  const { left, right } = attributes as ContractAttributes;
  const [x, kernel] = inputs as readonly [Node, Node];
  return [...left].reduce((n, letter, axis) => (right.includes(letter) ? n : n * x.type.shape[axis]!), elements(kernel));
}

type Divided = { readonly contraction: Node; readonly back: (result: Node) => Node };

/** Along one letter of the result, place `i = stride · u + phase - start` meets places `first + slope · phase + step · t` of the kernel. */
interface Phases {
  readonly letter: string;
  readonly length: number;
  readonly stride: number;
  readonly start: number;
  /** How many phases meet the kernel at all, and how many places each has. */
  readonly count: number;
  readonly places: number;
  /** The kernel's letter, where it has more than one place, and how many of its places a phase meets. */
  readonly taps: string | undefined;
  readonly turns: number;
  readonly first: number;
  readonly slope: number;
  readonly step: number;
  /** Whether windows begin elsewhere in the operand for each phase. */
  readonly isShifted: boolean;
}

/** The contraction with an axis of phases, and what makes its result that of the old one. */
function dividedAlong(node: Node): Divided | undefined {
  const { left: letters, right: kernelLetters, output } = node.attributes as ContractAttributes;
  const [spaced, kernel] = node.inputs as readonly [Node, Node];
  const phases = phasesOf(spaced, letters, kernelLetters, output);
  const [phase] = freeLetters(node);
  if (phases === undefined || phase === undefined) return undefined;
  const { letter, taps, count, places, turns, stride, start, length } = phases;
  const size = letterSizes(node);
  const before = taps === undefined ? 1 : size.get(taps)!;
  size.set(letter, places).set(phase, count);
  if (taps !== undefined) size.set(taps, turns);
  const shapeOf = (own: string): number[] => [...own].map((each) => size.get(each)!);
  const isOne = count === 1;
  const tap = (own: Index, turn: Index): Index => offset(plus(times(own, phases.slope), times(turn, phases.step)), phases.first);
  const withPhase = (own: string, after: string): string => (isOne ? own : own.replace(after, after + phase));

  const denseLetters = phases.isShifted ? withPhase(letters, letter) : letters;
  const dense = moveOperand(spaced, shapeOf(denseLetters), (at) => {
    const index = (each: string): Index => at[denseLetters.indexOf(each)] ?? fixed(0);
    return [...letters].map((each) => {
      if (each === taps) return tap(index(phase), index(each));
      return each === letter ? offset(plus(times(index(each), stride), index(phase)), -start) : index(each);
    });
  });
  const copyLetters = isOne ? kernelLetters : phase + kernelLetters;
  const copy = movedNode("phases", kernel, shapeOf(copyLetters), (at) => {
    const index = (each: string): Index => at[copyLetters.indexOf(each)] ?? fixed(0);
    const own = taps === undefined ? fixed(0) : tap(index(phase), index(taps));
    return {
      index: [...kernelLetters].map((each) => (each === taps ? own : index(each))),
      guards: [{ index: own, min: 0, max: before - 1 }],
    };
  });
  const resultLetters = withPhase(output, letter);
  const attributes: ContractAttributes = { left: denseLetters, right: copyLetters, output: resultLetters };
  const type = { dtype: node.type.dtype, shape: shapeOf(resultLetters) };
  const contraction = makeNode(node.op, [dense, copy], attributes, type);
  const back = (result: Node): Node => {
    if (start === 0 && count === stride && places * stride === length) return reshapeNode(result, node.type.shape);
    return movedNode("phases", result, node.type.shape, (out) => {
      const axis = output.indexOf(letter);
      const place = offset(out[axis]!, start);
      const own = remainder(place, stride);
      return {
        index: out.flatMap((index, i) => (i !== axis ? [index] : isOne ? [quotient(place, stride)] : [quotient(place, stride), own])),
        guards: [{ index: own, min: 0, max: count - 1 }],
      };
    });
  };
  return { contraction, back };
}

/** The first axis with room between elements that can be done without. */
function phasesOf(spaced: Node, letters: string, kernelLetters: string, output: string): Phases | undefined {
  if (spaced.inputs.length !== 1) return undefined;
  const axes = spacedAxes(spaced, spaced.inputs[0]!) ?? [];
  for (const { position, spacing: stride } of axes) {
    if (stride === 1 || position.terms.some(({ atom }) => atom.kind !== "variable")) continue;
    const isShared = position.terms.some(({ atom }) =>
      axes.some((axis) => axis.position !== position && mentionsAtom(axis.position, atom.key)),
    );
    if (isShared) continue;
    const own = [...letters].filter((_, axis) => scaleOf(position, `d${axis}`) !== 0);
    const scale = (letter: string | undefined): number => scaleOf(position, `d${letters.indexOf(letter ?? " ")}`)!;
    const letter = own.find((each) => output.includes(each) && !kernelLetters.includes(each));
    const others = own.filter((each) => each !== letter);
    const [taps] = others;
    if (letter === undefined || scale(letter) !== 1 || others.length > 1) continue;
    if (taps !== undefined && (output.includes(taps) || !kernelLetters.includes(taps))) continue;
    const size = (each: string): number => spaced.type.shape[letters.indexOf(each)]!;
    const found = phasesAlong(
      position.constant,
      size(letter),
      stride,
      taps === undefined ? 1 : size(taps),
      taps === undefined ? 0 : scale(taps),
    );
    if (found !== undefined) return { letter, taps, length: size(letter), stride, ...found };
  }
  return undefined;
}

const mentionsAtom = (index: Index, name: string): boolean => index.terms.some(({ atom }) => mentions(atom, name));

type Counts = Omit<Phases, "letter" | "taps" | "length" | "stride">;

/**
 * Element `(i + scale · p + constant) / stride` exists where that is an integer. If the stride divides `scale`, all `p` have one where it divides
 * `i + constant`. If it divides `scale + 1`, each `p = phase + stride · t` has where `i + constant = stride · u + phase`; if it divides
 * `scale - 1`, each `p = count - 1 - phase + stride · t` where `i + constant + count - 1` is that.
 */
function phasesAlong(constant: number, length: number, stride: number, size: number, scale: number): Counts | undefined {
  const counted = (count: number, slope: number): Counts => {
    const step = count === 1 ? 1 : stride;
    const least = slope < 0 ? count - 1 : 0;
    const start = (((constant + least) % stride) + stride) % stride;
    const places = Math.floor((length - 1 + start) / stride) + 1;
    const turns = Math.ceil(size / step);
    const isShifted = count > 1 && 1 + scale * slope !== 0;
    // Turns in the order in which the operand lies.
    const last = least + (turns - 1) * step;
    return { count, places, start, turns, slope, isShifted, ...(scale < 0 ? { first: last, step: -step } : { first: least, step }) };
  };
  if (scale % stride === 0) return counted(1, 0);
  const count = Math.min(stride, size);
  const choices = [1, -1].filter((slope) => (1 + scale * slope) % stride === 0).map((slope) => counted(count, slope));
  // Results that lie where they belong need no copy.
  return choices.find(({ start }) => start === 0 && length % stride === 0) ?? choices[0];
}
