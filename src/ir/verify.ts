import { bytesOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import type { Expr } from "./expr.ts";
import { registerType } from "./expr.ts";
import { type Node, topological } from "./graph.ts";
import type { Kernel, MultiplyBlock, Statement, Store } from "./kernel.ts";
import { blockSize, handedBuffers } from "./kernel.ts";
import type { Call, Program, Repeat } from "./program.ts";
import { homeOf, isRepeat } from "./program.ts";
import { indexProblem, type Scope, verifyExpr } from "./verify-expr.ts";

function fail(where: string, what: string): never {
  throw new GradsmithError("internal", where, what);
}

/** Checks that shapes are whole numbers, that inputs come before users, and that each elementwise op gives the type its node claims. */
export function verifyGraph(roots: readonly Node[]): void {
  for (const node of topological(roots)) {
    const { dtype, shape } = node.type;
    const where = `${node.op.name} ${node.id}`;
    if (shape.some((extent) => !Number.isInteger(extent) || extent < 0)) fail(where, `the shape is ${showShape(shape)}.`);
    const younger = node.inputs.find((input) => input.id >= node.id);
    if (younger !== undefined) fail(where, `its input ${younger.op.name} ${younger.id} was made later.`);
    if (node.op.kind !== "elementwise") continue;
    const names = new Map(node.inputs.map((input, i) => [`x${i}`, { dtype: registerType[input.type.dtype], lanes: 1 }]));
    const args: Expr[] = [...names].map(([name, type]) => ({ kind: "local", name, ...type }));
    const result = node.op.scalar(args, node.attributes, node.type);
    verifyExpr(result, { where, names, buffers: [], written: new Set(), basicOnly: false });
    if (result.dtype !== registerType[dtype]) fail(where, `it computes ${result.dtype} for a result of ${dtype}.`);
  }
}

export interface VerifyOptions {
  /** Whether transcendentals must have been expanded; false by default. */
  readonly basicOnly?: boolean | undefined;
}

interface Named {
  readonly dtype: Expr["dtype"];
  readonly lanes: number;
  readonly assignable: boolean;
}

/** Checks that a kernel's names are defined once and before use, its expressions typed, and its stores allowed and inside. */
export function verifyKernel(kernel: Kernel, { basicOnly = false }: VerifyOptions = {}): void {
  const where = `kernel ${kernel.name}`;
  const taken = new Set<string>();
  const define = (names: Map<string, Named>, name: string, type: Named): void => {
    if (taken.has(name)) fail(where, `the name ${name} is given twice.`);
    taken.add(name);
    names.set(name, type);
  };
  const written = new Set<number>();
  const counter: Named = { dtype: "i32", lanes: 1, assignable: false };
  const visit = (body: readonly Statement[], outer: ReadonlyMap<string, Named>, variable: string): void => {
    const names = new Map(outer);
    define(names, variable, counter);
    verifyBody(body, names);
  };
  const verifyBody = (body: readonly Statement[], names: Map<string, Named>): void => {
    const scope: Scope = { where, names, buffers: kernel.buffers, written, basicOnly };
    for (const statement of body) {
      switch (statement.kind) {
        case "loop":
          for (const bound of [statement.start, statement.end]) {
            verifyExpr(bound, scope);
            if (bound.dtype !== "i32" || bound.lanes !== 1)
              fail(where, `the loop over ${statement.variable} is bounded by ${bound.dtype} in ${bound.lanes} lanes.`);
          }
          if (!Number.isInteger(statement.step) || statement.step < 1)
            fail(where, `the loop over ${statement.variable} steps by ${statement.step}.`);
          visit(statement.body, names, statement.variable);
          break;
        case "let":
        case "declare": {
          verifyExpr(statement.value, scope);
          const { dtype, lanes } = statement.value;
          define(names, statement.name, { dtype, lanes, assignable: statement.kind === "declare" });
          break;
        }
        case "assign": {
          verifyExpr(statement.value, scope);
          const target = names.get(statement.name);
          const { dtype, lanes } = statement.value;
          if (target?.assignable !== true) fail(where, `${statement.name} is assigned but not declared here.`);
          if (target.dtype !== dtype || target.lanes !== lanes)
            fail(where, `${statement.name} is ${target.dtype} in ${target.lanes} lanes, assigned ${dtype} in ${lanes}.`);
          break;
        }
        case "store":
          verifyStore(statement, scope);
          written.add(statement.buffer);
          break;
        case "multiply":
          verifyMultiply(statement, scope);
          break;
        case "if":
          verifyExpr(statement.condition, scope);
          if (statement.condition.dtype !== "bool" || statement.condition.lanes !== 1)
            fail(where, `an if asks for ${statement.condition.dtype}.`);
          verifyBody(statement.body, new Map(names));
          break;
      }
    }
  };
  visit(kernel.body, new Map(), kernel.range.variable);
}

function verifyStore({ buffer: place, index, value, count }: Store, scope: Scope): void {
  verifyExpr(index, scope);
  verifyExpr(value, scope);
  const buffer = scope.buffers[place] ?? fail(scope.where, `a store to buffer ${place}, which does not exist.`);
  if (buffer.access === "read") fail(scope.where, `a store to buffer ${place}, which is only read.`);
  if (registerType[buffer.dtype] !== value.dtype) fail(scope.where, `a store of ${value.dtype} to buffer ${place} of ${buffer.dtype}.`);
  const kept = count ?? value.lanes;
  if (!Number.isInteger(kept) || kept < 1 || kept > value.lanes) fail(scope.where, `a store of ${kept} of ${value.lanes} lanes.`);
  const problem = indexProblem(index, value.lanes, { length: buffer.length, count: kept });
  if (problem !== undefined) fail(scope.where, `a store to buffer ${place}: ${problem}.`);
}

function verifyMultiply({ buffer, rows, columns, depth, left, right }: MultiplyBlock, scope: Scope): void {
  const target = scope.buffers[buffer];
  if (target?.dtype !== "f32" || target.access !== "scratch" || target.length < rows * blockSize)
    fail(scope.where, `a block of ${rows} rows goes to buffer ${buffer}, which is no scratch for it.`);
  if ([rows, columns].some((size) => size < 1 || size > blockSize) || depth < 1 || depth > 16)
    fail(scope.where, `a block of ${rows} by ${columns} with ${depth} pairs.`);
  for (const { buffer: place, index } of [left, right]) {
    verifyExpr(index, scope);
    if (index.dtype !== "i32" || index.lanes !== 1) fail(scope.where, `a block begins at ${index.dtype} in ${index.lanes} lanes.`);
    if (scope.buffers[place]?.dtype !== "u32") fail(scope.where, `a block is read from buffer ${place}, which holds no pairs.`);
  }
}

const alignment = 64;
const slack = 64;

/** Checks the kernels, that each call fits its kernel, and that no two pieces of memory in use at one time overlap. */
export function verifyProgram(program: Program, options: VerifyOptions = {}): void {
  for (const kernel of program.kernels) verifyKernel(kernel, options);
  const where = `program ${program.name}`;
  const writable = argumentAccess(program, where);
  const lifetimes = new Map<number, Lifetime>();
  let time = 0;
  const visit = (calls: readonly (Call | Repeat)[]): void => {
    for (const step of calls) {
      if (isRepeat(step)) {
        if (!Number.isInteger(step.repeat) || step.repeat < 1) fail(where, `calls are repeated ${step.repeat} times.`);
        for (const view of step.views) verifyView(program, view, step.repeat);
        const first = time;
        visit(step.calls);
        holdInLoop(lifetimes, { first, last: time - 1 });
        continue;
      }
      for (const [place, access] of matchCall(program, step, where)) {
        const id = homeOf(program.buffers, place);
        const { place: home } = program.buffers[id]!;
        if (access !== "read" && writable.get(id) === false) fail(where, `call ${time} writes buffer ${place}, which is only read.`);
        if (home.kind === "constant" && access !== "read") fail(where, `call ${time} writes the constant buffer ${place}.`);
        const life = lifetimes.get(id);
        if (life === undefined && home.kind === "temporary" && access === "read")
          fail(where, `call ${time} reads buffer ${place} before anything is in it.`);
        lifetimes.set(id, { first: life?.first ?? time, last: time });
      }
      time++;
    }
  };
  for (const [id, { place }] of program.buffers.entries()) if (place.kind === "view") verifyView(program, id, 1);
  visit(program.calls);
  verifyArena(program, lifetimes);
}

/** Checks that a view stays inside what it is a view of, however far it moves. */
function verifyView(program: Program, id: number, turns: number): void {
  const { place, dtype, length } = program.buffers[id]!;
  const where = `program ${program.name}`;
  if (place.kind !== "view") fail(where, `buffer ${id} moves with a loop and is not a view.`);
  const of = program.buffers[place.of] ?? fail(where, `buffer ${id} is a view of buffer ${place.of}, which does not exist.`);
  if (of.dtype !== dtype) fail(where, `buffer ${id} sees ${of.dtype} as ${dtype}.`);
  const end = place.start + (turns - 1) * place.step;
  if (Math.min(place.start, end) < 0 || Math.max(place.start, end) + length > of.length)
    fail(where, `buffer ${id} moves out of buffer ${place.of}.`);
}

/** What is used in a loop and was there before keeps its memory until the loop ends. */
function holdInLoop(lifetimes: Map<number, Lifetime>, loop: Lifetime): void {
  for (const [id, life] of lifetimes)
    if (life.first < loop.first && life.last >= loop.first) lifetimes.set(id, { first: life.first, last: loop.last });
}

/** For arguments: whether they may be written. */
function argumentAccess(program: Program, where: string): Map<number, boolean> {
  const writable = new Map<number, boolean>();
  for (const { buffer, access } of program.arguments) {
    if (program.buffers[buffer]?.place.kind !== "argument") fail(where, `buffer ${buffer} is handed over but is not an argument.`);
    if (writable.has(buffer)) fail(where, `buffer ${buffer} is handed over twice.`);
    writable.set(buffer, access !== "read");
  }
  program.buffers.forEach(({ place }, i) => {
    if (place.kind === "argument" && !writable.has(i)) fail(where, `nobody hands over buffer ${i}.`);
  });
  return writable;
}

/** Each program buffer of a call with what the kernel does to it. */
function matchCall(program: Program, call: Call, where: string): [buffer: number, access: string][] {
  const kernel = program.kernels[call.kernel] ?? fail(where, `there is no kernel ${call.kernel}.`);
  const wanted = handedBuffers(kernel);
  if (wanted.length !== call.buffers.length)
    fail(where, `${kernel.name} takes ${wanted.length} buffers, it is given ${call.buffers.length}.`);
  return wanted.map(({ dtype, length, access }, i) => {
    const place = call.buffers[i]!;
    const given = program.buffers[place] ?? fail(where, `there is no buffer ${place}.`);
    if (given.dtype !== dtype || given.length < length) {
      fail(where, `${kernel.name} takes ${dtype}[${length}] as buffer ${i}, it is given ${given.dtype}[${given.length}].`);
    }
    return [place, access];
  });
}

interface Lifetime {
  readonly first: number;
  readonly last: number;
}

function verifyArena(program: Program, lifetimes: ReadonlyMap<number, Lifetime>): void {
  const where = `program ${program.name}`;
  const pieces = program.buffers.flatMap(({ dtype, length, place }, id) => {
    if (place.kind === "argument" || place.kind === "view") return [];
    const end = place.offset + length * bytesOf(dtype);
    if (place.offset < 0 || place.offset % alignment !== 0)
      fail(where, `buffer ${id} is at ${place.offset}, which is not a multiple of ${alignment}.`);
    if (end + slack > program.arenaBytes)
      fail(where, `buffer ${id} and its slack end at ${end + slack}, the arena at ${program.arenaBytes}.`);
    const always: Lifetime = { first: 0, last: Number.POSITIVE_INFINITY };
    const life = place.kind === "constant" ? always : lifetimes.get(id);
    return life === undefined ? [] : [{ id, start: place.offset, end, ...life }];
  });
  pieces.sort((a, b) => a.start - b.start);
  pieces.forEach((a, i) => {
    for (let j = i + 1; j < pieces.length && pieces[j]!.start < a.end; j++) {
      const b = pieces[j]!;
      if (a.first <= b.last && b.first <= a.last) fail(where, `buffers ${a.id} and ${b.id} overlap while both are in use.`);
    }
  });
}
