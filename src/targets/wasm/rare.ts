import type { Rare } from "../../ir/expr.ts";
import { widenMask } from "./convert.ts";
import { laneShape } from "./lanes.ts";
import { lanesIn, type Printer, valueTypeOf } from "./printer.ts";

/** `call` computes one lane, which it finds on the stack and leaves there. */
export function rare(printer: Printer, expr: Rare, part: number, call: () => void): void {
  const { code } = printer;
  const { when, common, x, dtype, lanes } = expr;
  const type = valueTypeOf(expr);
  printer.scratch(type, (result) => {
    printer.value(common, part);
    code.emit("local.set", result);
    if (lanes === 1) {
      printer.value(when, 0);
      code.emit("if");
      printer.value(x, 0);
      call();
      code.emit("local.set", result, "end");
    } else {
      printer.scratch("v128", (mask) => {
        if (dtype === "f64") widenMask(printer, when, part);
        else printer.value(when, part);
        code.emit("local.tee", mask, "v128.any_true", "if");
        for (let lane = 0; lane < lanesIn(expr, part); lane++) {
          code.emit("local.get", mask, "i32x4.extract_lane", dtype === "f64" ? 2 * lane : lane, "if", "local.get", result);
          printer.value(x, part);
          code.emit(`${laneShape(dtype)}.extract_lane`, lane);
          call();
          code.emit(`${laneShape(dtype)}.replace_lane`, lane, "local.set", result, "end");
        }
        code.emit("end");
      });
    }
    code.emit("local.get", result);
  });
}
