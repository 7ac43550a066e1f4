export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** What is expected instead of measured: a dashed line without marks. */
  readonly isGuide?: boolean;
}
export interface Panel {
  readonly title: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

const across = 3;
const panel = { width: 300, height: 230, left: 52, right: 20, top: 34, bottom: 30 };
const colors: Readonly<Record<string, string>> = { native: "#1668b5", wasm: "#d9480f" };
const grey = "#888";

/** Charts with two logarithmic axes, in rows of three, as one SVG. The title is for those who can't see it. */
export function logCharts(title: string, panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / across);
  const [width, height] = [across * panel.width, rows * panel.height];
  const drawn = panels.map((each, i) => {
    const [x, y] = [(i % across) * panel.width, Math.floor(i / across) * panel.height];
    return `<g transform="translate(${x} ${y})">${drawPanel(each)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="10" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

interface Scale {
  readonly low: number;
  readonly high: number;
  place(value: number): number;
}

/** Whole powers of ten around the values, or less where they span less than one. */
function scaleOf(values: readonly number[], from: number, to: number): Scale {
  const logs = values.map(Math.log10);
  const low = Math.floor(Math.min(...logs) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs) - 1e-9));
  return { low, high, place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) };
}

function drawPanel({ title, yTitle, series }: Panel): string {
  const shown = series.map((each) => ({ ...each, points: each.points.filter(([x, y]) => x > 0 && y > 0) }));
  const all = shown.flatMap(({ points }) => points);
  if (all.length === 0) return "";
  const { left, right, top, bottom, width, height } = panel;
  const x = scaleOf(
    all.map(([value]) => value),
    left,
    width - right,
  );
  const y = scaleOf(
    all.map(([, value]) => value),
    height - bottom,
    top,
  );
  return [
    text(left, 14, title, 'font-weight="bold"'),
    text(left, 27, yTitle, `fill="${grey}"`),
    legend(shown),
    ...ticks(x).map((value) => {
      const at = x.place(value);
      return line([at, top], [at, height - bottom]) + text(at, height - bottom + 14, label(value), 'text-anchor="middle"');
    }),
    ...ticks(y).map((value) => {
      const at = y.place(value);
      return line([left, at], [width - right, at]) + text(left - 5, at + 3, label(value), 'text-anchor="end"');
    }),
    ...shown.map((each) => drawSeries(each, x, y)),
  ].join("\n");
}

/** Powers of ten, every second where there are many. */
function ticks({ low, high }: Scale): number[] {
  const step = high - low > 6 ? 2 : 1;
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => 10 ** (low + i * step));
}

function drawSeries({ name, points, isGuide = false }: Series, x: Scale, y: Scale): string {
  const placed = points.map(([a, b]) => [x.place(a).toFixed(1), y.place(b).toFixed(1)] as const);
  const path = placed.map((point) => point.join(",")).join(" ");
  const color = colors[name] ?? grey;
  const dashes = isGuide ? ' stroke-dasharray="4 3"' : "";
  const curve = `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="${isGuide ? 1 : 1.8}"${dashes}/>`;
  return isGuide ? curve : curve + placed.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="2.4" fill="${color}"/>`).join("");
}

function legend(series: readonly Series[]): string {
  const names = [...new Set(series.map(({ name }) => name))].reverse();
  let end = panel.width - panel.right;
  return names
    .map((name) => {
      const drawn = text(end, 27, name, `text-anchor="end" fill="${colors[name] ?? grey}"`);
      end -= 5.2 * name.length + 10;
      return drawn;
    })
    .join("");
}

const line = ([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]): string =>
  `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" stroke="#ddd" stroke-width="0.7"/>`;
const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;

/** 1000000 as 1M, 0.001 as 1m. */
function label(value: number): string {
  const power = Math.round(Math.log10(value));
  const group = Math.floor(power / 3);
  const unit = { "-4": "p", "-3": "n", "-2": "µ", "-1": "m", 0: "", 1: "k", 2: "M", 3: "G" }[String(group)];
  return unit === undefined ? `1e${power}` : `${10 ** (power - 3 * group)}${unit}`;
}
