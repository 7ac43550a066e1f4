import type { DType } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import { map } from "../core/tree.ts";
import { input } from "../tensor/create.ts";
import { holdGraphs } from "../tensor/execution.ts";
import { withImplicitKeys } from "../tensor/functions/implicit-keys.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Constraint } from "./constraints.ts";
import { constraintOf } from "./constraints.ts";
import type { Initializer } from "./initializers.ts";
import { initializerOf } from "./initializers.ts";
import type { CallContext, Module, ParamSpec, Shapes } from "./module.ts";
import { joined, pathIn, pathsOf } from "./module-tree.ts";
import type { Regularizer } from "./regularizers.ts";
import { regularizerOf } from "./regularizers.ts";
import type { Scope } from "./scope.ts";
import { within } from "./scope.ts";
import type { Types } from "./shapes.ts";
import { isType, shapesOf, typesOf } from "./shapes.ts";
import { received } from "./variable-scope.ts";

/** What tracing a model once with shapes only tells about it. */
export interface Blueprint {
  readonly input: Types;
  readonly output: Types;
  readonly paths: ReadonlyMap<Module, string>;
  /** The shapes of what each module gave in its first call, in the order in which those began. */
  readonly outputs: ReadonlyMap<Module, Shapes>;
  /** All variables by path, in the order in which they were first needed. */
  readonly variables: Readonly<Record<string, Variable>>;
}

/** A variable of a module in the tree, with all that its module left to defaults. */
export interface Variable {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly initializer: Initializer;
  /** Whether it is a weight and not state; its module may be frozen. */
  readonly trainable: boolean;
  readonly regularizer: Regularizer | undefined;
  readonly constraint: Constraint | undefined;
  /** Whose it is, and how it is called there. */
  readonly module: Module;
  readonly name: string;
}

/** Whether training changes a variable now. */
export const isTrained = ({ trainable, module }: Variable): boolean => trainable && module.trainable;

/** Traces a module on an input of these types: which modules it calls, what they need, and what comes out. */
export function draw(root: Module, types: Types, dtype: "f32" | "f64" = "f32"): Blueprint {
  const scope = new DrawingScope(root, dtype);
  const x = map(types, isType, (type) => input(0, type));
  const output = holdGraphs(() => within(scope, () => withImplicitKeys(anyKey, () => scope.call(root, x))));
  return { input: types, output: typesOf(output), paths: scope.paths, outputs: scope.outputs, variables: scope.variables };
}

/** Shapes don't depend on it. */
const anyKey = (): Tensor => random.key(0);

class DrawingScope implements Scope {
  readonly paths: ReadonlyMap<Module, string>;
  readonly outputs = new Map<Module, Shapes>();
  readonly variables: Record<string, Variable> = {};
  readonly #dtype: DType;

  constructor(root: Module, dtype: DType) {
    this.paths = pathsOf(root);
    this.#dtype = dtype;
  }

  call(module: Module, x: unknown): unknown {
    const path = pathIn(this.paths, module);
    const isFirst = !this.outputs.has(module);
    if (isFirst) this.outputs.set(module, []);
    const given = received(module, x, this.#dtype);
    const params = Object.entries(module.params(shapesOf(given))).map(([name, spec]): [string, Tensor] => {
      const variable = this.#complete(module, name, spec);
      if (isFirst) this.variables[joined(path, name)] = variable;
      return [name, input(0, { dtype: variable.dtype, shape: variable.shape })];
    });
    const output = module.call(Object.fromEntries(params), given as never, silentContext);
    if (isFirst) this.outputs.set(module, shapesOf(output));
    return output;
  }

  #complete(module: Module, name: string, spec: ParamSpec): Variable {
    const { shape, dtype = this.#dtype, initializer = "glorotUniform", trainable = true } = spec;
    return {
      shape,
      dtype,
      initializer: initializerOf(module.kind, initializer),
      trainable,
      regularizer: regularizerOf(module.kind, spec.regularizer),
      constraint: constraintOf(module.kind, spec.constraint),
      module,
      name,
    };
  }
}

const silentContext: CallContext = {
  training: false,
  key: () => input(0, { dtype: "u32", shape: [2] }),
  write() {},
  addLoss() {},
};
