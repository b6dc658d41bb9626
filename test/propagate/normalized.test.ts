/** Batch statistics and what belongs to them: closed forms, and a convolutional net that PyTorch measured over 1000 draws. */

import { describe, expect, it } from "vitest";
import type { ConvNode, Node, NormalizeNode, PoolNode } from "../../src/model/types.ts";
import { propagate } from "../../src/propagate/index.ts";
import { uniformKernel } from "../../src/propagate/kernel/kernel.ts";
import { kinshipOfLayer, varianceOfVariance } from "../../src/propagate/law/kinship.ts";
import type { Part } from "../../src/propagate/state/state.ts";
import type { ParameterLaw } from "../../src/propagate/types.ts";
import { sketch } from "../run/graph.ts";

const conv = (name: string, input: string, bias: string | null): ConvNode => ({
  kind: "conv",
  name,
  op: "Conv",
  inputs: [input],
  outputs: [name],
  weight: `${name}.weight`,
  bias,
  transposed: false,
  groups: 1,
  kernel: [3, 3],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [1, 1, 1, 1],
});

const relu = (name: string, input: string): Node => ({
  kind: "activation",
  name,
  op: "Relu",
  inputs: [input],
  outputs: [name],
  activation: { kind: "named", name: "relu", parameters: {} },
  slope: null,
});

const part = (channels: number, sizes: readonly number[], own: Partial<Part> = {}): Part => ({
  channels,
  mean: 0,
  kernel: uniformKernel(sizes, 1, 0),
  between: 0,
  cross: 0,
  spread: 0,
  freedom: Number.POSITIVE_INFINITY,
  shape: null,
  ...own,
});

describe("the scatter of channels' variances over a batch", () => {
  // s² = wᵀΣw for n weights and B samples of white inputs: E tr(Σ²)/(E tr Σ)² = 1/n + 1/B, and w⁴ counts (κ − 3)/n.
  it.each([
    { kurtosis: 3, n: 32, samples: 64 },
    { kurtosis: 9 / 5, n: 32, samples: 64 },
    { kurtosis: 9 / 5, n: 512, samples: 16 },
  ])("is 2/n + 2/B + (κ − 3)/n behind white inputs: κ $kurtosis, n $n, B $samples", ({ kurtosis, n, samples }) => {
    const kinship = kinshipOfLayer([part(n, [])], kurtosis, n, 1, null);
    const expected = 2 / n + 2 / samples + (kurtosis - 3) / n;
    expect(varianceOfVariance(part(n, [], { kinship }), samples)).toBeCloseTo(expected, 14);
  });

  // 9 taps of 3 channels estimate a patch's correlation with variance 1/27, and patches a step apart share 6 of 9 taps: a
  // window averages Q(τ) = (1 − |τ|/3)²-shaped overlaps to (1/3 + 4/9·2/3 + 2/9·1/3)² = (19/27)².
  it("averages what overlapping patches have in common, and adds each layer's own 1/fan", () => {
    const window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] };
    const sizes = [32, 32];
    const first = kinshipOfLayer([part(3, sizes)], 3, 27, 1, { window, sizes, transposed: false });
    expect(first.likeness.values[0]).toBeCloseTo(1 / 27, 14);
    const second = kinshipOfLayer([part(16, sizes, { kinship: first })], 3, 144, 1, {
      window,
      sizes,
      transposed: false,
    });
    expect(second.likeness.values[0]).toBeCloseTo((1 / 27) * (19 / 27) ** 2 + 1 / 144, 14);
  });
});

describe("max pooling sends every window's gradient to one position", () => {
  // ∂L/∂bias = Σ over windows of independent g, whatever the windows share: E of its square is the number of windows.
  it.each([
    { taps: 2, stride: 2, pad: 0, size: 8, out: 4 },
    { taps: 3, stride: 2, pad: 1, size: 8, out: 4 },
    { taps: 3, stride: 1, pad: 1, size: 6, out: 6 },
  ])("$taps × $taps windows at stride $stride", ({ taps, stride, pad, size, out }) => {
    const pool: PoolNode = {
      kind: "pool",
      name: "y",
      op: "MaxPool",
      inputs: ["c"],
      outputs: ["y"],
      method: "max",
      kernel: [taps, taps],
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [pad, pad, pad, pad],
      countPadding: false,
    };
    const model = sketch({
      inputs: { x: [4, 3, size, size] },
      parameters: { "c.weight": [8, 3, 3, 3], "c.bias": [8] },
      tensors: { c: [4, 8, size, size], y: [4, 8, out, out] },
      outputs: ["y"],
      nodes: [conv("c", "x", "c.bias"), pool],
    });
    const { gradients } = propagate(model, () => ({ mean: 0, variance: 1 / 27 }));
    expect(gradients.get("c.bias")! / out ** 2).toBeCloseTo(1, 12);
  });
});

/**
 * torch.manual_seed(5000 + r), r < 1000: 4 × (Conv2d(3 or 32, 32, 3, padding=1, bias=False), BatchNorm2d, ReLU),
 * AdaptiveAvgPool2d(1), Linear(32, 10) of PyTorch 1.13.1, batch 32 of 3 × 8 × 8 standard normal inputs, L = Σ y·g, g
 * standard normal: mean square of each tensor, and of each parameter's gradient divided by the batch, with its standard error.
 */
