import { choose } from "../../core/checks.ts";
import type { SavedForm } from "../described.ts";
import type { Layer } from "../layer.ts";
import { Activation } from "./activation.ts";
import { AveragePooling } from "./average-pooling.ts";
import { BatchNormalization } from "./batch-normalization.ts";
import { Conv } from "./conv.ts";
import { Conv2dTranspose } from "./conv2d-transpose.ts";
import { Dense } from "./dense.ts";
import { DepthwiseConv } from "./depthwise-conv.ts";
import { Dropout } from "./dropout.ts";
import { Flatten } from "./flatten.ts";
import { GlobalAveragePooling, GlobalMaxPooling } from "./global-pooling.ts";
import { Gru } from "./gru.ts";
import { Lstm } from "./lstm.ts";
import { MaxPooling } from "./max-pooling.ts";
import { Reshape } from "./reshape.ts";
import { SeparableConv2d } from "./separable-conv2d.ts";
import { SimpleRnn } from "./simple-rnn.ts";
import { UpSampling2d } from "./up-sampling2d.ts";
import { ZeroPadding } from "./zero-padding.ts";

/** How each kind of layer is built again from its saved options. */
const layers = {
  activation: (options: never) => new Activation(options),
  averagePooling1d: (options: never) => new AveragePooling(1, options),
  averagePooling2d: (options: never) => new AveragePooling(2, options),
  averagePooling3d: (options: never) => new AveragePooling(3, options),
  batchNormalization: (options: never) => new BatchNormalization(options),
  conv1d: (options: never) => new Conv(1, options),
  conv2d: (options: never) => new Conv(2, options),
  conv3d: (options: never) => new Conv(3, options),
  conv2dTranspose: (options: never) => new Conv2dTranspose(options),
  dense: (options: never) => new Dense(options),
  depthwiseConv1d: (options: never) => new DepthwiseConv(1, options),
  depthwiseConv2d: (options: never) => new DepthwiseConv(2, options),
  dropout: (options: never) => new Dropout(options),
  flatten: (options: never) => new Flatten(options),
  globalAveragePooling1d: (options: never) => new GlobalAveragePooling(1, options),
  globalAveragePooling2d: (options: never) => new GlobalAveragePooling(2, options),
  globalAveragePooling3d: (options: never) => new GlobalAveragePooling(3, options),
  globalMaxPooling1d: (options: never) => new GlobalMaxPooling(1, options),
  globalMaxPooling2d: (options: never) => new GlobalMaxPooling(2, options),
  globalMaxPooling3d: (options: never) => new GlobalMaxPooling(3, options),
  gru: (options: never) => new Gru(options),
  lstm: (options: never) => new Lstm(options),
  maxPooling1d: (options: never) => new MaxPooling(1, options),
  maxPooling2d: (options: never) => new MaxPooling(2, options),
  maxPooling3d: (options: never) => new MaxPooling(3, options),
  reshape: (options: never) => new Reshape(options),
  separableConv2d: (options: never) => new SeparableConv2d(options),
  simpleRnn: (options: never) => new SimpleRnn(options),
  upSampling2d: (options: never) => new UpSampling2d(options),
  zeroPadding1d: (options: never) => new ZeroPadding(1, options),
  zeroPadding2d: (options: never) => new ZeroPadding(2, options),
  zeroPadding3d: (options: never) => new ZeroPadding(3, options),
} satisfies Record<string, (options: never) => Layer>;

/** The layer a saved form describes. Only for forms of trusted shape: the layer's own checks do the rest. */
export function layerFrom(where: string, saved: SavedForm): Layer {
  const [kind, options] = typeof saved === "string" ? [saved, {}] : saved;
  return choose<(options: never) => Layer>(where, "layer", kind, layers)(options as never);
}
