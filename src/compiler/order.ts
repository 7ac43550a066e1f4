/** What depends on what, as each one's direct needs. */
export type Needs<T> = ReadonlyMap<T, ReadonlySet<T>>;

/** Whether `one` needs `other`, directly or not; everything needs itself. */
export function depends<T>(one: T, other: T, needs: Needs<T>, seen = new Set<T>()): boolean {
  if (one === other) return true;
  if (seen.has(one)) return false;
  seen.add(one);
  return [...needs.get(one)!].some((next) => depends(next, other, needs, seen));
}

/** Each after what it needs, otherwise in the order given. */
export function inOrder<T>(items: Iterable<T>, needs: Needs<T>): T[] {
  const done = new Set<T>();
  const order: T[] = [];
  const visit = (item: T): void => {
    if (done.has(item)) return;
    done.add(item);
    for (const next of needs.get(item)!) visit(next);
    order.push(item);
  };
  for (const item of items) visit(item);
  return order;
}
