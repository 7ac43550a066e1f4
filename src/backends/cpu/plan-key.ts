import type { Traced } from "../../compiler/compile.ts";
import { AttributeIds } from "../../compiler/simplify.ts";
import { showType } from "../../core/shape.ts";
import { local } from "../../ir/expr.ts";
import type { Node } from "../../ir/graph.ts";
import { isGiven, topological } from "../../ir/graph.ts";
import type { Row } from "../../tensor/ops/define.ts";
import { table } from "../../tensor/ops/table.ts";

/**
 * Everything about a traced function that the compiler looks at, as text that is the same in every process of one build; undefined if there is
 * something in it that has no name.
 */
export function textOf({ name, inputs, outputs, donations = new Map() }: Traced): string | undefined {
  const order = topological(outputs);
  const ids = new LastingIds();
  const slots = new Map(inputs.map((node, slot) => [node, slot]));
  const places = new Map<Node, number>();
  const lines = order.map((node, place) => {
    places.set(node, place);
    if (isGiven(node)) return `given ${slots.get(node)}`;
    const operands = node.inputs.map((input) => places.get(input)).join();
    return `${ids.of(node.op)} ${ids.text(node.attributes)} ${showType(node.type)} ${operands}`;
  });
  if (!ids.areLasting) return undefined;
  const facts = [
    name,
    inputs.map((node) => showType(node.type)).join(";"),
    [...donations].join(";"),
    outputs.map((x) => places.get(x)).join(),
  ];
  return JSON.stringify([...facts, ...lines]);
}

const rows = new Map<unknown, number>(Object.values(table).map((row, place) => [row, place]));

/** The rows that aren't in the table, by what they mean: a loop's results, and the value itself with a gradient that somebody wrote. */
function nameless(row: Row): number | undefined {
  if (row.kind === "scan") return -1;
  if (row.kind !== "elementwise" || !("gradientInputs" in row)) return undefined;
  const x = local("x", "f32");
  return row.scalar([x], undefined, { dtype: "f32", shape: [] }) === x ? -2 : undefined;
}

/** Identities that outlive the process: an op's place in the table of ops. */
class LastingIds extends AttributeIds {
  areLasting = true;

  override of(thing: unknown): number {
    const place = rows.get(thing) ?? nameless(thing as Row);
    this.areLasting &&= place !== undefined;
    return place ?? 0;
  }
}
