import { flag } from "../core/checks.ts";
import { bytesOf } from "../core/dtype.ts";
import { checkOptions } from "../core/options.ts";
import { printable, quotedName } from "../core/printable.ts";
import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import { terminalWidth, widthWithin } from "../core/terminal-width.ts";
import type { Blueprint, Variable } from "../nn/blueprint.ts";
import { isTrained } from "../nn/blueprint.ts";
import type { Module, Shapes } from "../nn/module.ts";
import { joined, titled } from "../nn/module-tree.ts";
import { showShapes } from "../nn/shapes.ts";

/** The options of `summary`. */
export interface SummaryOptions {
  /** Shows what is inside nested models too, below each; false by default. */
  readonly expandNested?: boolean;
}

/** Names come from files too. */
const longestCell = 400;

type Widths = readonly [name: number, output: number, parameters: number];

/** Widths of Keras's columns, without their borders and the spaces beside them. */
const usual: Widths = [31, 22, 13];

/** The columns in a terminal of so many characters: where Keras's table doesn't fit, names and shapes go on in more lines. */
function widthsIn(columns: number | undefined): Widths {
  const borders = 10;
  const [name, output, parameters] = usual;
  const room = widthWithin(name + output + parameters + borders, columns) - parameters - borders;
  const outputRoom = Math.min(output, Math.max(12, Math.floor(room * 0.42)));
  return [room - outputRoom, outputRoom, parameters];
}

interface Summed extends Module {
  readonly name: string;
  readonly isBuilt: boolean;
  readonly blueprint: Blueprint;
}

/**
 * Keras's table of a model: its parts, what they give for a batch of any size (None), and how many numbers they learn; question marks where
 * nothing is known of shapes.
 */
export function summaryTable(model: Summed, options: SummaryOptions, columns = terminalWidth()): string {
  checkOptions<SummaryOptions>("summary", options, { expandNested: flag });
  const widths = widthsIn(columns);
  if (!model.isBuilt) return unbuiltTable(model, widths);
  const { blueprint } = model;
  const rowsInside = rowsOf(blueprint);
  const expanded = (row: Row, depth: number): string[][] => [
    cellsOf(row, depth),
    ...(options.expandNested === true ? rowsInside(row.module).flatMap((inner) => expanded(inner, depth + 1)) : []),
  ];
  const shown = rowsInside(model).flatMap((row) => expanded(row, 0));
  const all = Object.values(blueprint.variables);
  return [
    ...table(model.name, shown, widths),
    total("Total", all),
    total("Trainable", all.filter(isTrained)),
    total(
      "Non-trainable",
      all.filter((variable) => !isTrained(variable)),
    ),
  ].join("\n");
}

/** A part that was called. */
interface Row {
  readonly module: Module;
  readonly name: string;
  readonly output: Shapes;
  /** Of its variables, those inside included. */
  readonly parameters: number;
}

/** The parts that a module calls, in the order it does; those of parts that are not called themselves, such as what is in a list, among them. */
function rowsOf(blueprint: Blueprint): (module: Module) => readonly Row[] {
  const order = new Map([...blueprint.outputs.keys()].map((called, i) => [called, i]));
  const own = new Map<Module, number>();
  for (const variable of Object.values(blueprint.variables))
    own.set(variable.module, (own.get(variable.module) ?? 0) + sizeOf(variable.shape));
  // What stands elsewhere too is counted where it was met first.
  const inside = (outer: Module): readonly [string, Module][] => {
    const path = blueprint.paths.get(outer)!;
    return Object.entries(outer.children()).filter(([name, child]) => blueprint.paths.get(child) === joined(path, name));
  };
  const count = (part: Module): number => inside(part).reduce((sum, [, child]) => sum + count(child), own.get(part) ?? 0);
  const nearest = (outer: Module): readonly Module[] => inside(outer).flatMap(([, child]) => (order.has(child) ? [child] : nearest(child)));
  return (module) => {
    const path = blueprint.paths.get(module)!;
    return [...nearest(module)]
      .sort((a, b) => order.get(a)! - order.get(b)!)
      .map((part) => ({
        module: part,
        name: blueprint.paths.get(part)!.slice(path === "" ? 0 : path.length + 1),
        output: blueprint.outputs.get(part)!,
        parameters: count(part),
      }));
  };
}

const cellsOf = ({ module, name, output, parameters }: Row, depth: number): string[] => [
  `${depth === 0 ? "" : `${"  ".repeat(depth - 1)}└ `}${name} (${titled(module.kind)})`,
  batchShapes(output),
  thousands(parameters),
];

function unbuiltTable(model: Summed, widths: Widths): string {
  const children = Object.entries(model.children());
  const rows = children.map(([name, { kind }]) => [`${name} (${titled(kind)})`, "?", "0 (unbuilt)"]);
  return [...table(model.name, rows, widths), " Total params: 0 (unbuilt)"].join("\n");
}

function table(name: string, rows: readonly string[][], widths: Widths): string[] {
  const row = (cells: readonly string[], [left, middle, right]: string): string =>
    `${left}${cells.map((cell, i) => ` ${i === 2 ? cell.padStart(widths[2]) : cell.padEnd(widths[i]!)} `).join(middle)}${right}`;
  const line = ([left, across, middle, right]: string): string =>
    left + widths.map((width) => across!.repeat(width + 2)).join(middle) + right;
  const wrappedRow = (cells: readonly string[], bars: string): string =>
    wrapped(cells, widths)
      .map((lines) => row(lines, bars))
      .join("\n");
  const body = rows.map((cells) =>
    wrappedRow(
      cells.map((cell) => printable(cell, longestCell)),
      "│││",
    ),
  );
  return [
    `Model: ${quotedName(name)}`,
    line("┏━┳┓"),
    wrappedRow(["Layer (type)", "Output Shape", "Param #"], "┃┃┃"),
    line("┡━╇┩"),
    body.join(`\n${line("├─┼┤")}\n`),
    line("└─┴┘"),
  ];
}

/** The table's lines of one row: a text too wide for its column goes on in the next line. */
function wrapped(cells: readonly string[], widths: Widths): string[][] {
  const columns = cells.map((cell, i) => wrap(cell, widths[i]!));
  const height = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, i) => columns.map((lines) => lines[i] ?? ""));
}

const batchShapes = (shapes: Shapes): string => showShapes(shapes, batchShape);
const batchShape = ([, ...sample]: Shape): string => `(None, ${sample.join(", ")})`.replace("None, )", "None)");

function wrap(text: string, width: number): string[] {
  // However deep, something of the name stands in each line.
  const indent = /^ */.exec(text)![0].slice(0, Math.max(0, width - 8));
  const lines: string[] = [];
  for (const word of text.trimStart().split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else {
      const room = width - indent.length;
      for (let i = 0; i < word.length; i += room) lines.push(indent + word.slice(i, i + room));
    }
  }
  return lines;
}

const countOf = (variables: readonly Variable[]): number => variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

const total = (what: string, variables: readonly Variable[]): string =>
  ` ${what} params: ${thousands(countOf(variables))} (${memory(variables.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesOf(dtype), 0))})`;

const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

function memory(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${size.toFixed(2)} ${units[unit]}`;
}
