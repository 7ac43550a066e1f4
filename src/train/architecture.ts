import type { SavedForm } from "../core/described.ts";
import { isDType } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Types } from "../nn/shapes.ts";

/** A model without its weights, as plain data. */
export interface Architecture {
  readonly format: 2;
  readonly model: SavedForm;
  /** What a sample looks like, without the batch. */
  readonly input: Types;
}

/** How files before named paths described a model: one list of layers. */
export interface FlatArchitecture {
  readonly kind: "sequential";
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly dtype: "f32" | "f64";
  readonly layers: readonly { readonly name: string; readonly layer: SavedForm }[];
}

/** The key of an architecture in a file's metadata. */
export const architectureKey = "gradsmith.architecture";

/** Modules in modules: no file needs more, and a reader must not overflow the stack. */
const deepest = 1000;

/** An architecture from a file's metadata, checked as far as its shape goes; modules check their own options. */
export function readArchitecture(where: string, text: string | undefined): Architecture | FlatArchitecture {
  if (text === undefined)
    throw new GradsmithError(
      "file",
      where,
      "holds tensors but no model.",
      "Build the model and call loadWeights, or read it with decodeSafetensors.",
    );
  const found = parsed(text);
  if (isArchitecture(found) || isFlat(found)) return found;
  throw new GradsmithError("file", where, "the description of the model is damaged, or from another version.", "Save the model again.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isArchitecture = (found: unknown): found is Architecture =>
  isRecord(found) && found.format === 2 && isSavedForm(found.model, 0) && isTypes(found.input, 0);

function isFlat(found: unknown): found is FlatArchitecture {
  if (!isRecord(found)) return false;
  const { kind, name, inputShape, dtype, layers } = found;
  return (
    kind === "sequential" &&
    typeof name === "string" &&
    isShape(inputShape) &&
    (dtype === "f32" || dtype === "f64") &&
    Array.isArray(layers) &&
    layers.every((entry) => isRecord(entry) && typeof entry.name === "string" && isSavedForm(entry.layer, 0))
  );
}

const isSavedForm = (form: unknown, depth: number): boolean =>
  typeof form === "string" ||
  (Array.isArray(form) && form.length === 2 && typeof form[0] === "string" && isRecord(form[1]) && isShallow(form[1], depth));

const isShallow = (value: unknown, depth: number): boolean =>
  typeof value !== "object" || value === null || (depth < deepest && Object.values(value).every((part) => isShallow(part, depth + 1)));

function isTypes(types: unknown, depth: number): boolean {
  if (depth > deepest) return false;
  if (isRecord(types) && "dtype" in types && "shape" in types)
    return typeof types.dtype === "string" && isDType(types.dtype) && isShape(types.shape);
  return (Array.isArray(types) || isRecord(types)) && Object.values(types).every((part) => isTypes(part, depth + 1));
}

const isShape = (shape: unknown): shape is number[] =>
  Array.isArray(shape) && shape.length <= 32 && shape.every((size) => Number.isSafeInteger(size) && (size as number) > 0);
const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
