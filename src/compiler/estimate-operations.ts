import { sizeOf } from "../core/shape.ts";
import type { ContractAttributes, Movement, Node, Scan } from "../ir/graph.ts";
import { isSameRun, isScan, resultOf } from "../ir/scan.ts";
import { isPulled } from "./access.ts";
import type { DistinctNodes } from "./distinct-nodes.ts";
import { distinctNodes } from "./distinct-nodes.ts";
import { isJoined, isWorthKeeping } from "./memory-nodes.ts";
import { sourceOf } from "./movement.ts";
import { neededCarries } from "./prepare-scans.ts";
import { neighbours, scalarCost } from "./pull.ts";

/**
 * About how many operations a program of this graph would have: what `work.operations` of its kernels add up to, each as often as it is called.
 * Nothing is compiled for it: a node takes 1 to 2 µs. What lies below `leaves` isn't looked at.
 */
export function operationsOf(roots: readonly Node[], leaves?: ReadonlySet<Node>): number {
  const graph = describe(distinctNodes(roots, leaves));
  const isKept = keptNodes(graph);
  return ofKept(graph, isKept) + ofPulled(graph, isKept);
}

/** Nodes by their places. */
interface Graph extends DistinctNodes {
  readonly users: readonly (readonly number[])[];
  /** Instructions for one element. */
  readonly costs: readonly number[];
}

function describe(graph: DistinctNodes): Graph {
  const { nodes, inputs, sizes } = graph;
  const users: number[][] = nodes.map(() => []);
  for (const [place, own] of inputs.entries()) for (const input of own) users[input]!.push(place);
  const isEnlarged = (place: number): boolean => inputs[place]!.length === 1 && sizes[place]! > sizes[inputs[place]![0]!]!;
  const costs = nodes.map((node, place) =>
    node.op.kind === "movement" && isEnlarged(place) ? guardCost(node, node.op) : graph.isGiven[place]! ? 0 : scalarCost(node),
  );
  return { ...graph, users, costs };
}

/** Comparisons that say whether an element comes from somewhere. Products that are moved and added up become one product, which has none. */
function guardCost(node: Node, op: Movement): number {
  if (node.inputs[0]!.op.kind === "contract") return 0;
  const guards = sourceOf(node, op).cases.flatMap((each) => each.guards);
  return guards.reduce((sum, { index, min, max }) => {
    const bounds = Number(index.min < min) + Number(index.max > max);
    return bounds === 0 ? sum : sum + 1 + 2 * bounds;
  }, 0);
}

/** Which nodes are memory, by the rules of `chooseMemory`. Movements that ask nothing count as views. */
function keptNodes({ nodes, inputs, roots, users, sizes, costs, isGiven }: Graph): boolean[] {
  const isKept = nodes.map((node, place) => !isGiven[place] && !isPulled(node));
  const keep = (place: number): void => {
    if (!isGiven[place] && nodes[place]!.op.kind !== "source") isKept[place] = true;
  };
  const keepBelow = (place: number): void => {
    let below = place;
    while (nodes[below]!.op.kind === "movement" && inputs[below]!.length === 1 && costs[below] === 0) below = inputs[below]![0]!;
    keep(below);
  };
  roots.forEach(keep);
  for (const [place, { op }] of nodes.entries())
    if (op.kind === "contract" || op.kind === "scan" || op.kind === "shuffle") inputs[place]!.forEach(keepBelow);

  const isShared = sharedNodes(users, isKept);
  const inline = new Float64Array(nodes.length);
  for (const [place, node] of nodes.entries()) {
    const size = sizes[place]!;
    let cost = isGiven[place] ? 1 : costs[place]!;
    for (const input of inputs[place]!) if (sizes[input]! * neighbours > size) cost += isKept[input] ? 1 : inline[input]!;
    inline[place] = cost;
    if (isKept[place] || isGiven[place] || node.op.kind === "source") continue;
    let [reads, largest] = [0, 0];
    for (const user of users[place]!) {
      reads += sizes[user]!;
      largest = Math.max(largest, isJoined(nodes[user]!) ? size : sizes[user]!);
    }
    isKept[place] = size <= 2 * reads && isWorthKeeping({ cost, size, isShared: isShared[place]!, largest });
  }
  return isKept;
}

