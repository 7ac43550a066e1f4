/** Dots in a rectangle of characters. Dot (0, 0) is at the top left. Each series draws in its own stroke. */
export interface Canvas {
  /** Dots across and down. */
  readonly columns: number;
  readonly rows: number;
  set(column: number, row: number, series: number): void;
  lines(): string[];
  /** What a stretch of the series looks like, for a legend. */
  sample(series: number): string;
}

/** Braille characters hold 2 x 4 dots. Series 0 is a solid line, 1 is dashed, 2 is dotted, and so on in turn. */
export function brailleCanvas(width: number, height: number): Canvas {
  const cells = new Uint8Array(width * height);
  const bits = [1, 8, 2, 16, 4, 32, 64, 128];
  return {
    columns: 2 * width,
    rows: 4 * height,
    set(column, row, series) {
      if (!isOn(column, series)) return;
      cells[(row >> 2) * width + (column >> 1)]! |= bits[(row & 3) * 2 + (column & 1)]!;
    },
    lines: () => Array.from({ length: height }, (_, y) => braille(cells.subarray(y * width, (y + 1) * width))),
    sample: (series) =>
      braille(Uint8Array.from({ length: 3 }, (_, x) => (isOn(2 * x, series) ? 2 : 0) | (isOn(2 * x + 1, series) ? 16 : 0))),
  };
}

/** One mark a character, for terminals and files without Unicode. Where series meet, the first one shows. */
export function asciiCanvas(width: number, height: number): Canvas {
  const marks = ["*", "o", "+", "x", "#", "%"];
  const cells = new Array<number>(width * height).fill(-1);
  return {
    columns: width,
    rows: height,
    set(column, row, series) {
      const at = row * width + column;
      if (cells[at]! < 0 || series < cells[at]!) cells[at] = series;
    },
    lines: () =>
      Array.from({ length: height }, (_, y) =>
        cells
          .slice(y * width, (y + 1) * width)
          .map((series) => (series < 0 ? " " : marks[series % marks.length]!))
          .join(""),
      ),
    sample: (series) => marks[series % marks.length]!.repeat(3),
  };
}

/** Bresenham's line between two dots. */
export function drawLine(canvas: Canvas, from: readonly [number, number], to: readonly [number, number], series: number): void {
  let [x, y] = from;
  const [endX, endY] = to;
  const dx = Math.abs(endX - x);
  const dy = -Math.abs(endY - y);
  const stepX = x < endX ? 1 : -1;
  const stepY = y < endY ? 1 : -1;
  let error = dx + dy;
  for (;;) {
    canvas.set(x, y, series);
    if (x === endX && y === endY) return;
    const twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x += stepX;
    }
    if (twice <= dx) {
      error += dx;
      y += stepY;
    }
  }
}

/** Dots on and off along a line: solid, 3 of 6, 1 of 3. */
const dashes: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 6],
  [1, 3],
];

function isOn(column: number, series: number): boolean {
  const [on, period] = dashes[series % dashes.length]!;
  return column % period < on;
}

const braille = (cells: Uint8Array): string => String.fromCodePoint(...Array.from(cells, (bits) => (bits === 0 ? 0x20 : 0x2800 + bits)));
