import type { Shape } from "../core/shape.ts";
import type { Contract, Node, Scan } from "../ir/graph.ts";

/** Nodes computed together by one kernel. Everything else they need is memory, or is pulled in. */
export type Group = LoopGroup | ContractGroup | SerialGroup | ScanGroup;

/**
 * A loop nest over `domain`, whose `inner` axes are reduced. A member's space is `full` (one value for each point of the domain) or `outer`
 * (one for each combination of the other axes). Members of phase p may use every `outer` member of earlier phases: a softmax is
 * max, then sum, then quotient over the same rows.
 */
export interface LoopGroup {
  readonly kind: "loop";
  domain: Shape;
  inner: readonly number[];
  readonly members: LoopMember[];
}
export interface LoopMember {
  readonly node: Node;
  readonly space: "full" | "outer";
  /** In which sweep over the inner axes it's computed; `outer` members that aren't reductions are computed after that sweep. */
  phase: number;
}

/** A contraction, and elementwise nodes of its output's shape computed from it tile by tile. */
export interface ContractGroup {
  readonly kind: "contract";
  readonly anchor: Node<Contract>;
  readonly epilogue: Node[];
}

/** An op whose loop order is its meaning: scatter, shuffle. */
export interface SerialGroup {
  readonly kind: "serial";
  readonly node: Node;
}

/** The results of one run of a loop, whose body is kernels of its own. */
export interface ScanGroup {
  readonly kind: "scan";
  readonly results: Node<Scan>[];
}

export function nodesOf(group: Group): readonly Node[] {
  switch (group.kind) {
    case "loop":
      return group.members.map((member) => member.node);
    case "contract":
      return [group.anchor, ...group.epilogue];
    case "serial":
      return [group.node];
    case "scan":
      return group.results;
  }
}
