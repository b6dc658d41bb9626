/** Models made by TF.js itself, a kind of layer or two each. */

import "@tensorflow/tfjs-backend-cpu";
import * as layers from "@tensorflow/tfjs-layers";

const { layers: l, sequential, model, input } = layers;

/** Its default, orthogonal, needs operations that only the whole of TF.js registers. */
const recurrent = { recurrentInitializer: "glorotNormal" } as const;

/** Layers one after the other, the first with the input's shape. */
const chain =
  (...made: (() => layers.layers.Layer)[]) =>
  () =>
    sequential({ layers: made.map((make) => make()) });

type Make = () => layers.LayersModel;

export const MODELS: Readonly<Record<string, Make>> = {
  mlp: chain(
    () => l.dense({ units: 7, inputShape: [5], activation: "relu" }),
    () => l.dense({ units: 6, activation: "gelu" as never, useBias: false }),
    () => l.dropout({ rate: 0.3 }),
    () => l.dense({ units: 3, activation: "softmax" }),
  ),
  activations: chain(
    () => l.dense({ units: 6, inputShape: [4], activation: "hardSigmoid" }),
    () => l.dense({ units: 6, activation: "elu" }),
    () => l.dense({ units: 6, activation: "selu" }),
    () => l.dense({ units: 6, activation: "softplus" }),
    () => l.dense({ units: 6, activation: "softsign" }),
    () => l.dense({ units: 6, activation: "swish" }),
    () => l.dense({ units: 6, activation: "mish" }),
    () => l.activation({ activation: "relu6" }),
    () => l.leakyReLU({ alpha: 0.2 }),
    () => l.elu(),
    () => l.prelu(),
    () => l.thresholdedReLU({ theta: 0.05 }),
    () => l.reLU({ maxValue: 4 }),
    () => l.softmax({ axis: -1 }),
  ),
  convolutions: chain(
    () => l.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", inputShape: [9, 8, 3] }),
    () => l.batchNormalization(),
    () => l.activation({ activation: "tanh" }),
    () => l.conv2d({ filters: 5, kernelSize: [2, 3], dilationRate: 1, padding: "valid", useBias: false }),
    () => l.maxPooling2d({ poolSize: 2, strides: 1, padding: "same" }),
    () => l.flatten(),
    () => l.dense({ units: 4 }),
  ),
  depthwise: chain(
    () => l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same", inputShape: [6, 6, 3] }),
    () => l.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, strides: 2, padding: "same" }),
    () => l.averagePooling2d({ poolSize: 2, padding: "same" }),
    () => l.globalAveragePooling2d({}),
    () => l.dense({ units: 2, activation: "sigmoid" }),
  ),
  transposed: chain(
    () => l.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same", inputShape: [4, 5, 2] }),
    () =>
      l.zeroPadding2d({
        padding: [
          [1, 0],
          [2, 1],
        ],
      }),
    () =>
      l.cropping2D({
        cropping: [
          [1, 1],
          [0, 2],
        ],
      }),
    () => l.upSampling2d({ size: [2, 3] }),
    () => l.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, padding: "valid" }),
    () => l.globalMaxPooling2d({}),
  ),
  sequence: chain(
    () => l.embedding({ inputDim: 11, outputDim: 6, inputLength: 7 }),
    () => l.conv1d({ filters: 6, kernelSize: 3, padding: "same", activation: "relu" }),
    () => l.layerNormalization(),
    () =>
      l.bidirectional({
        layer: l.lstm({ units: 4, returnSequences: true, ...recurrent }) as layers.RNN,
        mergeMode: "concat",
      }),
    () => l.timeDistributed({ layer: l.dense({ units: 5, activation: "tanh" }) }),
    () => l.gru({ units: 4, returnSequences: true, ...recurrent }),
    () => l.bidirectional({ layer: l.simpleRNN({ units: 3, ...recurrent }) as layers.RNN, mergeMode: "ave" }),
    () => l.repeatVector({ n: 2 }),
    () => l.permute({ dims: [2, 1] }),
    () => l.reshape({ targetShape: [2, 3] }),
    () => l.lstm({ units: 4, recurrentActivation: "sigmoid", goBackwards: true, ...recurrent }),
  ),
  branches: () => {
    const x = input({ shape: [6, 6, 2] });
    const shared = l.conv2d({ filters: 4, kernelSize: 3, padding: "same", name: "shared" });
    const stem = l.conv2d({ filters: 2, kernelSize: 1, activation: "relu" }).apply(x);
    const a = shared.apply(stem);
    const b = shared.apply(x);
    const sum = l.add().apply([a, b] as never);
    const product = l.multiply().apply([a, sum] as never);
    const mean = l.average().apply([a, b, product] as never);
    const least = l.minimum().apply([a, l.maximum().apply([b, mean] as never)] as never);
    const joined = l.concatenate({ axis: -1 }).apply([mean, least] as never);
    const gate = l
      .dense({ units: 8, activation: "sigmoid" })
      .apply(l.globalAveragePooling2d({}).apply(joined as never));
    const scaled = l.multiply().apply([joined, l.reshape({ targetShape: [1, 1, 8] }).apply(gate as never)] as never);
    const inner = sequential({
      layers: [l.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 8] }), l.batchNormalization()],
    });
    return model({ inputs: x, outputs: inner.apply(scaled as never) as never });
  },
};
