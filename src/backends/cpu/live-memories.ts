/** Something that holds memory only from run to run, and can do without. */
export interface Unloadable {
  /** A number that grows with every run of any of them. */
  readonly lastUsed: number;
  unload(): void;
}

/** An engine reserves 10 GiB of addresses for each memory, of 128 TiB that a process has; some machines allow far less. */
const mostLive = 256;

/** Those that hold a memory. Nobody is kept alive by being here. */
const live = new Map<number, WeakRef<Unloadable>>();
const registry = new FinalizationRegistry((id: number) => void live.delete(id));
let ids = 0;
let uses = 0;

/** The next value of `lastUsed`. */
export const nextUse = (): number => ++uses;

/** Counts a memory that is there from now on; the one unused for longest goes if there are too many. How to say that it is gone. */
export function countMemory(holder: Unloadable): () => void {
  if (live.size >= mostLive) unloadOldest();
  const id = ids++;
  live.set(id, new WeakRef(holder));
  registry.register(holder, id);
  return () => void live.delete(id);
}

function unloadOldest(): void {
  let oldest: Unloadable | undefined;
  for (const [id, reference] of live) {
    const holder = reference.deref();
    if (holder === undefined) live.delete(id);
    else if (oldest === undefined || holder.lastUsed < oldest.lastUsed) oldest = holder;
  }
  if (live.size >= mostLive) oldest?.unload();
}