/** Which nodes several of those need that are memory. */
function sharedNodes(users: Graph["users"], isKept: readonly boolean[]): boolean[] {
  const [none, several] = [-1, -2];
  const reached = users.map(() => none);
  for (let place = users.length - 1; place >= 0; place--) {
    for (const user of users[place]!) {
      const root = isKept[user] ? user : reached[user]!;
      reached[place] = reached[place] === none || reached[place] === root ? root : several;
    }
  }
  return reached.map((root) => root === several);
}

/** What nodes take that are computed into memory. */
function ofKept(graph: Graph, isKept: readonly boolean[]): number {
  const { nodes, inputs, sizes, costs } = graph;
  const read = (place: number): number => inputs[place]!.reduce((sum, input) => sum + sizes[input]!, 0);
  return nodes.reduce((sum, { op }, place) => {
    if (!isKept[place]) return sum;
    switch (op.kind) {
      case "contract":
        return sum + ofContraction(graph, place);
      case "reduce":
      case "scatter":
      case "shuffle":
        return sum + read(place);
      case "scan":
        return sum;
      default:
        return sum + sizes[place]! * (1 + costs[place]!);
    }
  }, ofScans(graph));
}

/** Two for each product. Of a result that is only read in part, only that is computed. */
function ofContraction({ nodes, inputs, roots, users, sizes }: Graph, place: number): number {
  const { left, right } = nodes[place]!.attributes as ContractAttributes;
  const [, y] = nodes[place]!.inputs as readonly [Node, Node];
  const others = y.type.shape.filter((_, axis) => !left.includes(right[axis]!));
  const operations = 2 * sizes[inputs[place]![0]!]! * sizeOf(others);
  if (roots.has(place) || users[place]!.some((user) => nodes[user]!.op.kind !== "movement")) return operations;
  const reads = users[place]!.reduce((sum, user) => sum + sizes[user]!, 0);
  return operations * Math.min(1, reads / sizes[place]!);
}

/** What loops take, each run of one once. */
function ofScans({ nodes, isGiven }: Graph): number {
  const runs: Node<Scan>[][] = [];
  for (const [place, node] of nodes.entries()) {
    if (!isScan(node) || isGiven[place]) continue;
    const run = runs.find(([first]) => isSameRun(first!, node));
    if (run === undefined) runs.push([node]);
    else run.push(node);
  }
  return runs.reduce((sum, run) => sum + ofRun(run), 0);
}

/** A run of a loop, of whose body only that is computed which somebody needs. */
function ofRun(run: readonly Node<Scan>[]): number {
  const { loop } = resultOf(run[0]!);
  const takes = run.map((node) => resultOf(node).take);
  const stacked = takes.flatMap((take) => (take.kind === "stack" ? [take.node] : []));
  const last = takes.flatMap((take) => (take.kind === "stack" ? [] : [take.carry]));
  const nexts = neededCarries(loop, stacked, last).map((carry) => loop.body.carries[carry]!.next);
  return loop.body.length * operationsOf([...nexts, ...stacked], new Set(loop.slots));
}

/** What nodes take that are computed where they are used: for each node in memory that needs them, at each of its points. */
function ofPulled({ nodes, inputs, users, sizes, costs, isGiven }: Graph, isKept: readonly boolean[]): number {
  const points = nodes.map(({ op }, place) => {
    if (op.kind === "reduce") return sizes[inputs[place]![0]!]!;
    return op.kind === "scatter" ? 0 : sizes[place]!;
  });
  /** For each node the places of those in memory that need it. */
  const needing: (readonly number[])[] = [];
  let sum = 0;
  for (let place = nodes.length - 1; place >= 0; place--) {
    if (isKept[place] || isGiven[place] || nodes[place]!.op.kind === "source") continue;
    const lists = users[place]!.map((user) => {
      // Things laid side by side are computed at their own places only.
      if (isJoined(nodes[user]!)) return [points.push(sizes[place]!) - 1];
      return isKept[user] ? [user] : needing[user]!;
    });
    needing[place] = lists.length === 1 ? lists[0]! : [...new Set(lists.flat())];
    if (costs[place]! > 0) for (const each of needing[place]!) sum += costs[place]! * points[each]!;
  }
  return sum;
}
