import type { SavedForm } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";

/** What a name of version 0.1 is called now, and its options. */
interface Renamed {
  readonly name?: string;
  readonly options?: Readonly<Record<string, string>>;
}
type Sort = "activation" | "initializer" | "loss";

const renamed: Readonly<Record<Sort, Readonly<Record<string, Renamed>>>> = {
  activation: { leakyRelu: { options: { slope: "negativeSlope" } } },
  initializer: {
    uniform: { name: "randomUniform", options: { low: "minval", high: "maxval" } },
    normal: { name: "randomNormal", options: { std: "stddev" } },
    truncatedNormal: { options: { std: "stddev" } },
  },
  loss: { kullbackLeibler: { name: "klDivergence" } },
};

/** Refuses a name of version 0.1 where users give one, and says what it is called now. */
export function refuseOldName(where: string, what: Sort, choice: unknown): void {
  const kind: unknown = Array.isArray(choice) ? choice[0] : choice;
  if (typeof kind !== "string" || !Object.hasOwn(renamed[what], kind)) return;
  const { name } = renamed[what][kind]!;
  if (name !== undefined) throw new GradsmithError("option", where, `the ${what} "${kind}" is called "${name}".`);
}

/** A namespace whose members of version 0.1 throw and name those of today. They are no part of its type, and aren't listed. */
export function withOldNames<Space extends object>(space: string, what: Sort, members: Space): Space {
  for (const [old, { name }] of Object.entries(renamed[what])) {
    if (name === undefined) continue;
    const value = (): never => {
      throw new GradsmithError("usage", `${space}.${old}`, `is called ${space}.${name}.`);
    };
    Object.defineProperty(members, old, { value, enumerable: false });
  }
  return members;
}

/** A layer's form in a file, whatever version wrote it, in today's names. */
export function modernized(form: SavedForm): SavedForm {
  if (typeof form === "string") return form;
  const [kind, options] = form;
  return [kind, Object.fromEntries(Object.entries(options).map(([name, value]) => [name, modernOption(name, value)]))];
}

function modernOption(name: string, value: unknown): unknown {
  if (/activation$/i.test(name)) return modernChoice("activation", value);
  if (/Initializer$/.test(name)) return modernChoice("initializer", value);
  return isForm(value) ? modernized(value) : value;
}

function modernChoice(sort: Sort, value: unknown): unknown {
  const [kind, options] = isForm(value) ? value : [value, undefined];
  const found = typeof kind === "string" && Object.hasOwn(renamed[sort], kind) ? renamed[sort][kind] : undefined;
  if (found === undefined) return value;
  const own = found.name ?? kind;
  if (options === undefined) return own;
  return [own, Object.fromEntries(Object.entries(options).map(([name, item]) => [found.options?.[name] ?? name, item]))];
}

const isForm = (value: unknown): value is readonly [string, object] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && typeof value[1] === "object" && value[1] !== null;
