import type { TensorType } from "../core/shape.ts";
import type { Described, Identities, Node, Scan } from "./graph.ts";
import { topological } from "./graph.ts";
import { variable } from "./index.ts";

/**
 * A loop with carried state: for each turn t the body's nodes are computed from slots, which stand for the carries, for row t of the rows
 * and for constants. Slots are told apart by identity; what is below a slot is not part of the body.
 */
export interface ScanBody {
  readonly length: number;
  /** Whether turns go from the last row to the first. */
  readonly isReverse: boolean;
  readonly carries: readonly { readonly slot: Node; readonly next: Node }[];
  readonly rows: readonly Node[];
  readonly constants: readonly Node[];
  /** Nodes besides the next carries that belong to the body. */
  readonly outputs: readonly Node[];
}

/**
 * What a scan node gives: `last`: carry number `carry` after all turns. `stack`: the value of a node of the body at every turn, row t of it
 * computed from row t of the rows. `history`: one row more, the carry before the first turn and after each of them.
 */
export type Take = { readonly kind: "last" | "history"; readonly carry: number } | { readonly kind: "stack"; readonly node: Node };

export class ScanLoop {
  readonly body: ScanBody;
  readonly #results = new Map<unknown, ScanResult>();
  readonly #texts = new WeakMap<Identities, string>();
  #order: readonly Node[] | undefined;

  constructor(body: ScanBody) {
    this.body = body;
  }

  last(carry: number): ScanResult {
    return this.#result(`last ${carry}`, { kind: "last", carry });
  }
  history(carry: number): ScanResult {
    return this.#result(`history ${carry}`, { kind: "history", carry });
  }
  stack(node: Node): ScanResult {
    return this.#result(node, { kind: "stack", node });
  }

  /** One object for one take, so that equal attributes are the same. */
  #result(key: unknown, take: Take): ScanResult {
    const result = this.#results.get(key) ?? new ScanResult(this, take);
    this.#results.set(key, result);
    return result;
  }

  /** The slots in the order of a node's inputs. */
  get slots(): readonly Node[] {
    const { carries, rows, constants } = this.body;
    return [...carries.map(({ slot }) => slot), ...rows, ...constants];
  }

  /** Slots and everything computed from them, inputs first. */
  get order(): readonly Node[] {
    const { carries, outputs } = this.body;
    this.#order ??= topological([...this.slots, ...carries.map(({ next }) => next), ...outputs], new Set(this.slots));
    return this.#order;
  }

  /** Equal text, equal body. */
  text(ids: Identities): string {
    const known = this.#texts.get(ids);
    if (known !== undefined) return known;
    const { length, isReverse, carries, rows, constants, outputs } = this.body;
    const slots = new Set(this.slots);
    const places = new Map(this.order.map((node, place) => [node, place]));
    const place = (node: Node): number => places.get(node)!;
    const lines = this.order.map((node) => {
      const type = `${node.type.dtype}[${node.type.shape.join()}]`;
      return slots.has(node) ? `slot ${type}` : `${ids.of(node.op)} ${ids.text(node.attributes)} ${type} ${node.inputs.map(place).join()}`;
    });
    const nexts = carries.map(({ slot, next }) => `${place(slot)}>${place(next)}`);
    const text = [`${length} ${isReverse} ${[nexts, rows.map(place), constants.map(place), outputs.map(place)].join(";")}`, ...lines].join(
      "\n",
    );
    this.#texts.set(ids, text);
    return text;
  }
}

export class ScanResult implements Described {
  readonly loop: ScanLoop;
  readonly take: Take;
  constructor(loop: ScanLoop, take: Take) {
    this.loop = loop;
    this.take = take;
  }

  get type(): TensorType {
    const { length, carries } = this.loop.body;
    if (this.take.kind === "stack") return { ...this.take.node.type, shape: [length, ...this.take.node.type.shape] };
    const { type } = carries[this.take.carry]!.slot;
    return this.take.kind === "last" ? type : { ...type, shape: [length + 1, ...type.shape] };
  }

  text(ids: Identities): string {
    const { take, loop } = this;
    const what = take.kind === "stack" ? loop.order.indexOf(take.node) : take.carry;
    return `${take.kind} ${what} of ${loop.text(ids)}`;
  }
}

export const resultOf = (node: Node<Scan>): ScanResult => node.attributes as ScanResult;
export const isScan = (node: Node): node is Node<Scan> => node.op.kind === "scan";

/** Whether two nodes are results of one run of a loop. */
export const isSameRun = (a: Node, b: Node): boolean =>
  isScan(a) && isScan(b) && resultOf(a).loop === resultOf(b).loop && a.inputs.every((input, i) => input === b.inputs[i]);

/**
 * What a body takes from outside besides its moving slots: the nodes that don't change from turn to turn and are needed by nodes that do (or by
 * the roots). Views, fills and positions cost nothing and stay in the body.
 */
export function constantsOf(roots: readonly Node[], moving: ReadonlySet<Node>): Node[] {
  const changes = new Set<Node>();
  const order = topological(roots, moving);
  for (const node of order) if (moving.has(node) || node.inputs.some((input) => changes.has(input))) changes.add(node);
  const constants = new Set<Node>();
  const visit = (node: Node): void => {
    if (changes.has(node)) return;
    if (isView(node)) node.inputs.forEach(visit);
    else if (!isMadeUp(node)) constants.add(node);
  };
  for (const node of order) if (changes.has(node) && !moving.has(node)) node.inputs.forEach(visit);
  roots.forEach(visit);
  return [...constants];
}

const isMadeUp = ({ op }: Node): boolean => op.kind === "source" && (op.from === "fill" || op.from === "iota");

/** Whether a node only looks at another one's elements in other places. */
function isView(node: Node): boolean {
  if (node.op.kind !== "movement") return false;
  const out = node.type.shape.map((size, axis) => variable(`d${axis}`, size));
  const { cases } = node.op.source(
    out,
    node.inputs.map((input) => input.type),
    node.attributes,
  );
  return cases.length === 1 && cases[0]!.guards.every((guard) => guard.index.min >= guard.min && guard.index.max <= guard.max);
}
