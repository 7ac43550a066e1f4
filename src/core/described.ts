import { choose, refuse } from "./checks.ts";
import { GradsmithError } from "./errors.ts";

/** Something that can be built again from its kind and its options. */
export interface Described {
  /** What it is called where it is chosen by name. */
  readonly kind: string;
  /** What it was made with. */
  readonly options: object;
}

/** How a described thing looks in a file: `"relu"`, or `["leakyRelu", { negativeSlope: 0.3 }]`. */
export type SavedForm = string | readonly [kind: string, options: object];

/** What users may give for a described thing: its name, its name with options, or the thing. */
export type Choice<T extends Described, Name extends string = string> = Name | readonly [Name, object] | T;

/** How a thing is built from its options. */
export type Builder<T> = (options?: never) => T;
export type Builders<T> = Readonly<Record<string, Builder<T>>>;

/** All things of one sort by kind: the library's own, and those that users have registered. */
export interface Registry<T> {
  /** As errors call it: `activation`. */
  readonly what: string;
  readonly builders: Builders<T>;
  readonly registered: Map<string, Builder<T>>;
}

export const registryOf = <T>(what: string, builders: Builders<T>): Registry<T> => ({ what, builders, registered: new Map() });

export const isKnownTo = (registry: Registry<unknown>, kind: string): boolean =>
  Object.hasOwn(registry.builders, kind) || registry.registered.has(kind);

/** The builder of a kind, or an error with the nearest name. */
export const builderOf = <T>(where: string, registry: Registry<T>, kind: string): Builder<T> =>
  choose(where, registry.what, kind, { ...registry.builders, ...Object.fromEntries(registry.registered) });

/** The thing a user chose, or an error: with the nearest name, or with all of them where something else was given. */
export function chosen<T extends Described>(where: string, choice: Choice<T>, registry: Registry<T>): T {
  if (isSavedForm(choice)) {
    const [kind, options] = typeof choice === "string" ? [choice, undefined] : choice;
    return builderOf(where, registry, kind)(options as never);
  }
  return isDescribed(choice) ? choice : refuse(where, registry.what, choice, `Known: ${Object.keys(registry.builders).join(", ")}.`);
}

const isSavedForm = (choice: SavedForm | Described): choice is SavedForm =>
  typeof choice === "string" || (Array.isArray(choice) && choice.length <= 2 && typeof choice[0] === "string");

/** The kind of what a user made from a function of their own. */
export const custom = "custom";

/**
 * A described thing as plain data, with everything described inside its options as plain data too. `isKnown` says which kinds can be built
 * again: saving what can't be would be a promise that is broken later.
 */
export function savedForm({ kind, options }: Described, isKnown: (kind: string) => boolean): SavedForm {
  if (kind === custom) throw unsavable(kind);
  if (!isKnown(kind)) throw unregistered(kind);
  const data = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, plain(kind, value, isKnown)]);
  return data.length === 0 ? kind : [kind, Object.fromEntries(data) as object];
}

function plain(kind: string, value: unknown, isKnown: (kind: string) => boolean): unknown {
  if (typeof value === "function") throw unsavable(kind);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => plain(kind, item, isKnown));
  if (isDescribed(value)) return savedForm(value, isKnown);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(kind, item, isKnown)]));
}

export const isDescribed = (value: unknown): value is Described =>
  typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string" && "options" in value;

const unsavable = (where: string): GradsmithError =>
  new GradsmithError("usage", where, "a function of your own can't be saved as data.", "Choose a named one, or save only the weights.");

/** The error for saving something that loading would not know. */
export const unregistered = (kind: string): GradsmithError =>
  new GradsmithError(
    "usage",
    "save",
    `"${kind}" isn't registered, so what is saved couldn't be loaded again.`,
    "Call register(...) with its class or factory before saving and before loading, or save only the weights.",
  );
