import { flag, listOf, text } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";

/** The options of `table`. */
export interface TableOptions {
  /** Column names, in order; by default the first row's. */
  readonly columns?: readonly string[];
  /** Only ASCII characters. Default false. */
  readonly ascii?: boolean;
}

const checks: OptionChecks<TableOptions> = { columns: listOf(text), ascii: flag };

type Cell = string | number | boolean | undefined;

/**
 * Rows as an aligned text table: numbers to the right, words to the left.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense.
 * @example table([{ layer: "dense", params: 220 }])
 */
export function table(rows: readonly Readonly<Record<string, Cell>>[], options: TableOptions = {}): string {
  checkOptions("table", options, checks);
  const columns = options.columns ?? Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? "")));
  const widths = columns.map((column, i) => Math.max(lengthOf(column), ...cells.map((line) => lengthOf(line[i]!))));
  const isNumeric = columns.map(
    (column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === undefined),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => pad(text, widths[i]!, isNumeric[i]!))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => (options.ascii === true ? "-" : "─").repeat(width)).join("  ");
  return [line(columns), rule, ...cells.map(line)].join("\n");
}

/** Code points, which is what a terminal shows of ordinary text. */
const lengthOf = (text: string): number => [...text].length;

function pad(text: string, width: number, right: boolean): string {
  const blanks = " ".repeat(width - lengthOf(text));
  return right ? blanks + text : text + blanks;
}
