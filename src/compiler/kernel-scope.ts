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

/** The buffers and names of one kernel while it's being written. */
export class KernelScope {
  readonly #slots = new Map<number, number>();
  readonly #memories: { memory: Memory; read: boolean; written: boolean }[] = [];
  readonly #scratch = new Map<number, KernelBuffer>();
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
    const slot = this.#slot(memory);
    this.#memories[slot]!.read = true;
    return slot;
  }

  write(memory: Memory): number {
    const slot = this.#slot(memory);
    this.#memories[slot]!.written = true;
    return slot;
  }

  scratch(dtype: DType, length: number): number {
    const slot = this.#memories.length;
    this.#memories.push({ memory: { id: -1 - slot, dtype, length }, read: true, written: true });
    this.#scratch.set(slot, { dtype, length, access: "scratch" });
    return slot;
  }

  #slot(memory: Memory): number {
    const known = this.#slots.get(memory.id);
    if (known !== undefined) return known;
    this.#slots.set(memory.id, this.#memories.length);
    this.#memories.push({ memory, read: false, written: false });
    return this.#memories.length - 1;
  }

  get buffers(): KernelBuffer[] {
    return this.#memories.map(({ memory, read, written }, slot) => {
      const access = written ? (read ? "update" : "write") : "read";
      return this.#scratch.get(slot) ?? { dtype: memory.dtype, length: memory.length, access };
    });
  }

  /** Identities of the buffers that aren't scratch, in order: the kernel's arguments. */
  get arguments(): number[] {
    return this.#memories.filter((_, slot) => !this.#scratch.has(slot)).map(({ memory }) => memory.id);
  }
}
