import { within } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";

export interface BoundaryOptions {
  /** Characters across, all in, 40 to 200. Default 60. */
  readonly width?: number;
  /** Lines of the map, 5 to 60. Default 16. */
  readonly height?: number;
  /** Ranges of the two inputs. Default [0, 1]. */
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  /** Scores that the lightest and the darkest character stand for. Default [0, 1]. */
  readonly range?: readonly [number, number];
  /** Samples to mark with their class, a digit. */
  readonly samples?: readonly { readonly x: readonly [number, number]; readonly label: number }[];
  readonly ascii?: boolean;
}

/** A point of the map for each of its characters, row by row from the top: what a model is asked before `decisionBoundary` draws its answers. */
export function boundaryGrid(options: BoundaryOptions = {}): [number, number][] {
  const { columns, rows, x, y } = frameOf(options);
  return Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    return [x[0] + ((x[1] - x[0]) * (column + 0.5)) / columns, y[1] - ((y[1] - y[0]) * (row + 0.5)) / rows];
  });
}

/**
 * A model's scores over two inputs, as shades of text: light is low, dark is high. `scores[i]` belongs to `boundaryGrid(options)[i]`.
 *
 * @example decisionBoundary(await model.predict(boundaryGrid()).read())
 */
export function decisionBoundary(scores: ArrayLike<number>, options: BoundaryOptions = {}): string {
  const { columns, rows, x, y } = frameOf(options);
  if (scores.length !== rows * columns) {
    throw new GradsmithError(
      "data",
      "decisionBoundary",
      `there are ${scores.length} scores for ${rows * columns} points.`,
      "Ask the model about boundaryGrid() of the same options.",
    );
  }
  const shades = options.ascii === true ? [..." .:*#"] : [..." ░▒▓█"];
  const [low, high] = options.range ?? [0, 1];
  const shade = (score: number): string =>
    Number.isNaN(score) ? "?" : shades[Math.max(0, Math.min(4, Math.floor((5 * (score - low)) / (high - low))))]!;
  const cells = Array.from(scores, shade);
  for (const { x: point, label } of options.samples ?? []) {
    const column = cellOf((point[0] - x[0]) / (x[1] - x[0]), columns);
    const row = cellOf((y[1] - point[1]) / (y[1] - y[0]), rows);
    cells[row * columns + column] = String(label);
  }
  const lines = Array.from({ length: rows }, (_, row) => cells.slice(row * columns, (row + 1) * columns).join(""));
  return framed(lines, { x, y, ascii: options.ascii === true });
}

const margin = 7;

function frameOf(options: BoundaryOptions): { columns: number; rows: number; x: readonly [number, number]; y: readonly [number, number] } {
  const columns = within("decisionBoundary", "width", options.width ?? 60, 40, 200) - margin - 1;
  const rows = within("decisionBoundary", "height", options.height ?? 16, 5, 60);
  return { columns, rows, x: options.xRange ?? [0, 1], y: options.yRange ?? [0, 1] };
}

const cellOf = (part: number, cells: number): number => Math.max(0, Math.min(cells - 1, Math.floor(part * cells)));

function framed(
  lines: readonly string[],
  { x, y, ascii }: { x: readonly [number, number]; y: readonly [number, number]; ascii: boolean },
): string {
  const [side, rule, corner] = ascii ? ["|", "-", "+"] : ["│", "─", "└"];
  const label = (row: number): string => (row === 0 ? showEnd(y[1]) : row === lines.length - 1 ? showEnd(y[0]) : "").padStart(margin - 2);
  const columns = [...lines[0]!].length;
  const right = showEnd(x[1]);
  const foot = `${" ".repeat(margin)}${showEnd(x[0]).padEnd(columns - right.length)}${right}`;
  return [
    ...lines.map((line, row) => `${label(row)} ${side}${line}`.trimEnd()),
    `${" ".repeat(margin - 1)}${corner}${rule.repeat(columns)}`,
    foot,
  ].join("\n");
}

const showEnd = (value: number): string => String(Number(value.toPrecision(3)));
