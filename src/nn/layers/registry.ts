import type { Builders, SavedForm } from "../../core/described.ts";
import { builderOf, registryOf } from "../../core/described.ts";
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
import { LayerNormalization } from "./layer-normalization.ts";
import { Lstm } from "./lstm.ts";
import { MaxPooling } from "./max-pooling.ts";
import { Reshape } from "./reshape.ts";
import { SeparableConv2d } from "./separable-conv2d.ts";
import { SimpleRnn } from "./simple-rnn.ts";
import { UpSampling2d } from "./up-sampling2d.ts";
import { ZeroPadding } from "./zero-padding.ts";

/** How each kind of layer is built again from its saved options. */
const layers: Builders<Layer> = {
  activation: (options = {} as never) => new Activation(options),
  averagePooling1d: (options = {} as never) => new AveragePooling(1, options),
  averagePooling2d: (options = {} as never) => new AveragePooling(2, options),
  averagePooling3d: (options = {} as never) => new AveragePooling(3, options),
  batchNormalization: (options = {} as never) => new BatchNormalization(options),
  conv1d: (options = {} as never) => new Conv(1, options),
  conv2d: (options = {} as never) => new Conv(2, options),
  conv3d: (options = {} as never) => new Conv(3, options),
  conv2dTranspose: (options = {} as never) => new Conv2dTranspose(options),
  dense: (options = {} as never) => new Dense(options),
  depthwiseConv1d: (options = {} as never) => new DepthwiseConv(1, options),
  depthwiseConv2d: (options = {} as never) => new DepthwiseConv(2, options),
  dropout: (options = {} as never) => new Dropout(options),
  flatten: (options = {} as never) => new Flatten(options),
  globalAveragePooling1d: (options = {} as never) => new GlobalAveragePooling(1, options),
  globalAveragePooling2d: (options = {} as never) => new GlobalAveragePooling(2, options),
  globalAveragePooling3d: (options = {} as never) => new GlobalAveragePooling(3, options),
  globalMaxPooling1d: (options = {} as never) => new GlobalMaxPooling(1, options),
  globalMaxPooling2d: (options = {} as never) => new GlobalMaxPooling(2, options),
  globalMaxPooling3d: (options = {} as never) => new GlobalMaxPooling(3, options),
  gru: (options = {} as never) => new Gru(options),
  layerNormalization: (options = {} as never) => new LayerNormalization(options),
  lstm: (options = {} as never) => new Lstm(options),
  maxPooling1d: (options = {} as never) => new MaxPooling(1, options),
  maxPooling2d: (options = {} as never) => new MaxPooling(2, options),
  maxPooling3d: (options = {} as never) => new MaxPooling(3, options),
  reshape: (options = {} as never) => new Reshape(options),
  separableConv2d: (options = {} as never) => new SeparableConv2d(options),
  simpleRnn: (options = {} as never) => new SimpleRnn(options),
  upSampling2d: (options = {} as never) => new UpSampling2d(options),
  zeroPadding1d: (options = {} as never) => new ZeroPadding(1, options),
  zeroPadding2d: (options = {} as never) => new ZeroPadding(2, options),
  zeroPadding3d: (options = {} as never) => new ZeroPadding(3, options),
};

/** All layers by kind, built from the one object of options that they are saved as. */
export const layerRegistry = registryOf<Layer>("layer", layers);

/** The layer a saved form describes; it checks its options itself. */
export function layerFrom(where: string, saved: SavedForm): Layer {
  const [kind, options] = typeof saved === "string" ? [saved, {}] : saved;
  return builderOf(where, layerRegistry, kind)(options as never);
}
