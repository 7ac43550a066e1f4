import type { Node, Scan } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import { resultOf, ScanLoop } from "../ir/scan.ts";

/** Rewrites the bodies of loops, each once, so that the results of one run stay results of one run. */
export class LoopRewriter {
  readonly #change: (node: Node) => Node | undefined;
  readonly #made = new Map<ScanLoop, { readonly loop: ScanLoop; readonly replaced: ReadonlyMap<Node, Node> }>();

  constructor(change: (node: Node) => Node | undefined) {
    this.#change = change;
  }

  /** The same result of a loop whose body is changed. */
  result(node: Node<Scan>): Node {
    const { loop, take } = resultOf(node);
    const made = this.#made.get(loop) ?? this.#rewritten(loop);
    this.#made.set(loop, made);
    const result = take.kind === "stack" ? made.loop.stack(made.replaced.get(take.node)!) : made.loop[take.kind](take.carry);
    return makeNode(node.op, node.inputs, result, node.type);
  }

  #rewritten({ body, slots }: ScanLoop): { loop: ScanLoop; replaced: ReadonlyMap<Node, Node> } {
    const replaced = new Map(slots.map((slot) => [slot, slot]));
    const roots = [...body.carries.map(({ next }) => next), ...body.outputs];
    const changed = rewrite(roots, this.#change, replaced);
    const carries = body.carries.map(({ slot }, i) => ({ slot, next: changed[i]! }));
    return { loop: new ScanLoop({ ...body, carries, outputs: changed.slice(carries.length) }), replaced };
  }
}
