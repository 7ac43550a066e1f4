import type { Rare } from "../../ir/expr.ts";
import { pushMask } from "./convert.ts";
import { laneByLane } from "./lanes.ts";
import { type Printer, valueTypeOf } from "./printer.ts";

/** `call` computes one lane, which it finds on the stack and leaves there. Where any lane is rare, all are computed. */
export function rare(printer: Printer, { when, common, x, ...type }: Rare, part: number, call: () => void): void {
  const { code } = printer;
  const isVector = type.lanes > 1;
  printer.scratch(valueTypeOf(type), (result) => {
    printer.value(common, part);
    code.emit("local.set", result);
    pushMask(printer, when, type.dtype, part);
    if (isVector) code.emit("v128.any_true");
    code.emit("if");
    if (isVector) {
      laneByLane(printer, [x], part, type.dtype, call);
      code.emit("local.get", result);
      pushMask(printer, when, type.dtype, part);
      code.emit("v128.bitselect");
    } else {
      printer.value(x, 0);
      call();
    }
    code.emit("local.set", result, "end", "local.get", result);
  });
}
