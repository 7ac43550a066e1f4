import { GradsmithError } from "../../core/errors.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../../core/shape.ts";
import type { Movement, Node } from "../../ir/graph.ts";
import { type Atom, type Index, variable } from "../../ir/index.ts";
import { closure } from "./closure.ts";
import { stored } from "./stored.ts";

type Place = (position: Int32Array) => number;
interface Case {
  readonly holds: (position: Int32Array) => boolean;
  readonly input: number;
  readonly index: readonly Place[];
}

/** The same elements in other places. The rule is asked once; its indices become functions of the output position. */
export function movement(node: Node<Movement>, inputs: readonly Float64Array[]): Float64Array {
  const { shape, dtype } = node.type;
  const types = node.inputs.map((input) => input.type);
  const names = shape.map((_, axis) => `i${axis}`);
  const { cases, fill } = node.op.source(
    shape.map((extent, axis) => variable(names[axis]!, extent)),
    types,
    node.attributes,
  );
  const compiled: Case[] = cases.map(({ guards, input, index }) => {
    const tests = guards.map((guard) => ({ at: place(guard.index, names), min: guard.min, max: guard.max }));
    const holds = (position: Int32Array): boolean => tests.every(({ at, min, max }) => at(position) >= min && at(position) <= max);
    return { holds, input, index: index.map((i) => place(i, names)) };
  });
  const strides = types.map((type) => stridesOf(type.shape));
  const out = new Float64Array(sizeOf(shape)).fill(stored(fill, dtype));
  const position = new Int32Array(shape.length);
  for (let i = 0; i < out.length; i++) {
    const found = compiled.find((c) => c.holds(position));
    if (found !== undefined) {
      let from = 0;
      for (let axis = 0; axis < found.index.length; axis++) {
        const at = found.index[axis]!(position);
        checkInside(node.op.name, at, axis, types[found.input]!.shape);
        from += at * strides[found.input]![axis]!;
      }
      out[i] = inputs[found.input]![from]!;
    }
    advance(position, shape);
  }
  return out;
}

function advance(position: Int32Array, shape: Shape): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    position[axis]!++;
    if (position[axis]! < shape[axis]!) return;
    position[axis] = 0;
  }
}

function checkInside(name: string, at: number, axis: number, shape: Shape): void {
  if (at >= 0 && at < shape[axis]!) return;
  throw new GradsmithError("internal", name, `its rule reads element ${at} along axis ${axis} of an input of shape ${showShape(shape)}.`);
}

/** An index as a function of the position, whose entries are the named variables. */
function place(index: Index, names: readonly string[]): Place {
  const terms = index.terms.map(({ atom, scale }) => ({ value: atomPlace(atom, names), scale }));
  const [only] = terms;
  if (only === undefined) return () => index.constant;
  if (terms.length === 1) return (position) => index.constant + only.scale * only.value(position);
  return (position) => terms.reduce((sum, { value, scale }) => sum + scale * value(position), index.constant);
}

function atomPlace(atom: Atom, names: readonly string[]): Place {
  switch (atom.kind) {
    case "variable": {
      const axis = names.indexOf(atom.name);
      if (axis < 0) throw new GradsmithError("internal", "reference", `an index uses the variable "${atom.name}", which nobody defines.`);
      return (position) => position[axis]!;
    }
    case "quotient": {
      const of = place(atom.of, names);
      return (position) => Math.floor(of(position) / atom.by);
    }
    case "remainder": {
      const of = place(atom.of, names);
      return (position) => {
        const x = of(position);
        return x - Math.floor(x / atom.by) * atom.by;
      };
    }
    case "value":
      return closure(atom.expr, names);
  }
}
