import type { Backend, Memory } from "../backends/backend.ts";
import type { TypedArray } from "../core/dtype.ts";
import { byteLengthOf, encoded } from "../core/encoding.ts";
import { GradsmithError } from "../core/errors.ts";
import type { TensorType } from "../core/shape.ts";
import type { LiteralAttributes, Node } from "../ir/graph.ts";
import { bufferNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { currentBackend } from "./settings.ts";

/** What a `buffer` source holds: memory of a device, until it is donated to a compiled function. */
export class Held {
  #backend: Backend;
  #memory: Memory | undefined;

  constructor(backend: Backend, memory: Memory) {
    this.#backend = backend;
    this.#memory = memory;
  }

  /** Its memory on a device, brought there if it was on another. */
  on(backend: Backend): Memory {
    const memory = this.#live;
    if (this.#backend === backend) return memory;
    const there = backend.allocate(memory.byteLength);
    backend.write(there, this.#backend.read(memory));
    [this.#backend, this.#memory] = [backend, there];
    return there;
  }

  /** Gives the memory away: this tensor can't be used any more. */
  donate(backend: Backend): Memory {
    const memory = this.on(backend);
    this.#memory = undefined;
    return memory;
  }

  /** Other bytes in place of what is in it. */
  write(bytes: Uint8Array): void {
    this.#backend.write(this.#live, bytes);
  }

  /** What is in it once all work queued so far is done. */
  read(): Promise<Uint8Array> {
    return this.#backend.read(this.#live);
  }

  /** What is in it, where that is at hand. */
  peek(): Uint8Array | undefined {
    return this.#memory === undefined ? undefined : this.#backend.peek?.(this.#memory);
  }

  get #live(): Memory {
    if (this.#memory !== undefined) return this.#memory;
    throw new GradsmithError(
      "usage",
      "tensor",
      "this tensor's memory was donated to a compiled function and now holds its result.",
      "Use the result instead, or leave the argument out of `donate`.",
    );
  }
}

/** A source over memory. */
export const heldNode = (backend: Backend, memory: Memory, type: TensorType): Node => bufferNode(new Held(backend, memory), type);

/** A source over numbers that belong to it from now on: where they lie, unless they are stored differently. */
export function holdNumbers(data: TypedArray, type: TensorType): Node {
  const { buffer, byteOffset, byteLength } = data;
  const isStored = byteLength === byteLengthOf(type);
  const bytes = isStored ? new Uint8Array(buffer, byteOffset, byteLength) : encoded(data, type);
  const backend = currentBackend();
  return heldNode(backend, backend.adopt(bytes), type);
}

const literals = new WeakMap<TypedArray, Held>();

/** What a buffer or a literal holds. */
export function heldBy(node: Node): Held {
  if (node.attributes instanceof Held) return node.attributes;
  const { data } = node.attributes as Partial<LiteralAttributes>;
  if (data === undefined)
    throw new GradsmithError("usage", "read", "a function that is traced has no numbers yet.", "Read tensors outside of it.");
  const known = literals.get(data);
  if (known !== undefined) return known;
  const backend = currentBackend();
  const held = new Held(backend, backend.adopt(encoded(data, node.type)));
  literals.set(data, held);
  return held;
}

/** The memory behind a buffer or a literal on a device. */
export const memoryOf = (node: Node, backend: Backend): Memory => heldBy(node).on(backend);

/** A tensor in memory of its own, with what is in the other once all work queued so far is done; a graph that copies, where it isn't memory yet. */
export function copyOf(tensor: Tensor): Tensor {
  if (!(tensor.node.attributes instanceof Held)) return tensor.identity();
  const backend = currentBackend();
  return new Tensor(heldNode(backend, backend.copy(memoryOf(tensor.node, backend)), tensor.type));
}

/** A tensor over numbers that are kept as they are: memory at once, which no program has to compute. */
export const constantOf = (data: TypedArray, type: TensorType): Tensor => new Tensor(holdNumbers(data, type));
