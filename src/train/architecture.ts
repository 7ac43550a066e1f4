import { GradsmithError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { SavedForm } from "../nn/described.ts";

/** A sequential model without its weights, as plain data. */
export interface Architecture {
  readonly kind: "sequential";
  readonly name: string;
  readonly inputShape: Shape;
  readonly dtype: "f32" | "f64";
  /** Name and saved form of each layer. */
  readonly layers: readonly { readonly name: string; readonly layer: SavedForm }[];
}

/** The key of an architecture in a file's metadata. */
export const architectureKey = "gradsmith.architecture";

/** An architecture from a file's metadata, checked as far as its shape goes; layers check their own options. */
export function readArchitecture(where: string, text: string | undefined): Architecture {
  if (text === undefined)
    throw new GradsmithError(
      "file",
      where,
      "holds tensors but no model.",
      "Read it with decodeSafetensors, or build the model and call setWeights.",
    );
  const found = parsed(text);
  if (isArchitecture(found)) return found;
  throw new GradsmithError("file", where, "the description of the model is damaged, or from another version.", "Save the model again.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isArchitecture(found: unknown): found is Architecture {
  if (!isRecord(found)) return false;
  const { kind, name, inputShape, dtype, layers } = found;
  return (
    kind === "sequential" &&
    typeof name === "string" &&
    Array.isArray(inputShape) &&
    (dtype === "f32" || dtype === "f64") &&
    Array.isArray(layers) &&
    layers.every(isEntry)
  );
}

const isEntry = (entry: unknown): boolean => isRecord(entry) && typeof entry.name === "string" && isSavedForm(entry.layer);
const isSavedForm = (form: unknown): boolean =>
  typeof form === "string" || (Array.isArray(form) && form.length === 2 && typeof form[0] === "string" && isRecord(form[1]));
const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
