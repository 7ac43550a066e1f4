import type { SavedForm } from "../core/described.ts";
import type { Module } from "./module.ts";

/** A module as plain data: a form of its own, or which of those before it is, or is inside of. */
export type SavedModule = SavedForm | SharedModule;
export interface SharedModule {
  /** Forms are counted in the order in which they are written. */
  readonly shared: number;
  /** Where in what that form builds; `""` if it is all of it. */
  readonly path: string;
}

/** The member of a module that lists others and says itself how it is saved. A symbol, so that no member of a user's class is taken for it. */
export const savedParts: unique symbol = Symbol.for("gradsmith.savedParts");

export interface Composite extends Module {
  /** What it is built from, with `save` for the modules in it, in their order. */
  [savedParts](save: (module: Module) => SavedModule): SavedForm;
}
