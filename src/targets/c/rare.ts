import type { Outlined, Rare } from "../../ir/expr.ts";
import { acrossFunction } from "./arithmetic.ts";
import type { ExpressionPrinter } from "./expression.ts";
import type { Prelude } from "./prelude.ts";
import { block, onGcc } from "./prelude.ts";

/** `when ? call(x) : common` for each lane; beside the test, all of it is out of the way. `printer` writes the function that is called. */
export function rareFunction({ call, dtype, lanes }: Rare, printer: ExpressionPrinter): string {
  const each = `${call.name}_in_${lanes}`;
  return printer.prelude.use(`rare_${each}`, (name, p) => {
    const scalar = outlinedFunction(call, printer);
    if (lanes === 1) {
      const type = p.type(call.parameter.dtype as "f32" | "f64", 1);
      return block(`${type} ${name}(int when, ${type} common, ${type} x)`, `return __builtin_expect(when, 0) ? ${scalar}(x) : common;`);
    }
    const lane = dtype as "f32" | "f64";
    const type = p.type(lane, lanes);
    const parameters = `${p.type("i32", lanes)} when, ${type} result, ${type} x`;
    const loop = `for (int k = 0; k < ${lanes}; k++) if (when[k]) result[k] = ${scalar}(x[k]);`;
    const slow = p.use(each, (own) => block(`${type} ${own}(${parameters})`, loop, "return result;"), "static NOINLINE");
    return block(
      `${type} ${name}(${parameters})`,
      `return __builtin_expect(${anyFunction(p, lanes)}(when), 0) ? ${slow}(when, result, x) : result;`,
    );
  });
}

/** Whether a mask has any lane set. */
function anyFunction(prelude: Prelude, lanes: number): string {
  return prelude.use(`any_x${lanes}`, (name, p) => {
    const head = `int ${name}(${p.type("i32", lanes)} mask)`;
    const plain = `return ${acrossFunction(p, "or", "i32", lanes)}(mask);`;
    if (lanes === 16) return block(head, ...onGcc("__AVX512F__", "return __builtin_ia32_ptestmd512(mask, mask, -1);", plain));
    if (lanes === 8) return block(head, ...onGcc("__AVX__", `return __builtin_ia32_movmskps256((${p.type("f32", 8)})mask);`, plain));
    if (lanes === 4) return block(head, ...onGcc("__SSE__", `return __builtin_ia32_movmskps((${p.type("f32", 4)})mask);`, plain));
    return block(head, plain);
  });
}

function outlinedFunction({ name: wanted, parameter, body }: Outlined, printer: ExpressionPrinter): string {
  const define = (name: string): string => {
    const type = printer.type(parameter);
    const lets = body.map((step) => `const ${printer.type(step.value)} ${step.name} = ${printer.value(step.value).code};`);
    return block(`${type} ${name}(${type} ${parameter.name})`, ...lets, `return ${body.at(-1)!.name};`);
  };
  return printer.prelude.use(wanted, define, "static NOINLINE");
}
