/** Dense layers and embeddings. */

import type { EmbeddingNode, LinearNode } from "../../model/types.ts";
import {
  addGradient,
  addParameterGradient,
  type Context,
  carry,
  type GradientPart,
  type Rule,
  stateOf,
  totalKernel,
} from "../context.ts";
import { averageAxes, broadcastAxes } from "../kernel/axes.ts";
import {
  diagonal,
  type Kernel,
  meanOverPairs,
  positions,
  product,
  scaleKernel,
  sumOverPairs,
  uniformKernel,
} from "../kernel/kernel.ts";
import { sumOfProduct } from "../kernel/pairs.ts";
import { type Kinship, kinshipOfLayer, overPositions } from "../law/kinship.ts";
import { lazily, scatterOf, scatterThroughLayer } from "../law/scatter.ts";
import { remembered, unevenOfLayer } from "../law/uneven.ts";
import { valueState } from "../state/fixed.ts";
import { positionLayout, positionSizes } from "../state/layout.ts";
import { promoteChannels } from "../state/promote.ts";
import {
  averageOver,
  type Factor,
  type Layout,
  mixParts,
  type Part,
  positionDims,
  type State,
  stateSecondMoment,
} from "../state/state.ts";
import type { ParameterLaw } from "../types.ts";
import { sizeShare } from "./scale-free.ts";
import { swayBehindLayer, swayOverPairs } from "./sway.ts";
import { withTies } from "./tied.ts";
import { contract, type Term } from "./weighted.ts";

interface Contraction {
  readonly state: State;
  /** Kernel axes that the layer sums over. */
  readonly dims: readonly number[];
  readonly terms: readonly Term[];
  /** Layout of the output but for its last axis. */
  readonly rest: Layout;
}

function contraction(input: State): Contraction {
  const last = input.layout.length - 1;
  const outer = input.layout.map((_, axis) => axis).slice(0, last);
  const state = promoteChannels(input, outer);
  const dims = positionDims(state.layout[last]);
  const taps = product(dims.map((dim) => state.parts[0].kernel.sizes[dim]));
  const terms = state.parts.map((part): Term => {
    const averaged = averageAxes(part.kernel, dims);
    return {
      channels: part.channels,
      part,
      independent: scaleKernel(averaged, taps),
      coherent: () =>
        scaleKernel(
          averaged,
          dims.length === 0 ? 1 : (taps * taps * meanOverPairs(part.kernel)) / Math.max(1e-300, diagonal(part.kernel)),
        ),
      taps,
      pairShare: 1,
    };
  });
  const kept = state.parts[0].kernel.sizes.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
  const rest = state.layout
    .slice(0, last)
    .map((factors) => factors.map((f): Factor => (f.role === "position" ? { ...f, dim: kept.indexOf(f.dim) } : f)));
  return { state, dims, terms, rest };
}

const scaled = (law: { mean: number; variance: number }, scale: number) => ({
  ...law,
  mean: law.mean * scale,
  variance: law.variance * scale * scale,
});

/** A layer, and the rows of a larger matrix that it is where it is only some of them. */
export type Layer = LinearNode & { readonly rows?: { readonly count: number; readonly share: number } };

const outputsOf = (node: Layer, context: Context): number =>
  node.rows?.count ?? context.model.parameters.get(node.weight)?.shape[node.layout === "out-in" ? 0 : 1] ?? 1;

