import { bytesOf } from "../core/dtype.ts";
import { showType } from "../core/shape.ts";
import type { Expr, Instruction } from "./expr.ts";
import { type Node, topological } from "./graph.ts";
import type { Kernel, Statement } from "./kernel.ts";
import type { Call, Program, ProgramBuffer, Repeat } from "./program.ts";
import { eachCall, isRepeat } from "./program.ts";

const infix: Partial<Readonly<Record<Instruction, string>>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  less: "<",
  lessEqual: "<=",
  equal: "==",
  notEqual: "!=",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>",
};

/** An expression as one would write it: `fma(b0[(i * 4) :8], %w, 0.5)`. `:8` marks eight neighbours, `@8` a scalar in eight lanes. */
export function showExpr(expr: Expr): string {
  switch (expr.kind) {
    case "constant":
      return Object.is(expr.value, -0) ? "-0" : String(expr.value);
    case "local":
      return expr.name;
    case "load":
      return `b${expr.buffer}[${showPlace(expr.index, expr.lanes)}]`;
    case "apply": {
      const args = expr.args.map(showExpr);
      const symbol = infix[expr.instruction];
      return symbol !== undefined && args.length === 2 ? `(${args.join(` ${symbol} `)})` : `${expr.instruction}(${args.join(", ")})`;
    }
    case "convert":
      return `${expr.how === "bitcast" ? "bits_" : ""}${expr.dtype}(${showExpr(expr.x)})`;
    case "splat":
      return `${showExpr(expr.x)}@${expr.lanes}`;
    case "ramp":
      return `(${showExpr(expr.base)} .. ${expr.step} :${expr.lanes})`;
    case "across":
      return `across_${expr.instruction}(${showExpr(expr.x)})`;
    case "rare":
      return `rare(${showExpr(expr.when)}, ${expr.call.name}(${showExpr(expr.x)}), ${showExpr(expr.common)})`;
  }
}

const showPlace = (index: Expr, lanes: number): string => showExpr(index) + (index.lanes === lanes ? "" : ` :${lanes}`);

/** One line for each node, inputs first, numbered from 0: `%2 = add(%0, %1)  f32 [2, 3]`. */
export function showGraph(roots: readonly Node[]): string {
  const order = topological(roots);
  const names = new Map(order.map((node, i) => [node, `%${i}`]));
  const name = (node: Node): string => names.get(node)!;
  const lines = order.map((node) => {
    const args = [...node.inputs.map(name), ...showAttributes(node.attributes)];
    return `${name(node)} = ${node.op.name}(${args.join(", ")})  ${showType(node.type)}`;
  });
  return [...lines, `return ${roots.map(name).join(", ")}`].join("\n");
}

/** What of the attributes can be said shortly: numbers, words and lists of them. */
function showAttributes(attributes: unknown): string[] {
  if (typeof attributes !== "object" || attributes === null) return [];
  return Object.entries(attributes).flatMap(([name, value]) => {
    const text = showValue(value);
    return text === undefined ? [] : [`${name}=${text}`];
  });
}

function showValue(value: unknown): string | undefined {
  if (ArrayBuffer.isView(value) && "length" in value) return `${String(value.length)} values`;
  if (Array.isArray(value)) {
    const parts = value.map(showValue);
    return parts.includes(undefined) ? undefined : `[${parts.join(", ")}]`;
  }
  return ["number", "string", "boolean"].includes(typeof value) ? String(value) : undefined;
}

/** A kernel as indented pseudo-code: its buffers, then its loops. */
export function showKernel(kernel: Kernel): string {
  const { variable, extent } = kernel.range;
  const buffers = kernel.buffers.map((buffer, i) => `b${i}: ${buffer.access} ${buffer.dtype}[${buffer.length}]`);
  const head = `kernel ${kernel.name}(${buffers.join(", ")})  ${kernel.work.operations} operations, ${kernel.work.bytes} bytes`;
  return [head, `  parallel ${variable} in 0 .. ${extent}`, ...showBody(kernel.body, "    ")].join("\n");
}

const showBody = (body: readonly Statement[], indent: string): string[] => body.flatMap((statement) => showStatement(statement, indent));

function showStatement(statement: Statement, indent: string): string[] {
  switch (statement.kind) {
    case "loop": {
      const step = statement.step === 1 ? "" : ` step ${statement.step}`;
      const head = `${indent}for ${statement.variable} in ${showExpr(statement.start)} .. ${showExpr(statement.end)}${step}`;
      return [head, ...showBody(statement.body, `${indent}  `)];
    }
    case "let":
      return [`${indent}let ${statement.name} = ${showExpr(statement.value)}`];
    case "declare":
      return [`${indent}var ${statement.name} = ${showExpr(statement.value)}`];
    case "assign":
      return [`${indent}${statement.name} = ${showExpr(statement.value)}`];
    case "store": {
      const count = statement.count === undefined ? "" : ` only ${statement.count}`;
      return [`${indent}b${statement.buffer}[${showPlace(statement.index, statement.value.lanes)}${count}] = ${showExpr(statement.value)}`];
    }
    case "multiply": {
      const { buffer, rows, columns, depth, left, right, sums } = statement;
      const operand = (x: typeof left): string => `b${x.buffer}[${showExpr(x.index)}] stride ${x.stride}`;
      const turns = sums.map((sum) => `${sum.count} times by ${sum.left}, ${sum.right}`);
      return [
        `${indent}b${buffer} = block ${rows}x${columns} of ${operand(left)} and ${operand(right)}, ${depth} pairs ${turns.join(", ")}`,
      ];
    }
    case "if":
      return [`${indent}if ${showExpr(statement.condition)}`, ...showBody(statement.body, `${indent}  `)];
  }
}

/** The memory plan, the calls in order, and each kernel once. */
export function showProgram(program: Program): string {
  const head = `program ${program.name}: ${eachCall(program.calls).length} calls of ${program.kernels.length} kernels, arena ${program.arenaBytes} bytes`;
  const handed = new Map(program.arguments.map((argument, i) => [argument.buffer, `argument ${i} (${argument.access})`]));
  const buffers = program.buffers.map((buffer, i) => {
    const size = `${buffer.dtype}[${buffer.length}]  ${buffer.length * bytesOf(buffer.dtype)} bytes`;
    return `  m${i}: ${size}  ${showBufferPlace(buffer, handed.get(i))}`;
  });
  const calls = showCalls(program, program.calls, "  ");
  return [head, "memory", ...buffers, "calls", ...calls, ...program.kernels.map((kernel) => `\n${showKernel(kernel)}`)].join("\n");
}

function showCalls(program: Program, calls: readonly (Call | Repeat)[], indent: string): string[] {
  return calls.flatMap((step) => {
    if (isRepeat(step))
      return [
        `${indent}${step.repeat} times, moving ${step.views.map((i) => `m${i}`).join(", ") || "nothing"}`,
        ...showCalls(program, step.calls, `${indent}  `),
      ];
    return [`${indent}${program.kernels[step.kernel]?.name ?? "?"}(${step.buffers.map((i) => `m${i}`).join(", ")})`];
  });
}

function showBufferPlace({ place }: ProgramBuffer, argument: string | undefined): string {
  if (place.kind === "view") return `m${place.of} from ${place.start}${place.step === 0 ? "" : `, moving by ${place.step}`}`;
  return place.kind === "argument" ? (argument ?? "argument, not handed over") : `${place.kind} at ${place.offset}`;
}
