import type { TypedArray } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { TensorType } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { literalNode } from "./ops/source.ts";
import type { Tensor } from "./tensor.ts";

/** How tensors get their values: filled in by the runtime, so that the language does not depend on it. */
export interface ExecutionPort {
  /** Computes a tensor and hands out a copy of its elements; two-byte floats as Float32Array. */
  read(tensor: Tensor): Promise<TypedArray>;
  /** A tensor's elements where they are at hand without computing or waiting, as `read` gives them: for showing them. */
  peek?(tensor: Tensor): TypedArray | undefined;
  /** Computes a tensor now and `settle`s it, so that the graph behind it can be forgotten. May do nothing while a function is traced. */
  compute(tensor: Tensor): void;
  /** A source over numbers that belong to it from now on: they are not copied. */
  hold(data: TypedArray, type: TensorType): Node;
}

let installed: ExecutionPort | undefined;
let holders = 0;

export function installExecution(port: ExecutionPort): void {
  installed = port;
}

export function execution(): ExecutionPort {
  if (installed !== undefined) return installed;
  throw new GradsmithError(
    "usage",
    "read",
    "nothing is there to compute tensors with.",
    'Import from "gradsmith" once, which installs the runtime.',
  );
}

/** A tensor's elements where they are at hand, for showing them; nothing is computed. */
export const peekAt = (tensor: Tensor): TypedArray | undefined => installed?.peek?.(tensor);

/**
 * A source of numbers known now, which belong to it from now on; as in `literalNode`. Where a runtime is, they become memory as any result
 * is, so that there is one copy of them.
 */
export const sourceOf = (data: TypedArray, type: TensorType): Node => installed?.hold(data, type) ?? literalNode(data, type);

/** Runs `work` with graphs kept as they are recorded: no tensor is computed early and forgets where it came from. */
export function holdGraphs<T>(work: () => T): T {
  holders++;
  try {
    return work();
  } finally {
    holders--;
  }
}

export const graphsAreHeld = (): boolean => holders > 0;

/** Deeper graphs are computed as they are recorded: a loop that never reads its results must not remember all of its past. */
export const depthLimit = 1000;

export function limitDepth(tensor: Tensor): void {
  if (tensor.node.depth > depthLimit && holders === 0) installed?.compute(tensor);
}