export const linearRule: Rule<Layer> = {
  forward(node, context) {
    const input = valueState(context, node.inputs[0]);
    const info = context.model.tensors.get(node.outputs[0]);
    const outputs = outputsOf(node, context);
    const { terms, rest, state, dims } = contraction(input);
    const bias = node.bias === null ? null : context.law(node.bias);
    const part = contract(terms, scaled(context.law(node.weight), node.scale), bias, outputs);
    const share = Math.min(1, secondOf(bias) / Math.max(1e-300, diagonal(part.kernel)));
    const followed =
      dims.length > 0 ? {} : { scatter: lazily(() => scatterThroughLayer(scatterOf(mixParts(state)), share)) };
    const uneven = remembered(() =>
      unevenOfLayer(
        terms.map((t) => ({ ...t, kernel: t.part.kernel })),
        dims.length === 0 ? { kernel: [], dilations: [] } : null,
        {
          kurtosis: context.law(node.weight).kurtosis ?? 3,
          fan: terms.reduce((n, t) => n + t.channels * t.taps, 0),
          bias: share,
          biasKurtosis: bias?.kurtosis ?? 3,
        },
      ),
    );
    const behind = context.batchStatistics ? { kinship: kinshipOf(context.law(node.weight), state, dims, terms) } : {};
    const shape = info?.shape ?? [...input.shape.slice(0, -1), outputs];
    const channel: Factor[] = outputs === 1 ? [] : [{ role: "channel", size: outputs }];
    return [
      {
        shape,
        layout: [...rest, channel],
        parts: [{ ...withTies(node, context, part), ...followed, uneven, ...behind }],
      },
    ];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const outgoing = totalKernel(gradient[0]);
    const weight = scaled(context.law(node.weight), node.scale);
    const outputs = stateOf(context, node.outputs[0]).parts[0].channels;
    const input = valueState(context, node.inputs[0]);
    const { state, dims, terms } = contraction(input);
    const second = weight.variance + weight.mean * weight.mean;
    const fan = terms.reduce((n, t) => n + t.channels * t.taps, 0);
    const back = scaleKernel(outgoing, second * outputs * sizeShare(context, node, fan));
    const together = weight.mean * weight.mean * outputs * (outputs - 1) * gradient[0].between;
    const level = diagonal(back) === 0 ? 1 : 1 + together / diagonal(back);
    const between = weight.mean * weight.mean * outputs * diagonal(outgoing) + together;
    addGradient(
      context,
      node.inputs[0],
      input.parts.map((part) => ({
        ...swayBehindLayer(part, carry(gradient[0], backToInput(part, scaleKernel(back, level), state, dims))),
        between,
      })),
    );
    const total = state.parts.reduce((n, p) => n + p.channels, 0);
    const average = state.parts.reduce(
      (sum, p) => sum + (p.channels / total) * sumOfProduct(outgoing, averageAxes(p.kernel, dims)),
      0,
    );
    const pairs = positions(outgoing) ** 2 * gradient[0].shared;
    const cross = averageOver(state, (p) => p.cross);
    const own = dims.length > 0 ? 0 : swayed(outgoing, gradient[0], state);
    addParameterGradient(
      context,
      node.weight,
      (node.rows?.share ?? 1) * node.scale * node.scale * (average + pairs * cross + own),
    );
    addParameterGradient(context, node.bias, sumOverPairs(outgoing) + pairs);
  },
};

const secondOf = (law: ParameterLaw | null): number => (law ? law.variance + law.mean * law.mean : 0);

/** What statistics of the batch will need to know of the layer's output. */
function kinshipOf(law: ParameterLaw, state: State, dims: readonly number[], terms: readonly Term[]): Kinship {
  const fan = terms.reduce((n, t) => n + t.channels * t.taps, 0);
  const seen = kinshipOfLayer(state.parts, law.kurtosis ?? 3, fan, 1, null);
  const { sizes } = state.parts[0].kernel;
  return dims.length === 0 ? seen : overPositions(seen, dims.length === sizes.length ? sizes : []);
}

/** Share of the weight's gradient that comes of δ's hanging on the overlap of what the weight saw. */
function swayed(outgoing: Kernel, gradient: GradientPart, state: State): number {
  const pairs = swayOverPairs(gradient, outgoing);
  return pairs === 0 ? 0 : pairs * stateSecondMoment(state) * Math.sqrt(diagonal(scatterOf(mixParts(state))));
}

