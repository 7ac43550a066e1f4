import { flag, listOf, positiveInteger, text } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";

/** How often each class was taken for each. */
export interface ConfusionMatrix {
  /** `counts[truth][prediction]`. */
  readonly counts: readonly (readonly number[])[];
  /** The share of samples whose class was recognised. */
  readonly accuracy: number;
}

/** The options of `confusionMatrix`. */
export interface ConfusionMatrixOptions {
  /** How many classes there are; by default as many as the highest number asks for. */
  readonly classCount?: number;
}
/** The options of `confusionTable`. */
export interface ConfusionTableOptions {
  /** In the order of the class numbers, which stand in for those that are missing. */
  readonly classNames?: readonly string[];
  /** Only ASCII characters, for terminals without Unicode. Default false. */
  readonly ascii?: boolean;
}

const matrixChecks: OptionChecks<ConfusionMatrixOptions> = { classCount: positiveInteger };
const tableChecks: OptionChecks<ConfusionTableOptions> = { classNames: listOf(text), ascii: flag };

/**
 * How often each class was taken for each: rows are the truth, columns the prediction, both class numbers 0 to `classCount - 1`.
 *
 * @throws GradsmithError "data" when lengths differ or a class is out of range, "option" for an unknown option.
 * @example confusionMatrix([0, 1, 1], [0, 1, 0]).counts // [[1, 0], [1, 1]]
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  prediction: ArrayLike<number>,
  options: ConfusionMatrixOptions = {},
): ConfusionMatrix {
  checkOptions("confusionMatrix", options, matrixChecks);
  if (truth.length !== prediction.length)
    fail(`there are ${truth.length} labels and ${prediction.length} predictions.`, "Give one prediction a label.");
  const classCount = options.classCount ?? 1 + highest(truth, highest(prediction, -1));
  const counts = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  let right = 0;
  for (let i = 0; i < truth.length; i++) {
    const row = counts[truth[i]!];
    if (row === undefined) fail(`label ${i} is ${truth[i]}, and classes are 0 to ${classCount - 1}.`, "Give class numbers.");
    if (row[prediction[i]!] === undefined)
      fail(`prediction ${i} is ${prediction[i]}, and classes are 0 to ${classCount - 1}.`, "Give class numbers, as argmax returns them.");
    row[prediction[i]!]!++;
    if (truth[i] === prediction[i]) right++;
  }
  return { counts, accuracy: right / truth.length };
}

/**
 * The matrix as text, with the share of each class that was recognised.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense.
 * @example console.log(confusionTable(confusionMatrix(truth, prediction), { classNames }));
 */
export function confusionTable(matrix: ConfusionMatrix, options: ConfusionTableOptions = {}): string {
  checkOptions("confusionTable", options, tableChecks);
  const { counts, accuracy } = matrix;
  const names = counts.map((_, i) => options.classNames?.[i] ?? String(i));
  const nameWidth = Math.max(5, ...names.map((name) => name.length));
  const width = Math.max(3, String(names.length - 1).length + 1, ...counts.flat().map((count) => String(count).length + 1));
  const bar = options.ascii === true ? "|" : "│";
  const header = `${"truth".padEnd(nameWidth)} ${bar}${names.map((_, i) => String(i).padStart(width)).join("")} ${bar} recognised`;
  const rule = [...header]
    .map((character) => (character === bar ? (options.ascii === true ? "+" : "┼") : options.ascii === true ? "-" : "─"))
    .join("");
  const rows = counts.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const share = total === 0 ? "none seen" : `${((100 * row[i]!) / total).toFixed(1)} %`;
    return `${names[i]!.padEnd(nameWidth)} ${bar}${row.map((count) => String(count).padStart(width)).join("")} ${bar} ${share.padStart(10)}`;
  });
  return [header, rule, ...rows, `accuracy ${(100 * accuracy).toFixed(2)} %`].join("\n");
}

function highest(values: ArrayLike<number>, floor: number): number {
  let most = floor;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
}

function fail(what: string, fix: string): never {
  throw new GradsmithError("data", "confusionMatrix", what, fix);
}
