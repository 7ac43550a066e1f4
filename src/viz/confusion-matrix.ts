import { flag, listOf, positiveInteger, text, wholeBetween } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { terminalWidth } from "../core/terminal-width.ts";

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
  /** In the order of the class numbers, which stand in for those that are missing, by default for all. */
  readonly classNames?: readonly string[];
  /** Only ASCII characters, for terminals without Unicode. Default false. */
  readonly ascii?: boolean;
  /** Characters across that are there, 40 to 200: a wider table has narrower columns. By default the terminal's, where there is one. */
  readonly width?: number;
}

const matrixChecks: OptionChecks<ConfusionMatrixOptions> = { classCount: positiveInteger };
const tableChecks: OptionChecks<ConfusionTableOptions> = { classNames: listOf(text), ascii: flag, width: wholeBetween(40, 200) };

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
  const { ascii = false, width = terminalWidth() ?? Number.POSITIVE_INFINITY } = checkOptions("confusionTable", options, tableChecks);
  const { counts, accuracy } = matrix;
  const names = counts.map((_, i) => options.classNames?.[i] ?? String(i));
  // What each column needs at least, a blank before it included.
  const needed = counts.map((_, i) => 1 + Math.max(String(i).length, ...counts.map((row) => String(row[i]).length)));
  const usual = Math.max(3, ...needed);
  const nameWidth = Math.max(5, ...names.map((name) => name.length));
  const wide = { nameWidth, columns: needed.map(() => usual), share: "recognised" };
  const isTooWide = nameWidth + 5 + usual * counts.length + wide.share.length > width;
  const layout = isTooWide ? { nameWidth: Math.min(nameWidth, 8), columns: needed, share: "right" } : wide;
  const [bar, cross, dash] = ascii ? ["|", "+", "-"] : ["│", "┼", "─"];
  const line = (name: string, cells: readonly unknown[], share: string): string => {
    const middle = cells.map((cell, i) => String(cell).padStart(layout.columns[i]!)).join("");
    return `${name.slice(0, layout.nameWidth).padEnd(layout.nameWidth)} ${bar}${middle} ${bar} ${share}`;
  };
  const header = line(
    "truth",
    names.map((_, i) => i),
    layout.share,
  );
  const rule = [...header].map((character) => (character === bar ? cross : dash)).join("");
  const rows = counts.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const share = total === 0 ? (isTooWide ? "none" : "none seen") : `${((100 * row[i]!) / total).toFixed(1)} %`;
    return line(names[i]!, row, share.padStart(isTooWide ? 7 : layout.share.length));
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
