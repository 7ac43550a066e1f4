import { readFileSync, writeFileSync } from "node:fs";
import { root } from "./root.ts";

/** Whose time is divided by whose: a column of the table in docs/benchmarks.md. */
const series = [
  { column: "PyTorch (W7: onnxruntime) / native", name: "PyTorch (one sample: onnxruntime) / native", colour: "#1668b5" },
  { column: "JAX / native", name: "JAX / native", colour: "#7a4fb5" },
  { column: "better of jax-js, tfjs / wasm", name: "better of jax-js and TensorFlow.js / wasm", colour: "#d9480f" },
] as const;
/** Rows of the table, in words. */
const labels: Readonly<Record<string, string>> = {
  W1: "regression, 10-20-30-1, batch 32",
  W2: "classification, 10-100-100-1, batch 256",
  W3a: "Fashion-MNIST perceptron, batch 32",
  W3b: "Fashion-MNIST perceptron, batch 128",
  W4: "CNN on 28x28, batch 64",
  W5: "LSTM 128, 50 steps, batch 64",
  "W6 512": "product 512x512x512",
  "W6 1024": "product 1024x1024x1024",
  "W6 2048": "product 2048x2048x2048",
  "W6 32x784x512": "product 32x784x512",
  "W7 W3": "one sample through the perceptron",
  "W7 W4": "one sample through the CNN",
  R20: "ResNet-20 on 32x32, batch 64",
};
const [left, width, barHeight, top] = [250, 760, 9, 58];
const most = 200;

/** How many times as long as ours others take, from docs/benchmarks.md, as docs/benchmarks.svg. */
export function drawRatios(): void {
  const rows = tableRows(readFileSync(root("docs/benchmarks.md"), "utf8")).filter((row) => labels[row[""]!] !== undefined);
  const rowHeight = series.length * barHeight + 10;
  const height = top + rows.length * rowHeight + 24;
  const x = (ratio: number): number => left + (Math.log10(Math.max(1, ratio)) / Math.log10(most)) * (width - left - 60);
  const places = [12, 290, 390];
  const legend = series.map(
    ({ name, colour }, i) =>
      `<rect x="${places[i]}" y="30" width="10" height="10" fill="${colour}"/><text x="${places[i]! + 14}" y="39">${name}</text>`,
  );
  const grid = [1, 2, 5, 10, 20, 50, 100].map(
    (tick) =>
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="${top - 6}" y2="${height - 22}" stroke="#ddd"/><text x="${x(tick)}" y="${height - 8}" text-anchor="middle">${tick}x</text>`,
  );
  const bars = rows.flatMap((row, i) => {
    const y = top + i * rowHeight;
    return [
      `<text x="${left - 8}" y="${y + 1.5 * barHeight + 3}" text-anchor="end">${labels[row[""]!]}</text>`,
      ...series.flatMap(({ column, colour }, k) => {
        const ratio = Number.parseFloat(row[column] ?? "");
        if (Number.isNaN(ratio)) return [];
        const at = y + k * barHeight;
        return [
          `<rect x="${left}" y="${at}" width="${Math.max(1, x(ratio) - left).toFixed(1)}" height="${barHeight - 1}" fill="${colour}"/>`,
          `<text x="${(x(ratio) + 4).toFixed(1)}" y="${at + barHeight - 1}" font-size="9">${ratio}x</text>`,
        ];
      }),
    ];
  });
  const title = "How many times as long as Gradsmith others take (longer is slower)";
  const text = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="18" font-size="13" font-weight="bold">${title}</text>`,
    ...legend,
    ...grid,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
  writeFileSync(root("docs/benchmarks.svg"), text);
}

/** The rows of the first table that the benchmark wrote, by their columns' names. */
function tableRows(text: string): Record<string, string>[] {
  const lines = text.split("\n");
  const mark = lines.indexOf("<!-- bench -->");
  const begin = lines.findIndex((line, i) => i > mark && line.startsWith("|"));
  const cells = (line: string): string[] =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim());
  const names = cells(lines[begin]!);
  const end = lines.findIndex((line, i) => i > begin && !line.startsWith("|"));
  return lines.slice(begin + 2, end).map((line) => Object.fromEntries(cells(line).map((cell, i) => [names[i]!, cell])));
}
