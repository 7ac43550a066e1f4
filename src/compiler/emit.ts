import type { Expr } from "../ir/expr.ts";
import type { Kernel } from "../ir/kernel.ts";
import type { Call, Repeat } from "../ir/program.ts";
import { withExpressions } from "../ir/statements.ts";
import { AlikeGroups } from "./alike-groups.ts";
import { bind } from "./bind.ts";
import { emitScan } from "./emit-scan.ts";
import { expand } from "./expand.ts";
import type { Group, ScanGroup } from "./group.ts";
import { nodesOf } from "./group.ts";
import { Interner } from "./intern.ts";
import { countBytes } from "./kernel-work.ts";
import type { Layout } from "./layout.ts";
import { lowerContract } from "./lower-contract.ts";
import type { Lowered, MemoryMap } from "./lower-loop.ts";
import { lowerLoop } from "./lower-loop.ts";
import { lowerSerial } from "./lower-serial.ts";
import type { Target } from "./target.ts";

type KernelGroup = Exclude<Group, ScanGroup>;

/** Makes kernels of groups, each different one once, and calls of them. */
export class Emitter {
  readonly kernels: Kernel[] = [];
  readonly #byName = new Map<string, number[]>();
  readonly #alike = new AlikeGroups();
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  /** The calls that compute a layout's groups, with a pause after each. `views` collects the pieces of memory that are named outside of inner loops. */
  *calls(layout: Layout, views: number[] = []): Generator<undefined, (Call | Repeat)[]> {
    const calls: (Call | Repeat)[] = [];
    for (const group of layout.groups) {
      if (group.kind === "scan") calls.push(...(yield* emitScan(group, layout, views, this)));
      else calls.push(this.call(group, layout));
      yield;
    }
    return calls;
  }

  /** The call that computes a group, of a kernel made for it or one like that. */
  call(group: KernelGroup, memory: MemoryMap): Call {
    return this.#alike.call(group, memory, () => this.#lowered(group, memory));
  }

  #lowered(group: KernelGroup, memory: MemoryMap): Call {
    const lowered = lower(group, memory, this.#target);
    const kernel = finish(lowered, this.#target);
    // Kernels are compared in full only where their names and sizes agree.
    const base = nameOf(group);
    const alike = this.#byName.get(base) ?? [];
    let index = alike.find((candidate) => isSameKernel(this.kernels[candidate]!, kernel));
    if (index === undefined) {
      index = this.kernels.length;
      this.kernels.push({ ...kernel, name: alike.length === 0 ? base : `${base}_${alike.length + 1}` });
      this.#byName.set(base, [...alike, index]);
    }
    return { kernel: index, buffers: lowered.scope.arguments };
  }
}

const isSameKernel = (a: Kernel, b: Kernel): boolean => isSame({ ...a, name: "" }, { ...b, name: "" });

/** Whether two pieces of plain data say the same; NaN is NaN and -0 is not 0. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || a === b) return Object.is(a, b);
  const [x, y] = [a, b] as readonly Record<string, unknown>[] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(x);
  return names.length === Object.keys(y).length && names.every((name) => isSame(x[name], y[name]));
}

function lower(group: KernelGroup, memory: MemoryMap, target: Target): Lowered {
  switch (group.kind) {
    case "loop":
      return lowerLoop(group, memory, target.limits);
    case "contract":
      return lowerContract(group, memory, target);
    case "serial":
      return lowerSerial(group, memory, target.limits);
  }
}

/** Expands what the target can't do in one instruction, then shares and hoists. */
function finish({ scope, range, body, operations }: Lowered, { limits }: Target): Kernel {
  const memo = new Map<Expr, Expr>();
  const expanded = limits.expandTranscendentals ? withExpressions(body, (expr) => expand(expr, memo)) : body;
  const buffers = scope.buffers;
  const bytes = countBytes(buffers, () => operations);
  return { name: "", buffers, range, body: bind(expanded, range.variable, buffers, new Interner()), work: { operations, bytes } };
}

/** A kernel's name says what it computes and over which shape. */
function nameOf(group: KernelGroup): string {
  const nodes = nodesOf(group);
  const anchor = group.kind === "loop" ? (nodes.find((node) => node.op.kind === "reduce") ?? nodes.at(-1)!) : nodes[0]!;
  const shape = group.kind === "loop" ? group.domain : anchor.type.shape;
  const suffix = nodes.length > 1 && anchor !== nodes.at(-1) ? `_${nodes.at(-1)!.op.name}` : "";
  return `${anchor.op.name}${suffix}_${shape.length === 0 ? "scalar" : shape.join("x")}`.replace(/[^A-Za-z0-9_]/g, "_");
}
