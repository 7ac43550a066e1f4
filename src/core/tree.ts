import { GradsmithError } from "./errors.ts";

/**
 * Trees carry leaves (tensors) in nested plain objects, arrays, and objects that implement `treeNode`. Everything else in them is static: it
 * stays as it is and belongs to the structure.
 */
export const treeNode: unique symbol = Symbol.for("gradsmith.treeNode");

/** How an object of a class travels through functions of trees. `rebuild` makes its like with other children under the same names. */
export interface TreeParts {
  readonly children: Readonly<Record<string, unknown>>;
  rebuild(children: Readonly<Record<string, unknown>>): unknown;
}
export interface TreeNode {
  [treeNode](): TreeParts;
}

export interface Flat<L> {
  readonly leaves: readonly L[];
  /** Equal text, equal structure: the same places of leaves and the same static values. */
  readonly structure: string;
  /** The tree with other leaves in the places of these, in the same order. */
  rebuild(leaves: readonly unknown[]): unknown;
  /** The leaves of another tree if it has this structure: a comparison, many times faster than flattening it. */
  leavesOf(other: unknown): L[] | undefined;
}

/** Whoever walks a tree calls itself for each level, and a stack has an end. */
const deepest = 1000;

type Rebuild = (leaves: readonly unknown[]) => unknown;
interface Part {
  readonly text: string;
  readonly rebuild: Rebuild;
  /** Whether another tree has this structure; its leaves go to `into`. */
  readonly matches: (other: unknown, into: unknown[]) => boolean;
}

export function flatten<L>(tree: unknown, isLeaf: (x: unknown) => x is L): Flat<L> {
  const leaves: L[] = [];
  const open = new Set<object>();

  const visit = (item: unknown): Part => {
    if (isLeaf(item)) return leafPart(leaves.push(item) - 1, isLeaf);
    if (Array.isArray(item)) return inside(item, () => listPart(item.map(visit)));
    if (isTreeNode(item)) {
      return inside(item, () => {
        const { children, rebuild } = item[treeNode]();
        return nodePart(item.constructor, rebuild, recordOf(children));
      });
    }
    return isPlainObject(item) ? inside(item, () => plainPart(recordOf(item))) : staticPart(item, isLeaf);
  };

  const inside = <T>(item: object, work: () => T): T => {
    if (open.has(item))
      throw new GradsmithError("usage", "tree", "an object contains itself.", "Pass trees: plain objects and arrays without cycles.");
    if (open.size === deepest)
      throw new GradsmithError("usage", "tree", `objects are nested more than ${deepest} deep.`, "Pass trees that are less deep.");
    open.add(item);
    const result = work();
    open.delete(item);
    return result;
  };

  // Keys in alphabetical order, so that { a, b } and { b, a } have one structure; the rebuilt object keeps its own order.
  const recordOf = (record: Readonly<Record<string, unknown>>): Part => {
    const keys = Object.keys(record);
    return recordPart(keys, new Map([...keys].sort().map((key) => [key, visit(record[key])])));
  };

  return flat(leaves, visit(tree));
}

// A structure outlives the leaves it was found on: none of these functions may close over one.

function flat<L>(leaves: readonly L[], { text, rebuild, matches }: Part): Flat<L> {
  const leavesOf = (other: unknown): L[] | undefined => {
    const found: L[] = [];
    return matches(other, found) ? found : undefined;
  };
  return { leaves, structure: text, rebuild, leavesOf };
}

const leafPart = (place: number, isLeaf: (x: unknown) => boolean): Part => ({
  text: "*",
  rebuild: (leaves) => leaves[place],
  matches: (other, into) => isLeaf(other) && into.push(other) > 0,
});

const listPart = (items: readonly Part[]): Part => ({
  text: `[${items.map((item) => item.text).join(",")}]`,
  rebuild: (leaves) => items.map((item) => item.rebuild(leaves)),
  matches: (other, into) => Array.isArray(other) && other.length === items.length && items.every((item, i) => item.matches(other[i], into)),
});

const nodePart = (kind: object, build: TreeParts["rebuild"], { text, rebuild, matches }: Part): Part => ({
  text: `${identityOf(kind)}${text}`,
  rebuild: (leaves) => build(rebuild(leaves) as Readonly<Record<string, unknown>>),
  matches: (other, into) => isTreeNode(other) && other.constructor === kind && matches(other[treeNode]().children, into),
});

const plainPart = (record: Part): Part => ({
  ...record,
  matches: (other, into) => isPlainObject(other) && !isTreeNode(other) && record.matches(other, into),
});

const recordPart = (keys: readonly string[], children: ReadonlyMap<string, Part>): Part => ({
  text: `{${[...children].map(([key, child]) => `${JSON.stringify(key)}:${child.text}`).join(",")}}`,
  rebuild: (leaves) => Object.fromEntries(keys.map((key) => [key, children.get(key)!.rebuild(leaves)])),
  matches(other, into) {
    const theirs = other as Readonly<Record<string, unknown>>;
    if (Object.keys(theirs).length !== keys.length) return false;
    for (const [key, child] of children) if (!(key in theirs && child.matches(theirs[key], into))) return false;
    return true;
  },
});

function staticPart(item: unknown, isLeaf: (x: unknown) => boolean): Part {
  const text = staticText(item);
  return {
    text,
    rebuild: () => item,
    matches: (other) => Object.is(other, item) || (!isLeaf(other) && !isTree(other) && staticText(other) === text),
  };
}

/** The tree with `f` of each leaf in its place. */
export function map<T, L>(tree: T, isLeaf: (x: unknown) => x is L, f: (leaf: L, index: number) => unknown): unknown {
  const { leaves, rebuild } = flatten(tree, isLeaf);
  return rebuild(leaves.map(f));
}

/** Where each leaf is, in the order of `flatten`: `layers[0].kernel`. For messages. */
export function paths(tree: unknown, isLeaf: (x: unknown) => boolean, root = ""): string[] {
  if (isLeaf(tree)) return [root];
  if (Array.isArray(tree)) return tree.flatMap((item, i) => paths(item, isLeaf, `${root}[${i}]`));
  const record = isTreeNode(tree) ? tree[treeNode]().children : isPlainObject(tree) ? tree : {};
  return Object.keys(record)
    .sort()
    .flatMap((key) => paths(record[key], isLeaf, root === "" ? key : `${root}.${key}`));
}

const isTree = (item: unknown): boolean => Array.isArray(item) || isTreeNode(item) || isPlainObject(item);

const isTreeNode = (item: unknown): item is TreeNode & object => typeof item === "object" && item !== null && treeNode in item;

function isPlainObject(item: unknown): item is Record<string, unknown> {
  if (typeof item !== "object" || item === null) return false;
  const prototype: unknown = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null;
}

/** Static values: data by value, functions and objects of other classes by which one they are. */
function staticText(item: unknown): string {
  if ((typeof item === "object" && item !== null) || typeof item === "function") return identityOf(item);
  if (typeof item === "string") return JSON.stringify(item);
  return Object.is(item, -0) ? "-0" : `${typeof item === "bigint" ? "n" : ""}${String(item)}`;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identityOf(item: object): string {
  const known = identities.get(item) ?? nextIdentity++;
  identities.set(item, known);
  return `#${known}`;
}
