import { flag, wholeBetween } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";

/** Where `decisionBoundary` and `boundaryGrid` look, and how large the picture is. */
export interface BoundaryOptions {
  /** Characters across, all in, 40 to 200. Default 60. */
  readonly width?: number;
  /** Lines of the map, 5 to 60. Default 16. */
  readonly height?: number;
  /** The range of the first input, left to right. Default [0, 1]. */
  readonly xRange?: readonly [number, number];
  /** The range of the second input, upwards. Default [0, 1]. */
  readonly yRange?: readonly [number, number];
  /** Scores that the lightest and the darkest character stand for. Default [0, 1]. */
  readonly range?: readonly [number, number];
  /** Samples to mark with their class, a digit; none by default. */
  readonly samples?: readonly { readonly x: readonly [number, number]; readonly label: number }[];
  /** Only ASCII characters, for terminals without Unicode. Default false. */
  readonly ascii?: boolean;
}

/** Two numbers, the first below the second. */
function range(where: string, name: string, value: unknown): unknown {
  const [low, high, more] = Array.isArray(value) ? value : [];
  if (Number.isFinite(low) && Number.isFinite(high) && low < high && more === undefined) return value;
  throw new GradsmithError("option", where, `${name} must be two numbers that ascend, got ${described(value)}.`);
}

function samples(where: string, name: string, value: unknown): unknown {
  const isPoint = (point: unknown): boolean => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  if (Array.isArray(value) && value.every((sample) => isPoint(sample?.x) && "label" in sample)) return value;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be points with their classes, got ${described(value)}.`,
    "Write [{ x: [0.2, 0.7], label: 1 }].",
  );
}

const checks: OptionChecks<BoundaryOptions> = {
  width: wholeBetween(40, 200),
  height: wholeBetween(5, 60),
  xRange: range,
  yRange: range,
  range,
  samples,
  ascii: flag,
};

/**
 * A point of the map for each of its characters, row by row from the top: what a model is asked before `decisionBoundary` draws its answers.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense.
 * @example const scores = await model.predict(boundaryGrid({ xRange: [-1, 1] })).read();
 */
export function boundaryGrid(options: BoundaryOptions = {}): [number, number][] {
  const { columns, rows, x, y } = frameOf("boundaryGrid", options);
  return Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    const row = Math.floor(i / columns);
    return [x[0] + ((x[1] - x[0]) * (column + 0.5)) / columns, y[1] - ((y[1] - y[0]) * (row + 0.5)) / rows];
  });
}

/**
 * A model's scores over two inputs, as shades of text: light is low, dark is high. `scores[i]` belongs to `boundaryGrid(options)[i]`.
 *
 * Defaults: `width` 60, `height` 16, all ranges [0, 1], no samples.
 *
 * @throws GradsmithError "data" for scores of another grid, "option" for an unknown option or a value that makes no sense.
 * @example decisionBoundary(await model.predict(boundaryGrid()).read())
 */
export function decisionBoundary(scores: ArrayLike<number>, options: BoundaryOptions = {}): string {
  const { columns, rows, x, y } = frameOf("decisionBoundary", options);
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

interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

function frameOf(where: string, options: BoundaryOptions): Frame {
  const { width = 60, height = 16, xRange = [0, 1], yRange = [0, 1] } = checkOptions(where, options, checks);
  return { columns: width - margin - 1, rows: height, x: xRange, y: yRange };
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
