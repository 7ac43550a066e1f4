/** What models are made of: modules, layers, activations, initializers, regularizers, constraints, losses, metrics. */
export type { Choice, Described, SavedForm } from "../core/described.ts";
export type { Activation, ActivationChoice, ActivationName } from "../nn/activations.ts";
export { activations } from "../nn/activations.ts";
export type { Distribution, Logits } from "../nn/carried.ts";
export { logitsOf, maskOf, withLogits, withMask } from "../nn/carried.ts";
export type { Constraint, ConstraintName, MinMaxNormOptions, NormOptions } from "../nn/constraints.ts";
export { constraints } from "../nn/constraints.ts";
export type {
  ConstantOptions,
  GainOptions,
  Initializer,
  InitializerName,
  RandomNormalOptions,
  RandomUniformOptions,
  VarianceScalingOptions,
} from "../nn/initializers.ts";
export { initializers } from "../nn/initializers.ts";
export type { LayerOptions } from "../nn/layer.ts";
export { Layer } from "../nn/layer.ts";
export { activation } from "../nn/layers/activation.ts";
export { averagePooling1d, averagePooling2d, averagePooling3d } from "../nn/layers/average-pooling.ts";
export type { BatchNormalizationOptions } from "../nn/layers/batch-normalization.ts";
export { batchNormalization } from "../nn/layers/batch-normalization.ts";
export type { Conv1dOptions, ConvOptions } from "../nn/layers/conv.ts";
export { conv1d, conv2d, conv3d } from "../nn/layers/conv.ts";
export type { Conv2dTransposeOptions } from "../nn/layers/conv2d-transpose.ts";
export { conv2dTranspose } from "../nn/layers/conv2d-transpose.ts";
export type { DenseOptions } from "../nn/layers/dense.ts";
export { dense } from "../nn/layers/dense.ts";
export type { DepthwiseConv1dOptions, DepthwiseConvOptions } from "../nn/layers/depthwise-conv.ts";
export { depthwiseConv1d, depthwiseConv2d } from "../nn/layers/depthwise-conv.ts";
export { dropout } from "../nn/layers/dropout.ts";
export { flatten } from "../nn/layers/flatten.ts";
export type { GlobalPoolingOptions } from "../nn/layers/global-pooling.ts";
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
} from "../nn/layers/global-pooling.ts";
export type { GruOptions } from "../nn/layers/gru.ts";
export { gru } from "../nn/layers/gru.ts";
export type { LayerNormalizationOptions } from "../nn/layers/layer-normalization.ts";
export { layerNormalization } from "../nn/layers/layer-normalization.ts";
export type { LstmOptions } from "../nn/layers/lstm.ts";
export { lstm } from "../nn/layers/lstm.ts";
export { maxPooling1d, maxPooling2d, maxPooling3d } from "../nn/layers/max-pooling.ts";
export type { PoolingOptions } from "../nn/layers/pooling.ts";
export type { RecurrentOptions } from "../nn/layers/recurrent.ts";
export { reshape } from "../nn/layers/reshape.ts";
export type { SeparableConvOptions } from "../nn/layers/separable-conv2d.ts";
export { separableConv2d } from "../nn/layers/separable-conv2d.ts";
export { simpleRnn } from "../nn/layers/simple-rnn.ts";
export type { PerAxis } from "../nn/layers/spatial.ts";
export { upSampling2d } from "../nn/layers/up-sampling2d.ts";
export type { PaddingWidths } from "../nn/layers/zero-padding.ts";
export { zeroPadding1d, zeroPadding2d, zeroPadding3d } from "../nn/layers/zero-padding.ts";
export type { BinaryCrossentropyOptions } from "../nn/losses/binary-crossentropy.ts";
export { binaryCrossentropy } from "../nn/losses/binary-crossentropy.ts";
export type { CategoricalCrossentropyOptions } from "../nn/losses/categorical-crossentropy.ts";
export { categoricalCrossentropy } from "../nn/losses/categorical-crossentropy.ts";
export { cosineSimilarity } from "../nn/losses/cosine-similarity.ts";
export { crossEntropy } from "../nn/losses/cross-entropy.ts";
export { hinge, squaredHinge } from "../nn/losses/hinge.ts";
export type { HuberOptions } from "../nn/losses/huber.ts";
export { huber } from "../nn/losses/huber.ts";
export { klDivergence, kullbackLeibler } from "../nn/losses/kl-divergence.ts";
export { logCosh } from "../nn/losses/log-cosh.ts";
export type { Loss, LossFormula, LossFunction } from "../nn/losses/loss.ts";
export { defineLoss, meanLoss } from "../nn/losses/loss.ts";
export { mae } from "../nn/losses/mae.ts";
export { mape } from "../nn/losses/mape.ts";
export { mse } from "../nn/losses/mse.ts";
export { msle } from "../nn/losses/msle.ts";
export { poisson } from "../nn/losses/poisson.ts";
export type { LossChoice, LossName } from "../nn/losses/registry.ts";
export { losses } from "../nn/losses/registry.ts";
export type { SparseCategoricalCrossentropyOptions } from "../nn/losses/sparse-categorical-crossentropy.ts";
export { sparseCategoricalCrossentropy } from "../nn/losses/sparse-categorical-crossentropy.ts";
export type { AucOptions } from "../nn/metrics/auc.ts";
export type { ThresholdOptions } from "../nn/metrics/confusion.ts";
export type { MeanMetricOptions, Metric, MetricState } from "../nn/metrics/metric.ts";
export { meanMetric, ratio } from "../nn/metrics/metric.ts";
export type { MetricChoice, MetricName } from "../nn/metrics/registry.ts";
export { metrics } from "../nn/metrics/registry.ts";
export type { TopKOptions } from "../nn/metrics/top-k.ts";
export type { CallContext, CallContext as LayerContext, ParamSpec, ParamSpecs, Params, Shapes, Value } from "../nn/module.ts";
export { Module } from "../nn/module.ts";
export type { Regularizer, RegularizerName } from "../nn/regularizers.ts";
export { l1, l1l2, l2, regularizers } from "../nn/regularizers.ts";
export type { ApplyOptions } from "../nn/variable-scope.ts";