/** Lays E[δδ'] over the input's positions: contracted positions have weights of their own, hence no correlation. */
function backToInput(part: Part, back: Kernel, state: State, dims: readonly number[]): Kernel {
  const sizes = part.kernel.sizes;
  const promoted = state.parts[0].kernel.sizes.length - sizes.length;
  const kept = state.parts[0].kernel.sizes.map((_, dim) => dim).filter((dim) => !dims.includes(dim));
  const gone = kept
    .map((dim, i) => ({ dim, i }))
    .filter(({ dim }) => promoted > 0 && dim >= sizes.length)
    .map(({ i }) => i);
  const reduced = averageAxes(back, gone);
  const keptHere = kept.filter((dim) => dim < sizes.length);
  if (keptHere.length === 0) return uniformKernel(sizes, diagonal(reduced), 0);
  if (dims.length === 0) return reduced;
  const laid = broadcastAxes(
    reduced,
    sizes,
    sizes.map((_, dim) => (dims.includes(dim) ? null : keptHere.indexOf(dim))),
  );
  return { ...uniformKernel(sizes, 0, 0), profile: laid.profile };
}

/** Scatter of the overlap of two rows (law/scatter.ts): whole with the probability that they are one, else none. */
const coincidences = (sizes: readonly number[], equal: number): Kernel => uniformKernel(sizes, equal * (1 - equal), 0);

/** Share of the pairs of different entries that are equal. */
function repeats(indices: Float64Array): number {
  const counts = new Map<number, number>();
  for (const index of indices) counts.set(index, (counts.get(index) ?? 0) + 1);
  const n = indices.length;
  return n < 2 ? 0 : [...counts.values()].reduce((sum, c) => sum + c * (c - 1), 0) / (n * (n - 1));
}

export const embeddingRule: Rule<EmbeddingNode> = {
  forward(node, context) {
    const table = context.model.parameters.get(node.table);
    const shape = context.model.tensors.get(node.outputs[0])?.shape ?? [];
    const [vocabulary, features] = table?.shape ?? [1, 1];
    const law = context.law(node.table);
    const constant = context.model.constants.get(node.inputs[0]);
    const indices = shape.slice(0, -1);
    const batchAxis = constant
      ? null
      : (context.model.inputs.find((i) => i.name === node.inputs[0])?.batchAxis ?? (indices.length > 1 ? 0 : null));
    const layout = positionLayout(indices, batchAxis);
    const sizes = positionSizes(layout);
    const level = law.variance + law.mean * law.mean;
    // Two uniform tokens are equal with probability 1/vocabulary; constant indices (positions, segments) are the same in every sample.
    const equal = constant ? repeats(constant.values) : 1 / vocabulary;
    const meet = law.mean * law.mean + law.variance * equal;
    const kernel = uniformKernel(sizes, level, level === 0 ? 0 : meet / level);
    const part: Part = {
      channels: features,
      mean: law.mean,
      kernel,
      between: law.mean * law.mean,
      cross: constant ? meanOverPairs(kernel) : meet,
      freedom: Number.POSITIVE_INFINITY,
      shape: null,
      ...(!constant && sizes.length > 0 && { scatter: () => coincidences(sizes, equal) }),
      spread: law.variance === 0 ? 0 : 2 / (features * (constant ? positions(uniformKernel(sizes, 0, 0)) : vocabulary)),
    };
    const channel: Factor[] = features === 1 ? [] : [{ role: "channel", size: features }];
    return [{ shape, layout: [...layout, channel], parts: [part] }];
  },
  backward(node, context: Context, [gradient]) {
    if (!gradient) return;
    const table = context.model.parameters.get(node.table);
    const vocabulary = table?.shape[0] ?? 1;
    const kernel = totalKernel(gradient[0]);
    const constant = context.model.constants.get(node.inputs[0]);
    const own = positions(kernel) * diagonal(kernel);
    const pairs = sumOverPairs(kernel) - own;
    // Row t collects Σ over positions that hold t: mean over rows of the square, tokens uniform and independent.
    const equal = constant ? repeats(constant.values) : 1 / vocabulary;
    const value = (own + equal * pairs) / vocabulary;
    addParameterGradient(context, node.table, value);
  },
};
