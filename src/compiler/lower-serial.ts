import { sizeOf } from "../core/shape.ts";
import { add, and, apply, cast, constant, i32, less, lessEqual, load, local, registerType } from "../ir/expr.ts";
import type { Node, ScatterAttributes, Shuffle } from "../ir/graph.ts";
import { unflatten, variable } from "../ir/index.ts";
import type { Statement } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import { loopOver } from "../ir/statements.ts";
import type { SerialGroup } from "./group.ts";
import { KernelScope } from "./kernel-scope.ts";
import type { Lowered, MemoryMap } from "./lower-loop.ts";
import { pullFrom } from "./pull-memory.ts";

/** Ops whose order is their meaning run as one thread's loop. */
export function lowerSerial({ node }: SerialGroup, memory: MemoryMap, limits: Limits): Lowered {
  const scope = new KernelScope();
  const body = node.op.kind === "shuffle" ? shuffle(node.op, node, memory, scope) : scatter(node, memory, scope, limits);
  return {
    scope,
    range: { variable: "once", extent: 1 },
    body,
    operations: node.inputs.reduce((n, input) => n + sizeOf(input.type.shape), 0),
  };
}

/** Zeros, then each update added at its row, in the order of the updates. */
function scatter(node: Node, memory: MemoryMap, scope: KernelScope, limits: Limits): Statement[] {
  const [updates, positions] = node.inputs as readonly [Node, Node];
  const { size } = node.attributes as ScatterAttributes;
  const count = sizeOf(positions.type.shape);
  const width = sizeOf(node.type.shape.slice(1));
  const dtype = registerType[node.type.dtype];
  const out = scope.write(memory.of(node)!);
  scope.read(memory.of(node)!);
  const most = dtype === "f64" ? limits.doubleLanes : limits.lanes;
  const lanes = width >= most ? most : 1;
  const whole = Math.floor(width / lanes) * lanes;
  const total = size * width;
  const clear = loopOver("k", [0, total, 1], [{ kind: "store", buffer: out, index: local("k", "i32"), value: constant(0, dtype) }]);
  const update = variable("u", count);
  const at = unflatten(update, positions.type.shape);
  const scalar = pullFrom({ memory, scope }, undefined);
  const row = local("row", "i32");
  const addTo = (name: string, width_: number, from: number, to: number): Statement[] => {
    const place = variable(name, width);
    const pull = pullFrom({ memory, scope }, width_ === 1 ? undefined : { variable: name, lanes: width_ });
    const value = pull.value(updates, [...at, ...unflatten(place, node.type.shape.slice(1))]);
    const index = add(apply("mul", row, i32(width)), local(name, "i32"));
    const sum = add(load(out, dtype, index, width_), cast(value, dtype));
    return loopOver(name, [from, to, width_], [{ kind: "store", buffer: out, index, value: sum }]);
  };
  const inside = and(lessEqual(i32(0), row), less(row, i32(size)));
  const body: Statement[] = [{ kind: "let", name: "row", value: cast(scalar.value(positions, at), "i32") }];
  const adds: Statement[] = [];
  if (whole > 0) adds.push(...addTo("v", lanes, 0, whole));
  if (whole < width) adds.push(...addTo("w", 1, whole, width));
  body.push({ kind: "if", condition: inside, body: adds });
  return [...clear, ...loopOver("u", [0, count, 1], body)];
}

/** The op's own loops. */
function shuffle(op: Shuffle, node: Node, memory: MemoryMap, scope: KernelScope): Statement[] {
  const [bits] = node.inputs as readonly [Node];
  const out = scope.write(memory.of(node)!);
  scope.read(memory.of(node)!);
  const pull = pullFrom({ memory, scope }, undefined);
  return op.statements(out, sizeOf(node.type.shape), (at) => pull.value(bits, [at]));
}
