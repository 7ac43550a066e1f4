import { bytesOf } from "../core/dtype.ts";
import type { Kernel, KernelBuffer, Statement } from "../ir/kernel.ts";
import type { Limits } from "../ir/limits.ts";
import type { Call, Repeat } from "../ir/program.ts";
import { eachCall, isRepeat } from "../ir/program.ts";
import { asPart } from "./kernel-part.ts";
import type { Memory } from "./kernel-scope.ts";
import { homeIn } from "./kernel-scope.ts";
import { countBytes } from "./kernel-work.ts";
import type { Slice } from "./slices.ts";
import { slicesOf } from "./slices.ts";

/** Iterations that must be left where those of a kernel are taken together: enough for many threads to share. */
const fewestIterations = 16;
/** Calls that are looked at to go on with. */
export const farthest = 12;

/** What goes into a program: pieces of memory by number, and of those the arguments. */
export interface Made {
  readonly kernels: readonly Kernel[];
  readonly calls: readonly (Call | Repeat)[];
  readonly memories: readonly Memory[];
  readonly given: readonly number[];
}

/** Whether two calls can be one kernel when nothing else is in it. */
export function canMerge(made: Made, first: Call, second: Call, limits: Limits): boolean {
  return new Merging({ ...made, calls: [first, second] }, limits, true).run().calls.length === 1;
}

/** What a call does to a piece of memory. */
interface Use {
  readonly slot: number;
  readonly access: KernelBuffer["access"];
}
interface Step {
  readonly call: Call;
  readonly kernel: Kernel;
  readonly uses: ReadonlyMap<number, Use>;
  /** Memory that is touched, where it is a view the memory it is a view of, and whether it is written. */
  readonly homes: ReadonlyMap<number, boolean>;
  readonly hasViews: boolean;
}

export class Merging {
  readonly #made: Made;
  readonly #memories: readonly Memory[];
  readonly #given: ReadonlySet<number>;
  readonly #limits: Limits;
  readonly #regroups: boolean;
  readonly #kernels: Kernel[] = [];
  /** Kernels that stay as they are, by their old number. */
  readonly #kept = new Map<number, number>();
  readonly #names = new Map<string, number>();
  readonly #slices = new Map<string, readonly (Slice | undefined)[]>();
  /** Merged kernels by what is merged. */
  readonly #known = new Map<string, number>();
  /** How many calls touch a piece of memory. */
  readonly #users = new Map<number, number>();

