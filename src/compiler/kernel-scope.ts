import type { DType } from "../core/dtype.ts";
import type { Expr, Local } from "../ir/expr.ts";
import { local } from "../ir/expr.ts";
import type { KernelBuffer, Statement } from "../ir/kernel.ts";

/** Memory as a kernel being written sees it: an identity shared by everything stored in the same place. */
export interface Memory {
  readonly id: number;
  readonly dtype: DType;
  readonly length: number;
  /** For a part of other memory: where it begins, and how far it moves with each turn of the loop it belongs to. */
  readonly view?: { readonly of: number; readonly start: number; readonly step: number };
}

/** The memory that isn't a view, in which a piece lies. */
export function homeIn(memories: readonly Memory[], id: number): number {
  const { view } = memories[id]!;
  return view === undefined ? id : homeIn(memories, view.of);
}

/** The buffers and names of one kernel while it's being written. */
export class KernelScope {
  readonly #memories: { readonly memory: Memory; read: boolean; written: boolean }[] = [];
  #names = 0;

  /** A name no other statement of this kernel has. */
  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** A value by a name, which it's given in `out`. */
  named(prefix: string, value: Expr, out: Statement[]): Local {
    const name = this.name(prefix);
    out.push({ kind: "let", name, value });
    return local(name, value.dtype, value.lanes);
  }

  read(memory: Memory): number {
    return this.#use(memory, { read: true });
  }

  write(memory: Memory): number {
    return this.#use(memory, { written: true });
  }

  /** Memory of the kernel's own has an identity below 0. */
  scratch(dtype: DType, length: number): number {
    return this.#use({ id: -1 - this.#memories.length, dtype, length }, {});
  }

  #use(memory: Memory, how: { readonly read?: true; readonly written?: true }): number {
    const known = this.#memories.findIndex((other) => other.memory.id === memory.id);
    const slot = known < 0 ? this.#memories.push({ memory, read: false, written: false }) - 1 : known;
    Object.assign(this.#memories[slot]!, how);
    return slot;
  }

  get buffers(): KernelBuffer[] {
    return this.#memories.map(({ memory: { id, dtype, length }, read, written }) => {
      const access = id < 0 ? "scratch" : written ? (read ? "update" : "write") : "read";
      return { dtype, length, access };
    });
  }

  /** Identities of the buffers that aren't scratch, in order: the kernel's arguments. */
  get arguments(): number[] {
    return this.#memories.map(({ memory }) => memory.id).filter((id) => id >= 0);
  }
}
