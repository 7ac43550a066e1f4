import { choose, refuse } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";

/** Something that can be built again from its kind and its options. */
export interface Described {
  readonly kind: string;
  readonly options: object;
}

/** How a described thing looks in a file: `"relu"`, or `["leakyRelu", { slope: 0.3 }]`. */
export type SavedForm = string | readonly [kind: string, options: object];

/** What users may give for a described thing: its name, its name with options, or the thing. */
export type Choice<T extends Described> = SavedForm | T;

/** How things are built from their options, by kind. */
export type Builders<T> = Readonly<Record<string, (options?: never) => T>>;

/** The thing a user chose, or an error: with the nearest name, or with all of them where something else was given. */
export function chosen<T extends Described>(where: string, what: string, choice: Choice<T>, builders: Builders<T>): T {
  if (!isSavedForm(choice))
    return isDescribed(choice) ? choice : refuse(where, what, choice, `Known: ${Object.keys(builders).join(", ")}.`);
  const [kind, options] = typeof choice === "string" ? [choice, undefined] : choice;
  return choose(where, what, kind, builders)(options as never);
}

const isSavedForm = (choice: SavedForm | Described): choice is SavedForm => typeof choice === "string" || Array.isArray(choice);

/** The kind of what a user made from a function of their own. */
export const custom = "custom";

/** A described thing as plain data, with everything described inside its options as plain data too. */
export function savedForm({ kind, options }: Described): SavedForm {
  if (kind === custom) throw unsavable(kind);
  const data = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, plain(kind, value)]);
  return data.length === 0 ? kind : [kind, Object.fromEntries(data) as object];
}

function plain(kind: string, value: unknown): unknown {
  if (typeof value === "function") throw unsavable(kind);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => plain(kind, item));
  return isDescribed(value) ? savedForm(value) : value;
}

const isDescribed = (value: unknown): value is Described =>
  typeof value === "object" && value !== null && "kind" in value && "options" in value;

const unsavable = (where: string): GradsmithError =>
  new GradsmithError("usage", where, "a function of your own can't be saved as data.", "Choose a named one, or save only the weights.");
