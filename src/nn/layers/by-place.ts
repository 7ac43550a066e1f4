import { isDescribed } from "../../core/described.ts";
import { GradsmithError } from "../../core/errors.ts";
import { described } from "../../core/options.ts";

const ordinals = ["first", "second"];

/** What each argument that a factory takes by its place is. */
const meanings: Readonly<Record<string, string>> = {
  activation: "the activation",
  filters: "the number of filters",
  kernelSize: "the kernel's size",
  padding: "the padding",
  poolSize: "the window's size",
  rate: "the rate",
  shape: "the shape",
  size: "the size",
  units: "the number of units",
};

/**
 * The one object that a layer is built from and saved as: what its factory was given by place, in their order, and its options.
 *
 * @throws GradsmithError "usage" where an argument with a place of its own is among the options, with the call as it should be.
 */
export function byPlace<Placed extends object, Options extends object>(kind: string, placed: Placed, options: Options): Placed & Options {
  for (const [name, value] of Object.entries(placed)) if (isOptions(value)) throw misplaced(kind, placed, name, value);
  if (!isOptions(options)) throw new GradsmithError("option", kind, `the options must be an object, got ${described(options)}.`);
  for (const name of Object.keys(placed)) if (options[name] !== undefined) throw misplaced(kind, placed, name, options);
  return { ...placed, ...options };
}

type Given = Readonly<Record<string, unknown>>;

const isOptions = (value: unknown): value is Given =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isDescribed(value);

function misplaced(kind: string, placed: object, name: string, options: Given): GradsmithError {
  const names = Object.keys(placed);
  const values = Object.entries(placed).map(([other, value]) => {
    const given = options[other] ?? (isOptions(value) ? undefined : value);
    return given === undefined ? other : described(given);
  });
  const rest = Object.keys(options).some((other) => !names.includes(other)) ? ", { ... }" : "";
  const call = `${kind}(${values.join(", ")}${rest})`;
  return new GradsmithError("usage", kind, `${meanings[name] ?? name} comes ${ordinals[names.indexOf(name)]}: ${call}.`);
}
