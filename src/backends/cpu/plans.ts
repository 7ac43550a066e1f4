import type { Compiled, Traced } from "../../compiler/compile.ts";
import { compile, compiling } from "../../compiler/compile.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { Call, Program, Repeat } from "../../ir/program.ts";
import type { CodeCache } from "./cache.ts";
import { keyOf, lastingCache } from "./cache.ts";
import type { Loading, TierChoice } from "./loading.ts";
import type { NativeExecutable, NativeTier } from "./native.ts";
import type { Outline, Plan } from "./plan-file.ts";
import { decodePlan, encodePlan } from "./plan-file.ts";
import { textOf } from "./plan-key.ts";
import type { Tier, TierExecutable } from "./tier.ts";
import type { WasmTier } from "./wasm.ts";
import type { WasmExecutable } from "./wasm-executable.ts";

/** Which build of the package this is: written in by scripts/build.mjs, absent where the sources are run. */
declare const GRADSMITH_BUILD: string | undefined;
let build = typeof GRADSMITH_BUILD === "undefined" ? undefined : GRADSMITH_BUILD;

/** A process keeps so many plans: it's the first programs that a start waits for, and a cache has no room for all that are ever read. */
const mostKept = 100;
let kept = 0;

/** Has plans kept by a build of this name; undefined keeps none. For tests, which run the sources. */
export function keepPlansAs(name: string | undefined): void {
  build = name;
  kept = 0;
}

type PlanningTier = NativeTier | WasmTier;

/**
 * A traced function compiled for a tier, or what this or another process made of it before: then the graph is all that was looked at, and the
 * code is loaded. What is kept is named by a hash of the graph, the tier's limits and the build, and does what a new program would.
 */
export function* planned(given: Tier, traced: Traced, reason: string): Loading<TierChoice> {
  const tier = given as PlanningTier;
  const place = placeOf(tier, traced);
  const recalled = place && recall(tier, traced, place);
  if (recalled !== undefined) return { tier, reason, ...recalled };
  const compiled = yield* compiling(traced, tier.target);
  return { tier, reason, ...(yield* fresh(tier, compiled, place)) };
}

type Made = Pick<TierChoice, "compiled" | "start">;

interface Place {
  readonly cache: CodeCache;
  readonly key: string;
}

const texts = new WeakMap<Traced, string>();

/** Where a plan is kept; undefined if none is. */
function placeOf(tier: PlanningTier, traced: Traced): Place | undefined {
  // Threads of WebAssembly have a program printed for them when it is started.
  if (build === undefined || (tier.name === "wasm" && tier.threads > 1)) return undefined;
  const text = texts.get(traced) ?? textOf(traced);
  const cache = text === undefined ? undefined : lastingCache();
  if (text === undefined || cache === undefined) return undefined;
  texts.set(traced, text);
  return { cache, key: keyOf(build, tier.name, tier.identity, JSON.stringify(tier.target.limits), text) };
}

function* fresh(tier: PlanningTier, compiled: Compiled, place: Place | undefined): Generator<undefined, Made> {
  const { program, outputs } = compiled;
  const { name, buffers, arguments: given, arenaBytes } = program;
  const keep = (code: Pick<Plan, "native" | "wasm">): void => {
    const plan = {
      outline: { name, buffers, arguments: given, arenaBytes },
      outputs: outputs.map(({ argument }) => argument),
      operations: compiled.operations,
    };
    if (place !== undefined && kept++ < mostKept) place.cache.write(place.key, encodePlan({ ...plan, ...code }));
  };
  const start: () => NativeExecutable | WasmExecutable = yield* tier.printing(program);
  return {
    compiled,
    start() {
      const executable = start();
      // Only what could be made ready.
      if (place !== undefined) executable.ready.then(() => keep(codeOf(executable))).catch(() => {});
      return executable;
    },
  };
}

const codeOf = (executable: NativeExecutable | WasmExecutable): Pick<Plan, "native" | "wasm"> =>
  "code" in executable ? { native: executable.code } : { wasm: executable.printed };

/** What is kept at a place, if it is whole and its code can be loaded. */
function recall(tier: PlanningTier, traced: Traced, place: Place): Made | undefined {
  const bytes = place.cache.read(place.key);
  const plan = bytes && decodePlan(bytes);
  if (plan === undefined || !fits(plan.outline, traced)) return undefined;
  const { native, wasm } = plan;
  const compiled = new Recalled(traced, tier, plan);
  const { program } = compiled;
  if (tier.name === "native") {
    const executable = native && tier.recall(program, native);
    return executable && { compiled, start: () => executable };
  }
  return wasm && { compiled, start: (): TierExecutable => tier.compile(program, { ...wasm, constants: [] }) };
}

/** Whether a program takes what a traced function is given. */
const fits = ({ arguments: given, buffers }: Outline, { inputs }: Traced): boolean =>
  inputs.every(({ type: { dtype, shape } }, i) => {
    const buffer = buffers[given[i]?.buffer ?? -1];
    return buffer?.dtype === dtype && buffer.length === sizeOf(shape);
  });

/** A program that ran before. Its kernels are made when somebody asks for them. */
export class Recalled implements Compiled {
  readonly program: Program;
  readonly outputs: Compiled["outputs"];
  readonly operations: number;
  readonly #make: () => Compiled;
  #whole: Compiled | undefined;

  constructor(traced: Traced, { target }: PlanningTier, { outline, outputs, operations }: Plan) {
    this.operations = operations;
    this.#make = () => compile(traced, target);
    this.outputs = outputs.map((argument) => ({ argument }));
    const whole = (): Program => this.whole.program;
    this.program = {
      ...outline,
      get kernels(): readonly Kernel[] {
        return whole().kernels;
      },
      get calls(): readonly (Call | Repeat)[] {
        return whole().calls;
      },
    };
  }

  /** Compiled again, once. */
  get whole(): Compiled {
    this.#whole ??= this.#make();
    return this.#whole;
  }
  get isWhole(): boolean {
    return this.#whole !== undefined;
  }
  get groups(): Compiled["groups"] {
    return this.whole.groups;
  }
}
