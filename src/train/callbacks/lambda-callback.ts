import { checkOptions } from "../../core/options.ts";
import type { Callback } from "../callback.ts";
import { callbackChecks } from "../callback.ts";

/**
 * A callback made of the functions that are given, as Keras's `LambdaCallback`.
 *
 * @throws GradsmithError "option" for what no callback is asked, with the nearest, and for what is no function.
 * @example lambdaCallback({ onEpochEnd: (epoch, { loss }) => console.log(epoch, loss) })
 */
export const lambdaCallback = (members: Callback): Callback => ({ ...checkOptions("lambdaCallback", members, callbackChecks) });
