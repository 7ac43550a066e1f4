import { GradsmithError } from "./errors.ts";
import { foreignNames } from "./foreign-names.ts";
import { nearest } from "./nearest.ts";

/** Throws a readable error unless `value` may be given for the option `name` of `where`. */
export type Check = (where: string, name: string, value: unknown) => unknown;

/** A check for each option there is: one that is forgotten does not compile. */
export type OptionChecks<Options extends object> = { readonly [Name in keyof Options]-?: Check };

/**
 * The options a caller gave, once each is known and may have its value; what is `undefined` is as good as not given, which `required` ones
 * must be. This is the one place where options are looked at: every factory and every call hands its own through it first.
 *
 * @throws GradsmithError "option" for an unknown name, with the one that was meant, or for a value that can't be.
 * @example const { rate = 0.5 } = checkOptions("dropout", options, { rate: between(0, 1) });
 */
export function checkOptions<Options extends object>(
  where: string,
  options: Options,
  checks: OptionChecks<Options>,
  required: readonly (keyof Options)[] = none,
): Options {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new GradsmithError("option", where, `the options must be an object, got ${described(options)}.`, usage(where, checks));
  // Not over entries: tensors' methods come here thousands of times in a trace, and this allocates nothing.
  for (const name in options) {
    if (!Object.hasOwn(checks, name)) throw unknownOption(where, name, Object.keys(checks));
    if (options[name] !== undefined) checks[name](where, name, options[name]);
  }
  for (const name of required) if (options[name] === undefined) checks[name](where, String(name), undefined);
  return options;
}

const none: readonly never[] = [];

function unknownOption(where: string, name: string, known: readonly string[]): GradsmithError {
  const own = ownNames(name).find((names) => names.every((each) => known.includes(each)));
  const close = nearest(name, known);
  const hint =
    own !== undefined ? ` Here it is called ${own.map(quoted).join(" and ")}.` : close === undefined ? "" : ` Did you mean "${close}"?`;
  const list = known.length === 0 ? "It has no options." : `Known: ${known.join(", ")}.`;
  return new GradsmithError("option", where, `unknown option "${name}".${hint}`, list);
}

/** What a name of Keras's, PyTorch's or of Python's spelling may mean here, the likeliest first; one may be two of ours. */
function ownNames(name: string): string[][] {
  const camel = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const others = Object.hasOwn(foreignNames, camel) ? ` ${foreignNames[camel]!}` : "";
  return `${camel}${others}`.split(" ").map((names) => names.split("+"));
}

const quoted = (name: string): string => `"${name}"`;

const usage = (where: string, checks: object): string => {
  const [first] = Object.keys(checks);
  return first === undefined ? `${where} takes none.` : `Write ${where}(..., { ${first}: ... }).`;
};

/** A value as an error shows it. */
export function described(value: unknown, depth = 0): string {
  if (value === null) return "null";
  if (Array.isArray(value))
    return value.length > 8 || depth > 4
      ? `an array of ${value.length}`
      : `[${value.map((item) => described(item, depth + 1)).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object") return "an object";
  return String(value);
}
