import type { LaneType } from "./lane-type.ts";
import { cNames, laneBytes } from "./lane-type.ts";

/** Writes a function that others call by `name`; may ask the prelude for what it needs itself. */
export type Define = (name: string, prelude: Prelude) => string;

/** The typedefs and small inline functions a printed unit needs: each is printed once, in the order of first use, after what it uses. */
export class Prelude {
  readonly #typedefs = new Map<string, string>();
  readonly #functions = new Map<string, string>();

  /** The name of a C type; one lane is a scalar. Vectors may be loaded from and stored to any address their elements may have. */
  type(lane: LaneType, lanes: number): string {
    if (lanes === 1) return cNames[lane];
    return this.vector(lane, lanes);
  }

  /** As `type`, but one lane is a vector of one. */
  vector(lane: LaneType, lanes: number): string {
    const name = `${lane}x${lanes}`;
    const bytes = laneBytes[lane];
    // Eight-byte elements of the arena are aligned; 4 is what the stack of every 32-bit ABI promises too.
    const attributes = `vector_size(${bytes * lanes}), aligned(${Math.min(4, bytes)}), may_alias`;
    this.#typedefs.set(name, `typedef ${cNames[lane]} ${name} __attribute__((${attributes}));`);
    return name;
  }

  /** Makes sure the function is there and returns its name. Large ones had better be called. */
  use(name: string, define: Define, how: "INLINE" | "static NOINLINE" = "INLINE"): string {
    if (!this.#functions.has(name)) {
      this.#functions.set(name, "");
      const text = define(name, this);
      // Set again to come after what it needs.
      this.#functions.delete(name);
      this.#functions.set(name, `${how} ${text}`);
    }
    return name;
  }

  /** A declaration at the top of the unit, once. */
  declare(name: string, text: string): string {
    this.#typedefs.set(name, text);
    return name;
  }

  text(): string {
    const sections = [[...this.#typedefs.values()].join("\n"), ...this.#functions.values()];
    return sections.filter((section) => section !== "").join("\n\n");
  }
}

export const suffix = (lane: LaneType, lanes: number): string => (lanes === 1 ? lane : `${lane}x${lanes}`);

/** A function's lines between braces; preprocessor lines begin at the margin. */
export const block = (head: string, ...lines: readonly string[]): string =>
  [`${head} {`, ...lines.map((line) => (line.startsWith("#") ? line : `  ${line}`)), "}"].join("\n");

/** A vector of so many lanes, each written out: GCC makes one instruction of lanes that are alike, of a loop over them only one that it vectorises. */
export const listed = (type: string, lanes: number, spell: (k: number) => string): string =>
  `return (${type}){${Array.from({ length: lanes }, (_, k) => spell(k)).join(", ")}};`;

/** GCC's own spelling of an x86 instruction where its generic code is slower; everyone else takes the plain lines. */
export const onGcc = (feature: string, fast: string, ...plain: readonly string[]): string[] => [
  `#if defined(${feature}) && !defined(__clang__)`,
  fast,
  "#else",
  ...plain,
  "#endif",
];