const MEASURED: Readonly<Record<string, readonly [mean: number, error: number]>> = {
  c0: [0.28057, 3.1e-4],
  c1: [0.14724, 3.5e-4],
  c2: [0.14728, 3.5e-4],
  c3: [0.14824, 3.5e-4],
  pooled: [0.16037, 3e-5],
  "c0.weight": [0.0067025, 3.2e-5],
  "b0.scale": [0.001611, 1.5e-5],
  "b0.shift": [0.0011101, 9.9e-6],
  "c1.weight": [0.004739, 2.1e-5],
  "b1.scale": [0.0011269, 1.1e-5],
  "b1.shift": [7.7293e-4, 6.7e-6],
  "c2.weight": [0.003327, 1.5e-5],
  "b2.scale": [8.0394e-4, 8.3e-6],
  "b2.shift": [5.4617e-4, 5e-6],
  "c3.weight": [0.0024234, 1.2e-5],
  "b3.scale": [0.016798, 2.7e-4],
  "b3.shift": [0.026605, 4.4e-4],
  "fc.weight": [0.16049, 0.0021],
};

describe("running statistics over values that have a mean", () => {
  const model = sketch({
    inputs: { x: [8, 4, 6, 6] },
    parameters: { scale: [4] },
    tensors: { b: [8, 4, 6, 6], r: [8, 4, 6, 6], y: [8, 4] },
    outputs: ["y"],
    nodes: [
      {
        kind: "normalize",
        name: "b",
        op: "BatchNormalization",
        inputs: ["x"],
        outputs: ["b"],
        method: "batch",
        axes: [1],
        groups: 1,
        epsilon: 0,
        scale: "scale",
        shift: null,
        mean: null,
        variance: null,
        training: false,
      },
      relu("r", "b"),
      {
        kind: "reduce",
        name: "y",
        op: "GlobalAveragePool",
        inputs: ["r"],
        outputs: ["y"],
        method: "mean",
        axes: [2, 3],
        keepAxes: false,
      },
    ],
  });

  // ∂L/∂γ = g/P Σ_p relu(x_p), x ~ N(1, 1): E = (E[relu²] + (P − 1) E[relu]²)/P with E[relu] = Φ(1) + φ(1) and
  // E[relu²] = 2Φ(1) + φ(1). Left: the interpolation of pairs between independent and equal, exact at both ends.
  it("counts the mean in the gradient of the scale", () => {
    const [cdf, density, count] = [0.8413447460685429, 0.24197072451914337, 36];
    const expected = (2 * cdf + density + (count - 1) * (cdf + density) ** 2) / count;
    const { gradients } = propagate(model, () => ({ mean: 1, variance: 0 }), { mode: "eval", inputMean: 1 });
    expect((gradients.get("scale") ?? 0) / expected).toBeCloseTo(1, 9);
  });
});

describe("four convolutions with batch statistics on 8 × 8 maps", () => {
  const layers = [0, 1, 2, 3];
  const width = 32;
  const normalize = (i: number): NormalizeNode => ({
    kind: "normalize",
    name: `b${i}`,
    op: "BatchNormalization",
    inputs: [`c${i}`],
    outputs: [`b${i}`],
    method: "batch",
    axes: [1],
    groups: 1,
    epsilon: 1e-5,
    scale: `b${i}.scale`,
    shift: `b${i}.shift`,
    mean: null,
    variance: null,
    training: true,
  });
  const map = [32, width, 8, 8];
  const model = sketch({
    inputs: { x: [32, 3, 8, 8] },
    parameters: {
      ...Object.fromEntries(layers.map((i) => [`c${i}.weight`, [width, i === 0 ? 3 : width, 3, 3]])),
      ...Object.fromEntries(layers.flatMap((i) => [`b${i}.scale`, `b${i}.shift`].map((name) => [name, [width]]))),
      "fc.weight": [10, width],
    },
    tensors: {
      ...Object.fromEntries(layers.flatMap((i) => [`c${i}`, `b${i}`, `r${i}`].map((name) => [name, map]))),
      pooled: [32, width],
      y: [32, 10],
    },
    outputs: ["y"],
    nodes: [
      ...layers.flatMap((i) => [
        conv(`c${i}`, i === 0 ? "x" : `r${i - 1}`, null),
        normalize(i),
        relu(`r${i}`, `b${i}`),
      ]),
      {
        kind: "reduce",
        name: "pooled",
        op: "GlobalAveragePool",
        inputs: ["r3"],
        outputs: ["pooled"],
        method: "mean",
        axes: [2, 3],
        keepAxes: false,
      },
      {
        kind: "linear",
        name: "y",
        op: "Gemm",
        inputs: ["pooled"],
        outputs: ["y"],
        weight: "fc.weight",
        bias: null,
        layout: "out-in",
        scale: 1,
      },
    ],
  });
  // PyTorch's default: uniform of variance 1/(3n), kurtosis 9/5.
  const law = (name: string): ParameterLaw => {
    if (name.endsWith("scale")) return { mean: 1, variance: 0 };
    if (name.endsWith("shift")) return { mean: 0, variance: 0 };
    const fan = name === "c0.weight" ? 27 : name === "fc.weight" ? width : 9 * width;
    return { mean: 0, variance: 1 / (3 * fan), kurtosis: 9 / 5 };
  };
  const { signals, gradients } = propagate(model, law, { mode: "train", batch: 32 });
  const predicted = (name: string) => gradients.get(name) ?? signals.get(name)?.secondMoment ?? Number.NaN;

  // What is left out is of relative order 1/width = 3 % in a signal, and in a gradient once a layer.
  it.each(Object.entries(MEASURED))("%s", (name, [mean, error]) => {
    const excess = Math.max(0, Math.abs(predicted(name) - mean) - 3 * error) / mean;
    expect(excess).toBeLessThanOrEqual(signals.has(name) ? 1 / width : 4 / width);
  });
});
