import { GradsmithError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { described } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import type { Loss } from "../nn/losses/loss.ts";
import type { LossChoice } from "../nn/losses/registry.ts";
import { lossOf } from "../nn/losses/registry.ts";
import type { Metric } from "../nn/metrics/metric.ts";
import type { MetricChoice } from "../nn/metrics/registry.ts";
import { metricOf } from "../nn/metrics/registry.ts";
import type { Types } from "../nn/shapes.ts";
import { isType, namedTypes } from "../nn/shapes.ts";

/** Something for each of several outputs, in their structure: by name in a record, by place in a list. */
export type PerOutput<T> = Readonly<Record<string, T>> | readonly T[];

/** One output of a model, with what is asked of it. */
export interface Output {
  /** Where it is in what the model gives: `""` if it is all of that. */
  readonly name: string;
  readonly shape: Shape;
  /** None for an output that training doesn't look at. */
  readonly loss: Loss | undefined;
  /** How much its loss counts. */
  readonly lossWeight: number;
  /** By their keys in logs. */
  readonly metrics: Readonly<Record<string, Metric>>;
}

/** What was said of all outputs together, or of each. */
export interface OutputChoices {
  readonly loss: LossChoice | PerOutput<LossChoice>;
  readonly metrics?: readonly MetricChoice[] | PerOutput<readonly MetricChoice[]> | undefined;
  readonly lossWeights?: PerOutput<number> | undefined;
}

/** What is wrong with losses and metrics whatever the outputs are is said at once. */
export function checkChoices({ loss, metrics = [] }: OutputChoices): void {
  const losses = isLossChoice(loss) || !isPerOutput(loss) ? [loss as LossChoice] : Object.values(loss as PerOutput<LossChoice>);
  for (const choice of losses) lossOf("compile", choice);
  if (losses.length === 0) lossOf("compile", undefined as never);
  const lists = isMetricList(metrics) || !isPerOutput(metrics) ? [metrics] : Object.values(metrics);
  for (const list of lists as readonly (readonly MetricChoice[])[]) {
    if (!Array.isArray(list))
      throw new GradsmithError("option", "compile", `metrics must be a list, got ${described(list)}.`, 'Write metrics: ["accuracy"].');
    for (const choice of list as readonly MetricChoice[]) metricOf("compile", choice);
  }
}

/** Losses and metrics of each output of a model; of a single one under their own names, of several under `sold_loss`, `sold_accuracy`. */
export function outputsOf({ loss, metrics = [], lossWeights }: OutputChoices, output: Types): readonly Output[] {
  const leaves = namedTypes(output);
  const names = leaves.map(([name]) => name);
  const single = isType(output);
  const losses = each<LossChoice>("loss", loss, names, single, isLossChoice);
  const measured = each<readonly MetricChoice[]>("metrics", metrics, names, single, isMetricList);
  const weights = lossWeights === undefined ? undefined : each<number>("lossWeights", lossWeights, names, single, () => false);
  return leaves.map(([name, { shape }]) => {
    const chosen = losses.get(name);
    return {
      name,
      shape,
      loss: chosen === undefined ? undefined : lossOf("compile", chosen),
      lossWeight: weights?.get(name) ?? 1,
      metrics: keyed(
        (measured.get(name) ?? []).map((choice) => metricOf("compile", choice)),
        single ? "" : `${logName(name)}_`,
      ),
    };
  });
}

/** How an output is called in logs. */
export const logName = (name: string): string => (/^\d+$/.test(name) ? `output_${name}` : name.replaceAll("/", "_"));

/** What was given for each output: the same for all, where one was given. */
function each<T>(
  what: string,
  given: T | PerOutput<T>,
  names: readonly string[],
  single: boolean,
  isOne: (given: unknown) => boolean,
): ReadonlyMap<string, T> {
  if (isOne(given) || (single && !isPerOutput(given))) return new Map(names.map((name) => [name, given as T]));
  if (Array.isArray(given)) {
    if (!single && given.length === names.length) return new Map(names.map((name, i) => [name, given[i] as T]));
    throw new GradsmithError(
      "option",
      "compile",
      `${what} is a list of ${given.length}, but the model has ${single ? "one output" : `${names.length} outputs`}.`,
      single ? `Give one ${what}.` : `Give one for each: ${names.map(logName).join(", ")}.`,
    );
  }
  if (single) throw new GradsmithError("option", "compile", `${what} is given by output, but the model has one output.`, "Give it alone.");
  for (const name of Object.keys(given as object)) {
    if (names.includes(name)) continue;
    const close = nearest(name, names);
    const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
    throw new GradsmithError(
      "option",
      "compile",
      `${what} names an output "${name}" that the model doesn't have.${hint}`,
      `It has: ${names.join(", ")}.`,
    );
  }
  return new Map(Object.entries(given as Readonly<Record<string, T>>));
}

const isPerOutput = (given: unknown): boolean =>
  Array.isArray(given) || (typeof given === "object" && given !== null && Object.getPrototypeOf(given) === Object.prototype);

/** A name, a name with options, a loss, or a function; not a list of such, nor a record of them. */
function isLossChoice(given: unknown): boolean {
  if (typeof given === "string" || typeof given === "function") return true;
  if (Array.isArray(given)) return given.length === 2 && typeof given[0] === "string" && isOptions(given[1]);
  return typeof given === "object" && given !== null && "perSample" in given;
}

const isOptions = (given: unknown): boolean =>
  typeof given === "object" && given !== null && !Array.isArray(given) && !("perSample" in given) && !("update" in given);

/** A list of metrics, and not a list of such lists. */
const isMetricList = (given: unknown): boolean =>
  Array.isArray(given) &&
  given.every((item) => !Array.isArray(item) || (item.length > 0 && typeof item[0] === "string" && isOptions(item[1] ?? {})));

/** Metrics by their keys; a second of the same name is numbered. */
function keyed(metrics: readonly Metric[], prefix: string): Record<string, Metric> {
  const result: Record<string, Metric> = {};
  for (const metric of metrics) {
    const own = `${prefix}${metric.name}`;
    let key = own;
    for (let i = 1; key === "loss" || key in result; i++) key = `${own}_${i}`;
    result[key] = metric;
  }
  return result;
}
