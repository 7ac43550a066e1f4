import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { answerOf } from "./child.ts";
import type { GrowthLine, GrowthPoint } from "./growth-process.ts";
import type { Panel, Series } from "./log-chart.ts";
import { logCharts } from "./log-chart.ts";
import { describeMachine, today } from "./machine.ts";
import { markdown } from "./markdown.ts";
import { root } from "./root.ts";
import { duration } from "./table.ts";

interface Axis {
  readonly name: string;
  readonly title: string;
  readonly values: readonly number[];
  point(value: number): GrowthPoint;
}

const square = (parameters: number): number => Math.round(Math.sqrt(parameters / 2 + 42) - 6.5);
const axes: readonly Axis[] = [
  {
    name: "batch",
    title: "batch (256 features, two layers of 256)",
    values: [1, 4, 16, 64, 256, 1024, 4096],
    point: (batch) => ({ batch, sizes: [256, 256, 256, 10] }),
  },
  {
    name: "width",
    title: "width (64 features, two layers, batch 64)",
    values: [8, 32, 128, 512, 2048],
    point: (width) => ({ batch: 64, sizes: [64, width, width, 10] }),
  },
  {
    name: "depth",
    title: "depth (layers of 128, batch 64)",
    values: [1, 2, 4, 8, 16, 32, 64],
    point: (depth) => ({ batch: 64, sizes: [128, ...new Array<number>(depth).fill(128), 10] }),
  },
  {
    name: "parameters",
    title: "parameters (two square layers, batch 32)",
    values: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8],
    point: (parameters) => ({ batch: 32, sizes: [square(parameters), square(parameters), square(parameters), 10] }),
  },
];
const tiers = ["native", "wasm"] as const;
type Tier = (typeof tiers)[number];

interface Measured {
  readonly value: number;
  readonly tier: Tier;
  readonly line: GrowthLine;
}
interface AxisResult {
  readonly name: string;
  readonly date: string;
  readonly measured: readonly Measured[];
}

/** By how much a power law in the operations may be missed before a step of the series is marked: caches end somewhere. */
const tolerance = 0.15;

export interface GrowthOptions {
  /** Names of axes; all by default. */
  readonly only: readonly string[];
  readonly intoDocs: boolean;
  readonly progress: (text: string) => void;
}

/** Step time and memory against batch, width, depth and parameters, on both tiers. Whether every point could be measured. */
export async function measureGrowth({ only, intoDocs, progress }: GrowthOptions): Promise<boolean> {
  const chosen = axes.filter(({ name }) => only.length === 0 || only.includes(name));
  const failures: string[] = [];
  const results: AxisResult[] = [];
  for (const axis of chosen) {
    const measured: Measured[] = [];
    for (const value of axis.values) {
      for (const tier of tiers) {
        progress(`${axis.name} ${value} ${tier}`);
        const env = { GRADSMITH_CPU: tier, BENCH_GROWTH: JSON.stringify(axis.point(value)) };
        const line = await answerOf<GrowthLine>("growth-process", env);
        if (typeof line === "string") failures.push(`${axis.name} ${value} ${tier}: ${line}`);
        else measured.push({ value, tier, line });
      }
    }
    progress("");
    results.push({ name: axis.name, date: today(), measured });
    console.log(`${table(axis, measured)}\n\n${sentence(axis, measured)}\n`);
  }
  for (const failure of failures) console.error(failure);
  const all = axes.flatMap(({ name }) => results.find((each) => each.name === name) ?? earlier().find((each) => each.name === name) ?? []);
  mkdirSync(root("bench/results"), { recursive: true });
  writeFileSync(root("bench/results/growth.json"), JSON.stringify(all, null, 2));
  const chart = draw(all);
  writeFileSync(root("bench/results/growth.svg"), chart);
  if (intoDocs) {
    writeFileSync(root("docs/growth.svg"), chart);
    writeFileSync(root("docs/growth.md"), page(all));
  }
  console.log(`Drawn in ${intoDocs ? "docs/growth.svg, written to docs/growth.md" : "bench/results/growth.svg"}.`);
  return failures.length === 0;
}

function earlier(): AxisResult[] {
  try {
    return JSON.parse(readFileSync(root("bench/results/growth.json"), "utf8")) as AxisResult[];
  } catch {
    return [];
  }
}

/** A row for each value: time, rate and memory on both tiers, and by which power time and operations have grown since the row before. */
function table(axis: Axis, measured: readonly Measured[]): string {
  const header = [axis.name, "weights", "Mop", ...tiers.flatMap((tier) => [tier, "Gop/s", "power", "peak MB"]), "operations' power"];
  const rows = axis.values.map((value, i) => {
    const at = (tier: Tier, of = value) => measured.find((each) => each.value === of && each.tier === tier)?.line;
    const any = at("native") ?? at("wasm");
    const cells = tiers.flatMap((tier) => {
      const [line, before] = [at(tier), at(tier, axis.values[i - 1] ?? Number.NaN)];
      if (line === undefined) return ["no", "", "", ""];
      const grown = before === undefined ? undefined : power(axis, i, before.us, line.us);
      const expected = before === undefined ? undefined : power(axis, i, before.operations, line.operations);
      const mark = grown !== undefined && grown > expected! + tolerance ? " faster" : "";
      const rate = (line.operations / line.us / 1e3).toPrecision(3);
      return [duration(line.us), rate, grown === undefined ? "" : grown.toFixed(2) + mark, line.peakMb.toFixed(0)];
    });
    const before = i === 0 ? undefined : (at("native", axis.values[i - 1]) ?? at("wasm", axis.values[i - 1]));
    const expected = before === undefined || any === undefined ? "" : power(axis, i, before.operations, any.operations).toFixed(2);
    return [
      value >= 1e5 ? value.toExponential(0).replace("+", "") : String(value),
      any === undefined ? "" : String(any.parameters),
      any === undefined ? "" : (any.operations / 1e6).toPrecision(3),
      ...cells,
      expected,
    ];
  });
  return markdown(header, rows);
}

