import { asciiCanvas, brailleCanvas, type Canvas, drawLine } from "./canvas.ts";
import { niceTicks, type Ticks } from "./ticks.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  /** Characters across and down, all in. */
  readonly width: number;
  readonly height: number;
  /** Only characters that every terminal has. */
  readonly ascii: boolean;
  readonly title: string;
  readonly xLabel: string;
  /** Axis ranges; by default what the points need. */
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
}

interface Frame {
  readonly canvas: Canvas;
  readonly x: readonly [number, number];
  readonly y: Ticks;
  readonly options: LineChartOptions;
}

/** Lines through points, with axes and a legend: exactly `height` lines of exactly `width` characters. Points that are not finite leave gaps. */
export function lineChart(series: readonly Series[], options: LineChartOptions): string[] {
  const finite = series.flatMap(({ points }) => points.filter(isFinitePoint));
  const { width, height, title } = options;
  if (finite.length === 0) return frameLines([title, "no finite values", ...new Array<string>(height - 2).fill("")], width);
  const rows = height - 4;
  const xs = options.xRange ?? [Math.min(...finite.map(([x]) => x)), Math.max(...finite.map(([x]) => x))];
  const [low, high] = options.yRange ?? [Math.min(...finite.map(([, y]) => y)), Math.max(...finite.map(([, y]) => y))];
  const y = niceTicks(low, high, Math.max(2, Math.floor(rows / 2)));
  const margin = Math.max(...y.labels.map((label) => label.length)) + 2;
  const canvas = options.ascii ? asciiCanvas(width - margin, rows) : brailleCanvas(width - margin, rows);
  const frame: Frame = { canvas, x: xs, y, options };
  for (const [index, { points }] of series.entries()) drawSeries(frame, points, index);
  return frameLines([title, ...withYAxis(frame, margin), ...xAxis(frame, margin), legend(frame, series)], width);
}

function drawSeries(frame: Frame, points: Series["points"], index: number): void {
  let previous: [number, number] | undefined;
  for (const point of points) {
    const dot = isFinitePoint(point) ? place(frame, point) : undefined;
    if (dot !== undefined) drawLine(frame.canvas, previous ?? dot, dot, index);
    previous = dot;
  }
}

function place({ canvas, x: [left, right], y }: Frame, [x, y0]: readonly [number, number]): [number, number] {
  const bottom = y.values[0]!;
  const top = y.values.at(-1)!;
  const across = right === left ? 0.5 : (x - left) / (right - left);
  return [dot(across, canvas.columns), dot((top - y0) / (top - bottom), canvas.rows)];
}

const dot = (part: number, dots: number): number => Math.max(0, Math.min(dots - 1, Math.round(part * (dots - 1))));

function withYAxis({ canvas, y, options }: Frame, margin: number): string[] {
  const lines = canvas.lines();
  const labels = new Map(y.labels.map((label, i) => [dot(1 - i / (y.labels.length - 1), lines.length), label]));
  const [tick, bar] = options.ascii ? ["+", "|"] : ["┤", "│"];
  return lines.map((line, row) => {
    const label = labels.get(row);
    return `${(label ?? "").padStart(margin - 2)} ${label === undefined ? bar : tick}${line}`;
  });
}

/** The line under the chart, and its labels: both ends, and the axis's name between them. */
function xAxis({ x: [left, right], options }: Frame, margin: number): string[] {
  const span = options.width - margin;
  const [corner, bar] = options.ascii ? ["+", "-"] : ["└", "─"];
  const rule = `${" ".repeat(margin - 1)}${corner}${bar.repeat(span)}`;
  const ends = niceNumber(left);
  const other = right === left ? "" : niceNumber(right);
  const room = Math.max(0, span - ends.length - other.length);
  const name = options.xLabel.slice(0, Math.max(0, room - 2));
  const before = Math.floor((room - name.length) / 2);
  return [rule, `${" ".repeat(margin)}${ends}${" ".repeat(before)}${name}${" ".repeat(Math.max(0, room - before - name.length))}${other}`];
}

const legend = ({ canvas }: Frame, series: readonly Series[]): string =>
  `  ${series.map(({ name }, index) => `${canvas.sample(index)} ${name}`).join("   ")}`;

const niceNumber = (value: number): string => String(Number(value.toPrecision(4)));

/** Every line cut or filled to the same width, so that charts can stand side by side. */
function frameLines(lines: readonly string[], width: number): string[] {
  return lines.map((line) => {
    const characters = [...line];
    return characters.length > width ? characters.slice(0, width).join("") : line + " ".repeat(width - characters.length);
  });
}

const isFinitePoint = ([x, y]: readonly [number, number]): boolean => Number.isFinite(x) && Number.isFinite(y);
