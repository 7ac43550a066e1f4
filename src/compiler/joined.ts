import type { Node } from "../ir/graph.ts";

/** Whether a node lays several others side by side. */
export const isJoined = ({ op, inputs }: Node): boolean => op.kind === "movement" && inputs.length > 1;
