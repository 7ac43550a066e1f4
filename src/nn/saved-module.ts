import type { Builder, SavedForm } from "../core/described.ts";
import { isKnownTo, savedForm, unregistered } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";
import { described } from "../core/options.ts";
import { quotedName } from "../core/printable.ts";
import { activationRegistry } from "./activations.ts";
import { constraintRegistry } from "./constraints.ts";
import { initializerRegistry } from "./initializers.ts";
import { layerRegistry } from "./layers/registry.ts";
import { Module } from "./module.ts";
import { pathsOf } from "./module-tree.ts";
import { regularizerRegistry } from "./regularizers.ts";
import type { Composite, SavedModule, SharedModule } from "./saved-parts.ts";
import { savedParts } from "./saved-parts.ts";

/** How composites are built again, by kind: from options in which modules are in their saved forms. */
export type CompositeBuilders = Readonly<Record<string, (options: object, load: (saved: SavedModule) => Module) => Module>>;

/** Not of a class that only inherits it: what that adds would be lost. */
const isComposite = (module: Module): module is Composite => Object.hasOwn(Object.getPrototypeOf(module) as object, savedParts);

const valueRegistries = [activationRegistry, constraintRegistry, initializerRegistry, regularizerRegistry];
const isKnownValue = (kind: string): boolean => valueRegistries.some((registry) => isKnownTo(registry, kind));

export type ModuleClass = new (options: never) => Module;

/** Classes of users' modules, by the name they are saved under. */
const classes = new Map<string, ModuleClass>();

/** The name a class is saved under: that of its static `kind`, else its own. */
const nameOf = (ownClass: { readonly name: string; readonly kind?: unknown }): string =>
  typeof ownClass.kind === "string" ? ownClass.kind : ownClass.name;

export function registerModule(ownClass: ModuleClass): void {
  const name = nameOf(ownClass);
  if (isKnownTo(layerRegistry, name))
    throw new GradsmithError("usage", "register", `"${name}" is the name of a layer that exists.`, "Call the class otherwise.");
  classes.set(name, ownClass);
}

/** A module without its weights. @throws GradsmithError "usage" for one that couldn't be built again. */
export function saveModule(root: Module): SavedForm {
  const met = new Map<Module, SharedModule>();
  let forms = 0;
  const save = (module: Module): SavedModule => {
    const before = met.get(module);
    if (before !== undefined) return before;
    const number = forms++;
    met.set(module, { shared: number, path: "" });
    if (isComposite(module)) return module[savedParts](save);
    const form = formOf(module);
    for (const [inner, path] of pathsOf(module)) if (!met.has(inner)) met.set(inner, { shared: number, path });
    return form;
  };
  return save(root) as SavedForm;
}

/** The form of a module that is built from its options: one of the library's, or of a registered class. It is tried whether that is true. */
function formOf(module: Module): SavedForm {
  const ownClass = module.constructor as ModuleClass;
  const isRegistered = classes.get(nameOf(ownClass)) === ownClass;
  const kind = isRegistered ? nameOf(ownClass) : module.kind;
  if (!isRegistered && !isKnownTo(layerRegistry, kind)) throw unregistered(ownClass.name);
  const form = savedForm({ kind, options: module.options }, (each) => each === kind || isKnownValue(each));
  const options = typeof form === "string" ? {} : form[1];
  const again = builtAgain(isRegistered ? (given) => new ownClass(given as never) : layerRegistry.builders[kind]!, options);
  // A class of a user's may be called as one of the library's is.
  if (!isRegistered && again?.constructor !== ownClass) throw unregistered(ownClass.name);
  if (again !== undefined && (!isRegistered || contentsOf(again) === contentsOf(module))) return form;
  throw new GradsmithError(
    "usage",
    "save",
    `a ${ownClass.name} can't be built again from its options.`,
    "Let its constructor take one options object, hand it to super(options), and build from it all that is inside.",
  );
}

function builtAgain(build: Builder<Module>, options: object): Module | undefined {
  try {
    return build(options as never);
  } catch {
    return undefined;
  }
}

/** What the constructor of a module has made of its options, as text: the modules inside with theirs, and plain data in fields. */
function contentsOf(root: Module): string {
  const shown = (value: unknown): unknown => (value instanceof Module ? value.kind : typeof value === "function" ? "function" : value);
  const inside = [...pathsOf(root)].slice(1).map(([module, path]) => [path, module.kind, module.options]);
  const fields = Object.entries(root).filter(([name]) => name !== "options");
  return JSON.stringify([inside, fields], (_key, value: unknown) => shown(value));
}

/** The module a saved form describes. Nothing in it is evaluated: kinds are looked up, and options checked by whoever takes them. */
export function loadModule(where: string, form: SavedModule, composites: CompositeBuilders): Module {
  const built = new Map<number, Module>();
  let forms = 0;
  const load = (saved: SavedModule): Module => {
    if (isShared(saved)) return sharedIn(where, built, saved);
    if (!isForm(saved)) throw new GradsmithError("file", where, `holds ${described(saved)} for a module.`, "Save the model again.");
    const number = forms++;
    const [kind, options] = typeof saved === "string" ? [saved, {}] : saved;
    const composite = Object.hasOwn(composites, kind) ? composites[kind] : undefined;
    const module = composite === undefined ? builderOfModule(where, kind)(options as never) : composite(options, load);
    built.set(number, module);
    return module;
  };
  return load(form);
}

function builderOfModule(where: string, kind: string): Builder<Module> {
  const ownClass = classes.get(kind);
  if (ownClass !== undefined) return (options) => new ownClass(options as never);
  const builder = Object.hasOwn(layerRegistry.builders, kind) ? layerRegistry.builders[kind] : undefined;
  if (builder !== undefined) return builder;
  throw new GradsmithError(
    "file",
    where,
    `holds a ${quotedName(kind)}, which isn't known here.`,
    "If it is a class of yours, register(...) it before loading.",
  );
}

/** What a file holds may be anything. */
const isShared = (saved: SavedModule): saved is SharedModule => typeof saved === "object" && saved !== null && !Array.isArray(saved);
const isForm = (saved: unknown): saved is SavedForm =>
  typeof saved === "string" ||
  (Array.isArray(saved) && saved.length === 2 && typeof saved[0] === "string" && typeof saved[1] === "object" && saved[1] !== null);

function sharedIn(where: string, built: ReadonlyMap<number, Module>, { shared, path }: SharedModule): Module {
  const owner = built.get(shared);
  for (const [module, own] of owner === undefined ? [] : pathsOf(owner)) if (own === path) return module;
  throw new GradsmithError("file", where, "shares a part that comes later or not at all.", "Save the model again.");
}
