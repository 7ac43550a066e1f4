import * as binary from "./binary.ts";
import { contract } from "./contraction.ts";
import { bitcast, cast } from "./conversion.ts";
import type { Row } from "./define.ts";
import { identity, stopGradient } from "./identity.ts";
import { gather, scatter } from "./indexing.ts";
import { erfinv } from "./inverse-error.ts";
import * as logic from "./logic.ts";
import { broadcast, flip, reshape, transpose } from "./movement.ts";
import * as reduction from "./reduction.ts";
import { shuffle } from "./shuffle.ts";
import { concat, pad, slice } from "./slicing.ts";
import { buffer, fill, input, iota, literal } from "./source.ts";
import { threefry } from "./threefry.ts";
import * as unary from "./unary.ts";
import { spread, unspread, windows } from "./windows.ts";

/** Every op there is, by name; all else is a composite. */
export const table: Readonly<Record<string, Row>> = {
  ...unary,
  ...binary,
  ...logic,
  ...reduction,
  threefry,
  erfinv,
  cast,
  bitcast,
  identity,
  stopGradient,
  reshape,
  transpose,
  broadcastTo: broadcast,
  flip,
  slice,
  pad,
  concat,
  windows,
  spread,
  unspread,
  contract,
  gather,
  scatter,
  shuffle,
  input,
  buffer,
  literal,
  fill,
  iota,
};
