import type { Callback } from "../callback.ts";

/** A callback made of the functions that are given. */
export const lambdaCallback = (members: Callback): Callback => ({ ...members });