  constructor(made: Made, limits: Limits, regroups: boolean) {
    this.#made = made;
    this.#memories = made.memories;
    this.#given = new Set(made.given);
    this.#limits = limits;
    this.#regroups = regroups;
    for (const { call } of eachCall(made.calls)) {
      for (const home of new Set(call.buffers.map((id) => this.#home(id)))) this.#users.set(home, (this.#users.get(home) ?? 0) + 1);
    }
  }

  run(): Made {
    const calls = this.#sequence(this.#made.calls);
    return { ...this.#made, kernels: this.#kernels, calls };
  }

  #sequence(calls: readonly (Call | Repeat)[]): (Call | Repeat)[] {
    const out: (Call | Repeat)[] = [];
    for (let from = 0; from < calls.length; ) {
      const first = calls[from]!;
      if (isRepeat(first)) {
        out.push({ ...first, calls: this.#sequence(first.calls) });
        from++;
        continue;
      }
      let to = from;
      while (to < calls.length && !isRepeat(calls[to]!)) to++;
      out.push(...this.#straight(calls.slice(from, to) as Call[]));
      from = to;
    }
    return out;
  }

  /** Takes the first call, then those that can go on with it, past others that can wait; what those need comes before, or along. */
  #straight(calls: readonly Call[]): Call[] {
    const out: Call[] = [];
    let steps = calls.map((call) => this.#step(call));
    while (steps.length > 0) {
      const [first, ...others] = steps;
      const chain = [first!];
      const before: Step[] = [];
      let waiting: Step[] = [];
      let looked = 0;
      for (; looked < others.length && looked < farthest + chain.length; looked++) {
        const step = others[looked]!;
        const needed = neededBy(step, waiting);
        if (needed.some((other) => chain.some((member) => conflict(member, other))) || !this.#goesOn(chain, step)) {
          waiting.push(step);
          continue;
        }
        const along = this.#along(chain, needed, step);
        chain.push(...along, step);
        before.push(...needed.filter((other) => !along.includes(other)));
        waiting = waiting.filter((other) => !needed.includes(other));
      }
      // What comes before goes on with each other, too.
      out.push(...this.#straight(before.map(({ call }) => call)), chain.length === 1 ? this.#single(first!) : this.#merged(chain));
      steps = [...waiting, ...others.slice(looked)];
    }
    return out;
  }

  /** Of what a step needs, in order, that which goes on with the chain as well: all, or what the step reads itself, if nothing after it must come before. */
  #along(chain: readonly Step[], needed: readonly Step[], step: Step): readonly Step[] {
    if (this.#goesOn([...chain, ...needed], step)) return needed;
    const feeding = needed.filter((other) => conflict(other, step) && this.#goesOn([...chain, other], step));
    const isFree = feeding.every((other) =>
      needed.every((x) => feeding.includes(x) || needed.indexOf(x) < needed.indexOf(other) || !conflict(x, other)),
    );
    return isFree && this.#goesOn([...chain, ...feeding], step) ? feeding : [];
  }

  #step(call: Call): Step {
    const kernel = this.#made.kernels[call.kernel]!;
    const slots = kernel.buffers.flatMap(({ access }, slot) => (access === "scratch" ? [] : [slot]));
    const uses = new Map(call.buffers.map((id, i): [number, Use] => [id, { slot: slots[i]!, access: kernel.buffers[slots[i]!]!.access }]));
    const homes = new Map<number, boolean>();
    for (const [id, { access }] of uses) homes.set(this.#home(id), homes.get(this.#home(id)) === true || access !== "read");
    return { call, kernel, uses, homes, hasViews: uses.size < slots.length || call.buffers.some((id) => this.#home(id) !== id) };
  }

  #home(id: number): number {
    return homeIn(this.#memories, id);
  }

  #single({ call, kernel }: Step): Call {
    const known = this.#kept.get(call.kernel) ?? this.#kernels.push(kernel) - 1;
    this.#kept.set(call.kernel, known);
    return { ...call, kernel: known };
  }

  #slicesOf(step: Step, iterations: number): readonly (Slice | undefined)[] {
    const times = step.kernel.range.extent / iterations;
    const key = `${step.call.kernel} ${times}`;
    const known = this.#slices.get(key) ?? slicesOf(step.kernel, times);
    this.#slices.set(key, known);
    return known;
  }

  /** Whether iterations of the step need only what the same ones of the chain have written, and share something with them. */
  #goesOn(chain: readonly Step[], step: Step): boolean {
    const all = [...chain, step];
    const extents = all.map(({ kernel }) => kernel.range.extent);
    const iterations = Math.min(...extents);
    const isEqual = extents.every((extent) => extent === iterations);
    if (iterations < (isEqual ? 2 : fewestIterations) || all.some(({ hasViews }) => hasViews)) return false;
    if (!isEqual && (!this.#regroups || extents.some((extent) => extent % iterations !== 0))) return false;
    if (!isEqual && this.#bytesOf(all, iterations) > this.#limits.cacheBytes[1] / 2) return false;
    let shares = false;
    for (const [i, member] of all.entries()) {
      for (const other of all.slice(i + 1)) {
        for (const [id, use] of member.uses) {
          const used = other.uses.get(id);
          if (used === undefined) continue;
          const own = this.#slicesOf(member, iterations)[use.slot];
          const theirs = this.#slicesOf(other, iterations)[used.slot];
          const isShared = this.#isDivided(own, id, iterations) && this.#isDivided(theirs, id, iterations);
          if (!isShared && (use.access !== "read" || used.access !== "read")) return false;
          if (isShared && other === step) shares = true;
        }
      }
    }
    return shares;
  }

  /** What one iteration touches: taken together, it had better fit the cache. */
  #bytesOf(steps: readonly Step[], iterations: number): number {
    const touched = new Map<number, number>();
    let scratch = 0;
    for (const step of steps) {
      for (const [id, { slot }] of step.uses) {
        const { dtype, length } = this.#memories[id]!;
        const isWhole = this.#slicesOf(step, iterations)[slot]?.stride === 0;
        touched.set(id, Math.max(touched.get(id) ?? 0, (length * bytesOf(dtype)) / (isWhole ? 1 : iterations)));
      }
      const own = step.kernel.buffers.filter(({ access }) => access === "scratch");
      scratch = Math.max(
        scratch,
        own.reduce((sum, { dtype, length }) => sum + length * bytesOf(dtype), 0),
      );
    }
    return [...touched.values()].reduce((sum, bytes) => sum + bytes, scratch);
  }

  /** Whether iterations each have a part of the memory of their own. */
  #isDivided(slice: Slice | undefined, id: number, iterations: number): slice is Slice {
    if (slice === undefined || slice.stride === 0) return false;
    return slice.stride * iterations === this.#memories[id]!.length && slice.first >= 0 && slice.last < slice.stride;
  }

  #merged(chain: readonly Step[]): Call {
    const iterations = Math.min(...chain.map(({ kernel }) => kernel.range.extent));
    const own = this.#ownMemory(chain, iterations);
    const ids = [...new Set(chain.flatMap(({ uses }) => [...uses.keys()]))];
    const number = new Map(ids.map((id, i) => [id, own.has(id) ? -1 - i : i]));
    const alike = chain.map(({ call, uses }) => [call.kernel, ...[...uses.keys()].map((id) => number.get(id))].join()).join(";");
    const kernel = this.#known.get(alike) ?? this.#kernelOf(chain, iterations, own);
    this.#known.set(alike, kernel);
    return { kernel, buffers: ids.filter((id) => !own.has(id)) };
  }

  /** The number of the kernel that does what a chain does. */
  #kernelOf(chain: readonly Step[], iterations: number, own: ReadonlyMap<number, number>): number {
    const buffers: KernelBuffer[] = [];
    const slots = new Map<number, number>();
    for (const { kernel, uses } of chain) {
      for (const [id, { slot, access }] of uses) {
        const known = slots.get(id);
        const buffer = kernel.buffers[slot]!;
        if (known === undefined) {
          slots.set(id, buffers.length);
          buffers.push(own.has(id) ? { dtype: buffer.dtype, length: own.get(id)!, access: "scratch" } : buffer);
        } else if (buffers[known]!.access === "read" && access !== "read") buffers[known] = { ...buffers[known]!, access: "update" };
      }
    }
    const shared = buffers.length;
    const variable = "slice";
    const body = chain.flatMap(({ kernel, uses }, i): Statement[] => {
      const places = new Map([...uses].map(([id, { slot }]): [number, number] => [slot, slots.get(id)!]));
      // Scratch of one kernel is free again when the next begins.
      let used = shared;
      for (const [slot, buffer] of kernel.buffers.entries()) {
        if (buffer.access !== "scratch") continue;
        while (used < buffers.length && buffers[used]!.dtype !== buffer.dtype) used++;
        const length = Math.max(buffer.length, buffers[used]?.length ?? 0);
        buffers[used] = { ...buffer, length };
        places.set(slot, used++);
      }
      const moved = new Map([...uses].flatMap(([id, { slot }]): [number, number][] => (own.has(id) ? [[slot, own.get(id)!]] : [])));
      return asPart(kernel, { variable, times: kernel.range.extent / iterations, suffix: `.${i}`, places, moved });
    });
    const over = new Map<number, number>();
    for (const { kernel, uses } of chain) {
      for (const id of uses.keys()) over.set(slots.get(id)!, Math.max(over.get(slots.get(id)!) ?? 0, kernel.work.operations));
    }
    const bytes = countBytes(buffers, (slot) => over.get(slot)!);
    const operations = chain.reduce((sum, { kernel }) => sum + kernel.work.operations, 0);
    const heaviest = chain.reduce((most, step) => (step.kernel.work.operations > most.kernel.work.operations ? step : most));
    const kernel: Kernel = { name: "", buffers, range: { variable, extent: iterations }, body, work: { operations, bytes } };
    const base = `${heaviest.kernel.name}_and_${chain.length - 1}`;
    const alike = (this.#names.get(base) ?? 0) + 1;
    this.#names.set(base, alike);
    return this.#kernels.push({ ...kernel, name: alike === 1 ? base : `${base}_${alike}` }) - 1;
  }

  /** Memory that only this chain touches, with the elements one iteration needs of it. */
  #ownMemory(chain: readonly Step[], iterations: number): Map<number, number> {
    const own = new Map<number, number>();
    let bytes = 0;
    for (const id of new Set(chain.flatMap(({ uses }) => [...uses.keys()]))) {
      const users = chain.filter(({ uses }) => uses.has(id));
      const { dtype, length } = this.#memories[id]!;
      const size = (length / iterations) * bytesOf(dtype);
      if (users.length < this.#users.get(id)! || this.#given.has(id) || bytes + size > this.#limits.cacheBytes[1] / 2) continue;
      const isDivided = users.every((step) => this.#isDivided(this.#slicesOf(step, iterations)[step.uses.get(id)!.slot], id, iterations));
      if (!isDivided) continue;
      bytes += size;
      own.set(id, length / iterations);
    }
    return own;
  }
}

/** Those of earlier steps that must come before a step, in their order. */
function neededBy(step: Step, earlier: readonly Step[]): Step[] {
  const needed: Step[] = [];
  for (const other of [...earlier].reverse()) if ([step, ...needed].some((one) => conflict(other, one))) needed.unshift(other);
  return needed;
}

/** Whether two calls must stay in their order. */
function conflict(a: Step, b: Step): boolean {
  for (const [home, isWritten] of a.homes) {
    const other = b.homes.get(home);
    if (other !== undefined && (isWritten || other)) return true;
  }
  return false;
}
