import { bytesOf } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { Blueprint, BlueprintEntry } from "../nn/blueprint.ts";

/** Widths of Keras's columns, without their borders and the spaces beside them. */
const widths = [31, 22, 13] as const;

/** Keras's table of a model: its layers, what they give for a batch of any size (None), and how many numbers they learn. */
export function summaryTable(name: string, { entries, variables, input }: Blueprint): string {
  const row = (cells: readonly string[], [left, middle, right]: string): string =>
    `${left}${cells.map((cell, i) => ` ${i === 2 ? cell.padStart(widths[2]) : cell.padEnd(widths[i]!)} `).join(middle)}${right}`;
  const line = ([left, across, middle, right]: string): string =>
    left + widths.map((width) => across!.repeat(width + 2)).join(middle) + right;
  const body = entries.map((entry) =>
    rowsOf(entry)
      .map((cells) => row(cells, "│││"))
      .join("\n"),
  );
  const count = (trainable?: boolean): number =>
    Object.values(variables).reduce(
      (sum, spec) => sum + (trainable === undefined || spec.trainable === trainable ? sizeOf(spec.shape) : 0),
      0,
    );
  const total = (what: string, parameters: number): string =>
    ` ${what} params: ${thousands(parameters)} (${memory(parameters * bytesOf(input.dtype === "f64" ? "f64" : "f32"))})`;
  return [
    `Model: "${name}"`,
    line("┏━┳┓"),
    row(["Layer (type)", "Output Shape", "Param #"], "┃┃┃"),
    line("┡━╇┩"),
    body.join(`\n${line("├─┼┤")}\n`),
    line("└─┴┘"),
    total("Total", count()),
    total("Trainable", count(true)),
    total("Non-trainable", count(false)),
  ].join("\n");
}

/** The table's lines of one layer: a text too wide for its column goes on in the next line. */
function rowsOf({ name, layer, specs, outputShape }: BlueprintEntry): string[][] {
  const type = layer.kind[0]!.toUpperCase() + layer.kind.slice(1);
  const parameters = Object.values(specs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const columns = [wrap(`${name} (${type})`, widths[0]), wrap(batchShape(outputShape), widths[1]), [thousands(parameters)]];
  const height = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) => columns.map((lines) => lines[i] ?? ""));
}

const batchShape = ([, ...sample]: Shape): string => `(None, ${sample.join(", ")})`.replace("None, )", "None)");

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else for (let i = 0; i < word.length; i += width) lines.push(word.slice(i, i + width));
  }
  return lines;
}

const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

function memory(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${size.toFixed(2)} ${units[unit]}`;
}