const power = (axis: Axis, i: number, from: number, to: number): number =>
  Math.log(to / from) / Math.log(axis.values[i]! / axis.values[i - 1]!);

/** The powers over the whole series, and over its upper half, where the constant part of a step no longer counts. */
function sentence(axis: Axis, measured: readonly Measured[]): string {
  const parts = tiers.flatMap((tier) => {
    const own = measured.filter((each) => each.tier === tier);
    if (own.length < 3) return [];
    const upper = own.slice(-Math.ceil((own.length + 1) / 2));
    const text = [own, upper].map((points) => {
      const of = (pick: (line: GrowthLine) => number) => slope(points.map(({ value, line }) => [value, pick(line)]));
      return `${of((line) => line.us).toFixed(2)} (operations ${of((line) => line.operations).toFixed(2)})`;
    });
    return [`${tier} ${text[0]}, in the upper half ${text[1]}`];
  });
  return `Time grows with ${axis.name} to the power of: ${parts.join("; ")}.`;
}

/** The straight line's slope through points on logarithmic axes. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))];
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

function draw(results: readonly AxisResult[]): string {
  const timePanels = results.map((result): Panel => {
    const axis = axes.find(({ name }) => name === result.name)!;
    const measured = tiers.map((tier): Series => ({ name: tier, points: pointsOf(result, tier, (line) => line.us / 1e6) }));
    const expected = tiers.map((tier): Series => {
      const own = result.measured.filter((each) => each.tier === tier);
      // Operations at the best rate of the series: time can't grow slower than this line for long.
      const rate = Math.max(...own.map(({ line }) => line.operations / line.us));
      return { name: "operations", isGuide: true, points: own.map(({ value, line }) => [value, line.operations / rate / 1e6]) };
    });
    return { title: axis.title, yTitle: "seconds per step", series: [...expected, ...measured] };
  });
  const memoryPanels = results
    .filter(({ name }) => name === "parameters" || name === "batch")
    .map((result): Panel => {
      const guide: Series = {
        name: "4 floats a weight",
        isGuide: true,
        points: pointsOf(result, "native", (line) => (16 * line.parameters) / 2 ** 20),
      };
      const measured = tiers.map((tier): Series => ({ name: tier, points: pointsOf(result, tier, (line) => line.peakMb) }));
      const isParameters = result.name === "parameters";
      return {
        title: `memory: ${result.name}`,
        yTitle: "MB at most",
        series: isParameters ? [{ ...guide, points: guide.points.filter(([, y]) => y > 10) }, ...measured] : measured,
      };
    });
  return logCharts("Step time and memory against batch, width, depth and parameters", [...timePanels, ...memoryPanels]);
}

const pointsOf = ({ measured }: AxisResult, tier: Tier, pick: (line: GrowthLine) => number): [number, number][] =>
  measured.filter((each) => each.tier === tier).map(({ value, line }) => [value, pick(line)]);

function page(results: readonly AxisResult[]): string {
  const parts = results.map((result) => {
    const axis = axes.find(({ name }) => name === result.name)!;
    return `## ${axis.title[0]!.toUpperCase()}${axis.title.slice(1)}\n\n${table(axis, result.measured)}\n\n${sentence(axis, result.measured)}`;
  });
  const largest = results.find(({ name }) => name === "parameters")?.measured.filter(({ value }) => value === 1e8) ?? [];
  const memory = largest.map(({ tier, line }) => {
    const least = (16 * line.parameters) / 2 ** 20;
    return `${tier} ${line.peakMb} MB, ${((line.peakMb - line.emptyMb) / least).toFixed(2)} times 4 floats per parameter (${least.toFixed(0)} MB) besides the ${line.emptyMb} MB of an empty process`;
  });
  return [
    "# Growth",
    "",
    `Written by \`npm run bench -- growth --docs\`. ${describeMachine()}. Multilayer perceptrons trained with Adam; each point is a process of its own; time per step is the fastest of nine blocks, since a disturbance bends a curve.`,
    "",
    "![Step time and memory against batch, width, depth and parameters](growth.svg)",
    "",
    `Dashed: the operations of a step at the best rate of the series. The tables give the power by which time has grown since the row before; "faster" marks where that is more than ${tolerance} above the operations' power: expected where a step's numbers leave a cache, and worth a look elsewhere.`,
    "",
    ...(memory.length === 0 ? [] : [`Memory at 100 million parameters: ${memory.join("; ")}.`, ""]),
    parts.join("\n\n"),
    "",
  ].join("\n");
}
