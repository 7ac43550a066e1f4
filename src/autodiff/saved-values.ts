import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../ir/expr.ts";
import { local, registerType } from "../ir/expr.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { ScanLoop } from "../ir/scan.ts";

/** Values of at most so many instructions are computed again rather than kept. */
const cheap = 6;

/**
 * Which values of a loop's turns the nodes `roots` need kept, besides the loop's constants: those that move (slots), and of those that were
 * computed the ones that cost more than a trip to memory. `own` are slots of the roots themselves.
 */
export function savedValues(loop: ScanLoop, roots: readonly Node[], own: ReadonlySet<Node>): Node[] {
  const { carries, rows, constants } = loop.body;
  const moving = new Set([...carries.map(({ slot }) => slot), ...rows]);
  const fixed = new Set(constants);
  const forward = new Set(loop.order);
  const changes = changing(loop, moving);
  // Forward values that gradient nodes use themselves.
  const entries = new Set<Node>();
  const gradientNodes = topological(roots, new Set([...own, ...forward]));
  for (const node of gradientNodes) if (forward.has(node) && changes.has(node)) entries.add(node);
  const saved = new Set<Node>([...entries].filter((node) => moving.has(node) || isCostly(node)));
  const leavesOf = (root: Node): Node[] => {
    const leaves = new Set<Node>();
    for (const node of topological([root], new Set([...saved, ...moving, ...fixed]))) {
      if (changes.has(node) && (saved.has(node) || moving.has(node) || isCostly(node))) leaves.add(node);
    }
    return [...leaves];
  };
  // A cheap value that would need more values kept than itself is kept.
  for (const node of entries) {
    if (saved.has(node)) continue;
    const leaves = leavesOf(node);
    const more = leaves.filter((leaf) => !saved.has(leaf)).reduce((sum, leaf) => sum + sizeOf(leaf.type.shape), 0);
    if (more > sizeOf(node.type.shape)) saved.add(node);
    else for (const leaf of leaves) saved.add(leaf);
  }
  return [...saved];
}

/** The nodes of the body that differ from turn to turn. */
function changing(loop: ScanLoop, moving: ReadonlySet<Node>): Set<Node> {
  const fixed = new Set(loop.body.constants);
  const changes = new Set<Node>();
  for (const node of loop.order) {
    if (moving.has(node) || (!fixed.has(node) && node.inputs.some((input) => changes.has(input)))) changes.add(node);
  }
  return changes;
}

function isCostly(node: Node): boolean {
  if (node.op.kind === "movement") return false;
  if (node.op.kind !== "elementwise") return true;
  const args = node.inputs.map((input, i) => local(`x${i}`, registerType[input.type.dtype]));
  return instructions(node.op.scalar(args, node.attributes, node.type)) > cheap;
}

const dear: ReadonlySet<string> = new Set(["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "tanh", "erf", "pow", "div", "sqrt"]);

function instructions(expr: Expr): number {
  switch (expr.kind) {
    case "apply":
      return expr.args.reduce((sum, x) => sum + instructions(x), dear.has(expr.instruction) ? cheap + 1 : 1);
    case "convert":
    case "splat":
    case "across":
      return 1 + instructions(expr.x);
    default:
      return 0;
  }
}
