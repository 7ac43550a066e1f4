import type { WasmModule } from "./encode.ts";
import type { Instruction, WasmFunction } from "./function.ts";
import type { Immediate, Opcode } from "./opcodes.ts";
import { opcodes } from "./opcodes.ts";

/** After these the stack is empty and the line ends. */
const lastOfLine: ReadonlySet<Opcode> = new Set([
  "block",
  "loop",
  "if",
  "end",
  "br",
  "br_if",
  "return",
  "local.set",
  "i32.store",
  "f32.store",
  "f64.store",
  "i32.store8",
  "i32.store16",
  "call",
  "v128.store",
  "v128.store8_lane",
  "v128.store16_lane",
  "v128.store32_lane",
  "v128.store64_lane",
]);

/** A module as text: each function's instructions in stack order, one line per statement. */
export const showModule = (module: WasmModule): string => module.functions.map(showFunction).join("\n\n");

export function showFunction(f: WasmFunction): string {
  const types = [...f.parameters, ...f.locals];
  const head = `func ${f.name}(${f.parameters.map((type, i) => `${type} $${i}`).join(", ")})${f.results.map((type) => ` -> ${type}`).join("")}`;
  const lines = [head];
  if (f.locals.length > 0) lines.push(`  local ${f.locals.map((type, i) => `${type} $${i + f.parameters.length}`).join(", ")}`);
  let indent = 1;
  let line: string[] = [];
  const flush = (): void => {
    if (line.length > 0) lines.push("  ".repeat(indent) + line.join(" "));
    line = [];
  };
  for (const instruction of f.instructions) {
    const { op } = instruction;
    if (op === "end") {
      flush();
      indent--;
    }
    line.push(showInstruction(instruction, types.length));
    if (!lastOfLine.has(op)) continue;
    flush();
    if (op === "block" || op === "loop" || op === "if") indent++;
  }
  flush();
  return lines.join("\n");
}

function showInstruction({ op, immediates }: Instruction, locals: number): string {
  if (op === "local.get" && immediates[0]! < locals) return `$${immediates[0]}`;
  if (op === "local.set") return `-> $${immediates[0]}`;
  if (op === "local.tee") return `=: $${immediates[0]}`;
  const immediate: Immediate = opcodes[op][1];
  if (op === "v128.const") return `v128.const(${showVector(immediates)})`;
  if (immediate === "memory" || immediate === "atomic") return immediates[0] === 0 ? op : `${op}+${immediates[0]}`;
  if (immediate === "memoryLane") return `${op}[${immediates[1]}]+${immediates[0]}`;
  if (immediate === "lane") return `${op}[${immediates[0]}]`;
  return immediates.length === 0 ? op : `${op}(${immediates.join(",")})`;
}

/** The 16 bytes as four 32-bit words; one word where all are the same. */
function showVector(bytes: readonly number[]): string {
  const words = [...new Uint32Array(Uint8Array.from(bytes).buffer)].map((word) => `0x${word.toString(16)}`);
  return words.every((word) => word === words[0]) ? words[0]! : words.join(",");
}
