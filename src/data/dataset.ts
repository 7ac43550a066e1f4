import { EventLoopPauses } from "../backends/event-loop.ts";
import { callable, countingNumber, flag, positiveInteger, wholeNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import { tensor } from "../tensor/create.ts";
import type { Nested } from "../tensor/functions/nested.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type RandomIntegers, randomIntegers } from "./random-integers.ts";
import { checkCounts, gatherRows, type Numbers, type Rows, readRows, rowAt } from "./rows.ts";

/** What iterating yields: one sample, or after `batch` a batch of them, with the samples along the first axis. */
export interface Batch {
  /** What the model takes, the samples along the first axis. */
  readonly x: Tensor;
  /** What it should give, in the same order. */
  readonly y: Tensor;
  /** How much each sample counts in a loss; only where the dataset was given that. */
  readonly weight?: Tensor | undefined;
}
/** One sample as a user writes it. */
export interface Sample {
  /** What the model takes, without a batch axis. */
  readonly x: Tensor | Nested;
  /** What it should give. */
  readonly y: Tensor | Nested;
  /** How much it counts. */
  readonly weight?: Tensor | Nested | undefined;
}
/** Samples one by one, all features with all labels, or a function that opens a stream of samples. */
export type DatasetSource = readonly Sample[] | AllSamples | (() => Iterable<Sample> | AsyncIterable<Sample>);

interface AllSamples {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly weight?: Numbers | undefined;
}

/** The options of a dataset's `shuffle`. */
export interface ShuffleOptions {
  /** The same seed gives the same orders. Default 0. */
  readonly seed?: number | undefined;
  /** How many samples to choose among; all of them by default. Smaller ones need less memory and mix less. */
  readonly bufferSize?: number | undefined;
}
/** The options of a dataset's `batch`. */
export interface BatchOptions {
  /** Leave out a last batch that is smaller than the others. Default false. */
  readonly dropRemainder?: boolean | undefined;
}

const shuffleChecks: OptionChecks<ShuffleOptions> = { seed: wholeNumber, bufferSize: positiveInteger };
const batchChecks: OptionChecks<BatchOptions> = { dropRemainder: flag };

/** Samples in memory are passed around as their place until a batch gathers them. */
type Element = { readonly from: Stored; readonly index: number } | Batch;
interface Stored {
  readonly x: Rows;
  readonly y: Rows;
  readonly weight?: Rows;
}

/** The same done to each part that there is. */
function eachPart<From, To>(
  { x, y, weight }: { readonly x: From; readonly y: From; readonly weight?: From | undefined },
  f: (part: From) => To,
): { readonly x: To; readonly y: To; readonly weight?: To } {
  return { x: f(x), y: f(y), ...(weight === undefined ? {} : { weight: f(weight) }) };
}
/** Opens the samples for one pass. Shuffling differs from pass to pass. */
type Open = (pass: number) => AsyncIterable<Element>;

/**
 * Samples in an order, to be walked through with `for await`. Every method returns a new dataset and computes nothing. Walking through it
 * again is the next pass: it is shuffled anew, in an order that the seed and the number of the pass decide.
 */
export class Dataset implements AsyncIterable<Batch> {
  readonly #open: Open;
  #passes = 0;
  /** How many elements one pass has, where that is known: samples, or batches after `batch`. */
  readonly size: number | undefined;

  constructor(open: Open, size: number | undefined) {
    this.#open = open;
    this.size = size;
  }

  /**
   * In random order, another for each pass: the whole of it, or among the next `bufferSize` at a time.
   *
   * @throws GradsmithError "option" for an unknown option or a number that makes no sense.
   * @example samples.shuffle({ seed: 1 })
   */
  shuffle(options: ShuffleOptions = {}): Dataset {
    const { seed = 0, bufferSize = Number.POSITIVE_INFINITY } = checkOptions("shuffle", options, shuffleChecks);
    return new Dataset((pass) => shuffled(this.#open(pass), randomIntegers(seed, pass), bufferSize), this.size);
  }

  /**
   * `size` samples at a time, stacked along a new first axis. The last batch may be smaller, unless `dropRemainder` leaves it out.
   *
   * @throws GradsmithError "option" for an unknown option or a size that is no positive integer.
   * @example samples.batch(32, { dropRemainder: true })
   */
  batch(size: number, options: BatchOptions = {}): Dataset {
    positiveInteger("batch", "size", size);
    const { dropRemainder: drop = false } = checkOptions("batch", options, batchChecks);
    const batches = this.size === undefined ? undefined : drop ? Math.floor(this.size / size) : Math.ceil(this.size / size);
    return new Dataset((pass) => batched(this.#open(pass), size, drop), batches);
  }

  /** All elements `count` times over, or without end. @throws GradsmithError "option" unless `count` is a positive integer. */
  repeat(count?: number): Dataset {
    if (count !== undefined) positiveInteger("repeat", "count", count);
    const open = this.#open;
    async function* repeated(pass: number): AsyncGenerator<Element> {
      for (let i = 0; i < (count ?? Number.POSITIVE_INFINITY); i++) {
        let empty = true;
        for await (const element of open(pass * (count ?? 1) + i)) {
          empty = false;
          yield element;
        }
        if (empty) return;
      }
    }
    return new Dataset(repeated, count === undefined || this.size === undefined ? undefined : this.size * count);
  }

  /**
   * Every element changed by a function of tensors. After `batch` it is called once a batch, which is much less often.
   *
   * @throws GradsmithError "option" for what is no function, and while samples are read, "data" for a result that is not { x, y }.
   * @example batches.map(({ x, y }) => ({ x: x.cast("f32").div(255), y }))
   */
  map(change: (element: Batch) => Batch): Dataset {
    callable("map", "the function", change);
    const open = this.#open;
    async function* mapped(pass: number): AsyncGenerator<Element> {
      for await (const element of open(pass)) {
        const changed: unknown = change(asTensors(element));
        yield checkedBatch(changed instanceof Promise ? await changed : changed);
      }
    }
    return new Dataset(mapped, this.size);
  }

  /** The first `count` elements. @throws GradsmithError "option" unless `count` is a whole number of at least 0. */
  take(count: number): Dataset {
    const open = this.#open;
    const wanted = countingNumber("take", "count", count);
    async function* taken(pass: number): AsyncGenerator<Element> {
      let left = wanted;
      if (left === 0) return;
      for await (const element of open(pass)) {
        yield element;
        if (--left === 0) return;
      }
    }
    return new Dataset(taken, this.size === undefined ? undefined : Math.min(this.size, wanted));
  }

  /** All but the first `count` elements. @throws GradsmithError "option" unless `count` is a whole number of at least 0. */
  skip(count: number): Dataset {
    const open = this.#open;
    const dropped = countingNumber("skip", "count", count);
    async function* rest(pass: number): AsyncGenerator<Element> {
      let left = dropped;
      for await (const element of open(pass)) if (--left < 0) yield element;
    }
    return new Dataset(rest, this.size === undefined ? undefined : Math.max(0, this.size - dropped));
  }

  /**
   * Makes the next pass the one of this number, counted from 0: whoever goes on with an epoch gets its order, as with PyTorch's `set_epoch`.
   *
   * @throws GradsmithError "option" unless it is a whole number of at least 0.
   */
  setEpoch(epoch: number): void {
    this.#passes = countingNumber("setEpoch", "the epoch", epoch);
  }

  /** A pass over the elements. Lets timers and input through now and then. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    const pauses = new EventLoopPauses();
    for await (const element of this.#open(this.#passes++)) {
      yield asTensors(element);
      if (pauses.isDue) await pauses.pause();
    }
  }
}

/**
 * A dataset of samples `{ x, y }`, of `{ x: all features, y: all labels }`, or of samples `{ x, y }` that a function opens for each pass. With
 * a `weight` beside them, `fit` and `evaluate` count each sample by it.
 *
 * @throws GradsmithError "data" for what is none of these, at once or, of a function's samples, when they come.
 * @example for await (const { x, y } of dataset({ x: images, y: labels }).shuffle({ seed: 1 }).batch(32)) { ... }
 */
export function dataset(source: DatasetSource): Dataset {
  if (typeof source === "function") return new Dataset(() => streamed(source()), undefined);
  const isList = Array.isArray(source);
  if (!isList && !isSample(source)) throw noDataset(source);
  const all = isList ? stacked(source as readonly Sample[]) : (source as AllSamples);
  let stored: Promise<Stored> | undefined;
  async function* open(): AsyncGenerator<Element> {
    stored ??= store(all);
    const from = await stored;
    for (let index = 0; index < from.x.count; index++) yield { from, index };
  }
  return new Dataset(open, isList ? source.length : lengthOf(all.x));
}

async function store(samples: AllSamples): Promise<Stored> {
  const reading = eachPart(samples, (part) => readRows(part, "dataset"));
  const [x, y, weight] = await Promise.all([reading.x, reading.y, reading.weight]);
  checkCounts(x, y, "dataset");
  if (weight === undefined) return { x, y };
  checkCounts(x, weight, "dataset", "weight");
  return { x, y, weight };
}

/** Samples one by one as all features and all labels, after a look at each. */
function stacked(samples: readonly Sample[]): AllSamples {
  const wrong = samples.findIndex((sample) => !isSample(sample));
  if (wrong >= 0) throw noSample(wrong);
  if (samples.length === 0) throw new GradsmithError("data", "dataset", "there are no samples.", "Give at least one { x, y }.");
  const together = (values: readonly (Tensor | Nested)[]): Numbers => {
    if (!values.some((value) => value instanceof Tensor)) return values as readonly Nested[];
    const [first, ...others] = values.map(asTensor);
    return first!.stack(others);
  };
  const weights = samples.map(({ weight }) => weight).filter((weight) => weight !== undefined);
  if (weights.length > 0 && weights.length < samples.length)
    throw new GradsmithError("data", "dataset", "some samples have a weight and others none.", "Give every sample one, or none.");
  return {
    x: together(samples.map(({ x }) => x)),
    y: together(samples.map(({ y }) => y)),
    ...(weights.length === 0 ? {} : { weight: together(weights) }),
  };
}

function lengthOf(values: Numbers): number | undefined {
  if (values instanceof Tensor) return values.shape[0];
  return Array.isArray(values) || ArrayBuffer.isView(values) ? values.length : undefined;
}

async function* streamed(samples: Iterable<Sample> | AsyncIterable<Sample>): AsyncGenerator<Element> {
  if (!isIterable(samples))
    throw new GradsmithError(
      "data",
      "dataset",
      `the function gave ${described(samples)}, not samples.`,
      "Let it be function* or return an array.",
    );
  let index = 0;
  for await (const sample of samples) {
    if (!isSample(sample)) throw noSample(index);
    index++;
    yield eachPart(sample as Sample, asTensor);
  }
}

const isSample = (value: unknown): value is { readonly x: unknown; readonly y: unknown } =>
  typeof value === "object" && value !== null && "x" in value && "y" in value;

const isIterable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);

const noSample = (index: number): GradsmithError =>
  new GradsmithError("data", "dataset", `sample ${index} is not { x, y }.`, "Give every sample its features x and its label y.");

const noDataset = (source: unknown): GradsmithError =>
  isIterable(source)
    ? new GradsmithError("data", "dataset", "an iterable can be walked through only once.", "Give the function that makes it.")
    : new GradsmithError("data", "dataset", `${described(source)} holds no samples.`, "Give { x, y }, a list of them, or a function.");

function checkedBatch(changed: unknown): Batch {
  const isTensors = isSample(changed) && Object.values(eachPart(changed as Sample, (part) => part)).every((part) => part instanceof Tensor);
  if (isTensors) return changed as unknown as Batch;
  throw new GradsmithError("data", "map", "the function did not return { x, y } as tensors.", "Return both, changed or not.");
}

/** A buffer is filled; then each draw from it makes room for the next element. With room for all, this is a full shuffle (Fisher-Yates). */
async function* shuffled(source: AsyncIterable<Element>, random: RandomIntegers, room: number): AsyncGenerator<Element> {
  const buffer: Element[] = [];
  const draw = (): Element => {
    const place = random.below(buffer.length);
    const chosen = buffer[place]!;
    const last = buffer.pop()!;
    if (place < buffer.length) buffer[place] = last;
    return chosen;
  };
  for await (const element of source) {
    buffer.push(element);
    if (buffer.length > room) yield draw();
  }
  while (buffer.length > 0) yield draw();
}

async function* batched(source: AsyncIterable<Element>, size: number, dropRemainder: boolean): AsyncGenerator<Element> {
  let group: Element[] = [];
  for await (const element of source) {
    group.push(element);
    if (group.length < size) continue;
    yield gathered(group);
    group = [];
  }
  if (group.length > 0 && !dropRemainder) yield gathered(group);
}

/** Samples from one store are copied together; others are stacked as tensors. */
function gathered(group: readonly Element[]): Batch {
  const first = group[0]!;
  if ("from" in first && group.every((element) => "from" in element && element.from === first.from)) {
    const indices = group.map((element) => ("from" in element ? element.index : 0));
    return eachPart(first.from, (rows) => gatherRows(rows, indices));
  }
  const [head, ...others] = group.map(asTensors);
  return {
    x: head!.x.stack(others.map(({ x }) => x)),
    y: head!.y.stack(others.map(({ y }) => y)),
    ...(head!.weight === undefined ? {} : { weight: head!.weight.stack(others.map(weightOf)) }),
  };
}

const asTensors = (element: Element): Batch => ("from" in element ? eachPart(element.from, (rows) => rowAt(rows, element.index)) : element);

function weightOf({ weight }: Batch): Tensor {
  if (weight !== undefined) return weight;
  throw new GradsmithError("data", "dataset", "some samples have a weight and others none.", "Give every sample one, or none.");
}

const asTensor = (value: Tensor | Nested): Tensor => (value instanceof Tensor ? value : tensor(value));
