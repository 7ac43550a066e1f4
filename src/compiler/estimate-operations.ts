import { sizeOf } from "../core/shape.ts";
import type { ContractAttributes, Movement, Node, Scan } from "../ir/graph.ts";
import { isSameRun, isScan, resultOf } from "../ir/scan.ts";
import { isPulled } from "./access.ts";
import type { DistinctNodes } from "./distinct-nodes.ts";
import { distinctNodes } from "./distinct-nodes.ts";
import { isJoined } from "./joined.ts";
import { isWorthKeeping } from "./memory-nodes.ts";
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
  readonly users: Users;
  /** Instructions for one element. */
  readonly costs: Float64Array;
}

/** The places of each node's users, all in one array: those of `place` from `starts[place]` to `starts[place + 1]`. */
interface Users {
  readonly starts: Int32Array;
  readonly places: Int32Array;
}

function describe(graph: DistinctNodes): Graph {
  const { nodes, inputs, sizes, isGiven } = graph;
  const costs = new Float64Array(nodes.length);
  for (let place = 0; place < nodes.length; place++) {
    const { op } = nodes[place]!;
    const [input, ...others] = inputs[place]!;
    const isEnlarged = input !== undefined && others.length === 0 && sizes[place]! > sizes[input]!;
    if (op.kind === "elementwise" && !isGiven[place]) costs[place] = scalarCost(nodes[place]!);
    if (op.kind === "movement" && isEnlarged) costs[place] = guardCost(nodes[place]!, op);
  }
  return { ...graph, users: usersOf(inputs), costs };
}

function usersOf(inputs: DistinctNodes["inputs"]): Users {
  const starts = new Int32Array(inputs.length + 1);
  for (const own of inputs) for (let i = 0; i < own.length; i++) starts[own[i]! + 1]!++;
  for (let place = 0; place < inputs.length; place++) starts[place + 1]! += starts[place]!;
  const places = new Int32Array(starts[inputs.length]!);
  const next = starts.slice();
  for (let user = 0; user < inputs.length; user++) for (let i = 0; i < inputs[user]!.length; i++) places[next[inputs[user]![i]!]!++] = user;
  return { starts, places };
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
function keptNodes({ nodes, inputs, roots, users, sizes, costs, isGiven }: Graph): Uint8Array {
  const isKept = Uint8Array.from(nodes, (node, place) => Number(!isGiven[place] && !isPulled(node)));
  const keep = (place: number): void => {
    if (!isGiven[place] && nodes[place]!.op.kind !== "source") isKept[place] = 1;
  };
  const keepBelow = (place: number): void => {
    let below = place;
    while (nodes[below]!.op.kind === "movement" && inputs[below]!.length === 1 && costs[below] === 0) below = inputs[below]![0]!;
    keep(below);
  };
  roots.forEach(keep);
  for (let place = 0; place < nodes.length; place++) {
    const { kind } = nodes[place]!.op;
    if (kind === "contract" || kind === "scan" || kind === "shuffle") inputs[place]!.forEach(keepBelow);
  }
  const isShared = sharedNodes(users, isKept);
  const inline = new Float64Array(nodes.length);
  for (let place = 0; place < nodes.length; place++) {
    const size = sizes[place]!;
    const own = inputs[place]!;
    let cost = isGiven[place] ? 1 : costs[place]!;
    for (let i = 0; i < own.length; i++) if (sizes[own[i]!]! * neighbours > size) cost += isKept[own[i]!] ? 1 : inline[own[i]!]!;
    inline[place] = cost;
    if (isKept[place] || isGiven[place] || nodes[place]!.op.kind === "source") continue;
    let [reads, largest] = [0, 0];
    for (let i = users.starts[place]!; i < users.starts[place + 1]!; i++) {
      const user = users.places[i]!;
      reads += sizes[user]!;
      largest = Math.max(largest, isJoined(nodes[user]!) ? size : sizes[user]!);
    }
    isKept[place] = Number(size <= 2 * reads && isWorthKeeping({ cost, size, isShared: isShared[place] === 1, largest }));
  }
  return isKept;
}

/** Which nodes several of those need that are memory. */
function sharedNodes({ starts, places }: Users, isKept: Uint8Array): Uint8Array {
  const [none, several] = [-1, -2];
  const reached = new Int32Array(isKept.length).fill(none);
  for (let place = isKept.length - 1; place >= 0; place--) {
    for (let i = starts[place]!; i < starts[place + 1]!; i++) {
      const user = places[i]!;
      const root = isKept[user] ? user : reached[user]!;
      reached[place] = reached[place] === none || reached[place] === root ? root : several;
    }
  }
  return Uint8Array.from(reached, (root) => Number(root === several));
}

/** What nodes take that are computed into memory. */
function ofKept(graph: Graph, isKept: Uint8Array): number {
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
function ofContraction({ nodes, inputs, roots, users: { starts, places }, sizes }: Graph, place: number): number {
  const { left, right } = nodes[place]!.attributes as ContractAttributes;
  const [x, y] = inputs[place] as readonly [number, number];
  const others = nodes[y]!.type.shape.filter((_, axis) => !left.includes(right[axis]!));
  const operations = 2 * sizes[x]! * sizeOf(others);
  if (roots.has(place)) return operations;
  const users = places.subarray(starts[place]!, starts[place + 1]!);
  if (users.some((user) => nodes[user]!.op.kind !== "movement")) return operations;
  return operations * Math.min(1, users.reduce((sum, user) => sum + sizes[user]!, 0) / sizes[place]!);
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
function ofPulled({ nodes, inputs, users, sizes, costs, isGiven }: Graph, isKept: Uint8Array): number {
  const points = nodes.map(({ op }, place) => {
    if (op.kind === "reduce") return sizes[inputs[place]![0]!]!;
    return op.kind === "scatter" ? 0 : sizes[place]!;
  });
  /** For each node the places of those in memory that need it. */
  const needing: Iterable<number>[] = [];
  const neededBy = (user: number, place: number): Iterable<number> => {
    // Things laid side by side are computed at their own places only.
    if (isJoined(nodes[user]!)) return [points.push(sizes[place]!) - 1];
    return isKept[user] ? [user] : needing[user]!;
  };
  let sum = 0;
  for (let place = nodes.length - 1; place >= 0; place--) {
    if (isKept[place] || isGiven[place] || nodes[place]!.op.kind === "source") continue;
    const [first, end] = [users.starts[place]!, users.starts[place + 1]!];
    let needed = neededBy(users.places[first]!, place);
    if (end > first + 1) {
      const all = new Set(needed);
      for (let i = first + 1; i < end; i++) for (const each of neededBy(users.places[i]!, place)) all.add(each);
      needed = all;
    }
    needing[place] = needed;
    for (const each of needed) sum += costs[place]! * points[each]!;
  }
  return sum;
}
