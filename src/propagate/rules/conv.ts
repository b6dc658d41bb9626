/** Convolutions, plain, grouped, depthwise and transposed, in any number of spatial dimensions. */

import type { ConvNode } from "../../model/types.ts";
import { addGradient, addParameterGradient, type Context, carry, type Rule, stateOf, totalKernel } from "../context.ts";
import { averageAxes, broadcastAxes, offDiagonal } from "../kernel/axes.ts";
import {
  diagonal,
  type Kernel,
  mapCorrelations,
  onWindow,
  positions,
  product,
  remapLags,
  scaleKernel,
  scaleValues,
  sumOverPairs,
  uniformKernel,
  windowPairs,
} from "../kernel/kernel.ts";
import { meanOfProduct, sumOfProduct } from "../kernel/pairs.ts";
import { axisTaps } from "../kernel/slide.ts";
import { addSquaresAboveZero } from "../kernel/values.ts";
import {
  averageKernel,
  convolveKernel,
  convolveTransposeKernel,
  foldedDiagonal,
  isPointwise,
  pairShare,
  type Window,
} from "../kernel/windows.ts";
import { kinshipOfLayer } from "../law/kinship.ts";
import { lazily, scatterThroughLayer } from "../law/scatter.ts";
import { remembered, unevenOfLayer } from "../law/uneven.ts";
import { commonProfile, commonThroughWindow } from "../state/common.ts";
import { keptWith } from "../state/kept.ts";
import type { Factor, Layout, Part, State } from "../state/state.ts";
import { channelsOf, mixParts } from "../state/state.ts";
import { sizeShare } from "./scale-free.ts";
import { swayBehindLayer } from "./sway.ts";
import { contract, type Term } from "./weighted.ts";
import { phaseWindow, swayedWindows, windowScatter } from "./window-sway.ts";

/** Kernel over all spatial axes of [N, C, …space], axes of size 1 included. */
export function imageKernel(state: State, part: Part): Kernel {
  const space = state.layout.slice(2);
  const sizes = state.shape.slice(2);
  const single = space.every((factors, axis) =>
    sizes[axis] === 1 ? factors.length === 0 : factors.length === 1 && factors[0].role === "position",
  );
  if (!single || state.layout[1]?.some((f) => f.role === "position"))
    return uniformKernel(sizes, diagonal(part.kernel), offDiagonal(part.kernel));
  return broadcastAxes(
    part.kernel,
    sizes,
    space.map((factors) => (factors[0]?.role === "position" ? factors[0].dim : null)),
  );
}

/** Drops kernel axes of size 1, which a layout has no factor for. */
export function dropUnits(kernel: Kernel): Kernel {
  const units = kernel.sizes.flatMap((size, axis) => (size === 1 ? [axis] : []));
  return averageAxes(kernel, units);
}

export function imageLayout(shape: readonly number[], batched: boolean): Layout {
  let dim = 0;
  return shape.map((size, axis): Factor[] => {
    if (size === 1) return [];
    if (axis === 0) return batched ? [{ role: "batch", size }] : [];
    return axis === 1 ? [{ role: "channel", size }] : [{ role: "position", size, dim: dim++ }];
  });
}

/** Puts a kernel over all spatial axes back onto the axes that the state's kernel has. */
export function ontoState(state: State, kernel: Kernel): Kernel {
  const dims = state.parts[0].kernel.sizes;
  const dropped = dropUnits(kernel);
  const order = state.layout.slice(2).flatMap((factors) => (factors[0]?.role === "position" ? [factors[0].dim] : []));
  if (
    order.length === dims.length &&
    order.every((dim, i) => dim === i) &&
    dropped.sizes.every((s, i) => s === dims[i])
  )
    return dropped;
  if (order.length === dims.length && dropped.sizes.length === dims.length)
    return broadcastAxes(
      dropped,
      dims,
      dims.map((_, dim) => order.indexOf(dim)),
    );
  return uniformKernel(dims, diagonal(kernel), offDiagonal(kernel));
}

const outerShape = (
  node: ConvNode,
  shapes: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): readonly number[] => shapes.get(node.outputs[0])?.shape ?? [];

export const windowOf = (node: ConvNode): Window => ({
  kernel: node.kernel,
  strides: node.strides,
  dilations: node.dilations,
  pads: node.pads,
});

/** A layer whose weights are being solved for is gone through again with the same input. */
const kept = keptWith<State, Term[]>();

const termsOf = (node: ConvNode, state: State, sizes: readonly number[]): Term[] =>
  kept(state, [node], () => makeTerms(node, state, sizes));

function makeTerms(node: ConvNode, state: State, sizes: readonly number[]): Term[] {
  const window = windowOf(node);
  const parts = node.groups > 1 && state.parts.length > 1 ? [mixParts(state)] : state.parts;
  const taps = product(node.kernel);
  return parts.map((part): Term => {
    const kernel = imageKernel(state, part);
    const independent = node.transposed
      ? convolveTransposeKernel(kernel, window, sizes)
      : convolveKernel(kernel, window, sizes);
    const level = diagonal(kernel);
    const effective = level === 0 ? taps : diagonal(independent) / level;
    return {
      channels: part.channels / node.groups,
      part,
      independent,
      coherent: () =>
        node.transposed
          ? scaleKernel(independent, effective)
          : scaleKernel(averageKernel(kernel, window, sizes, true), taps * taps),
      taps: effective,
      pairShare: pairShare(kernel.sizes, window, sizes, node.transposed),
    };
  });
}

/**
 * E[(Σ_p δ_p a_{s·p + t})²] averaged over taps t: Σ over lags of the number of pairs × E[δδ'] at Δ × E[aa'] at s·Δ. On the
 * diagonal the positions of δ and the taps that hit real input are followed one by one.
 */
function weightGradient(gradient: Kernel, input: Kernel, window: Window): number {
  if (isPointwise(window, input.sizes, gradient.sizes)) return sumOfProduct(gradient, input);
  const gathered = foldedDiagonal(input, window, gradient.sizes);
  const count = positions(gradient);
  const own = (count * meanOfProduct(gradient.profile, gathered)) / product(window.kernel);
  const radius = gradient.sizes.map((size, axis) =>
    Math.min(size - 1, Math.max(gradient.radius[axis], Math.floor(input.radius[axis] / window.strides[axis]))),
  );
  const met = remapLags(input, radius, (axis, lag) => ({ source: lag * window.strides[axis], factor: 1 }));
  const { inside, pairs } = windowPairs(gradient.sizes, radius, onWindow(gradient, radius), met);
  const rest = (count * count - pairs) * gradient.far * input.far;
  // Two positions meet real input at the same tap less often than one does.
  const shared = pairShare(input.sizes, window, gradient.sizes, false);
  return own * (1 + (shared * (inside - count + rest)) / count);
}

/** K less the share `share` of what positions and samples have in common, E[a_p a'_q] = E[a_p m] E[a_q m] / E[m²]. */
function lessCommon(part: Part, kernel: Kernel, share: number): Kernel {
  const level = diagonal(kernel);
  const common = share * part.cross;
  if (common === 0 || level === 0) return kernel;
  if (common >= level) return scaleKernel(kernel, 0);
  const own = commonProfile(part);
  const kept =
    own?.length === kernel.profile.length
      ? addSquaresAboveZero(kernel.profile, own, -share / part.cross)
      : scaleValues(kernel.profile, (level - common) / level);
  return { ...kernel, profile: kept, ...mapCorrelations(kernel, (c) => (c * level - common) / (level - common)) };
}

/**
 * Σ δ over the positions where a tap meets real input, squared, where Σ δ over all positions of the batch is 0: with the
 * share h of positions, h(1 − h) of what δ's own positions sum to; mean over taps. What all samples have in common does not
 * drop out of the gradient of a tap that padding cuts off, nor of one that a stride leaves out of most outputs.
 */
function cutOff(gradient: Kernel, inner: readonly number[], window: Window, transposed: boolean): number {
  const taps = product(window.kernel);
  const hit =
    gradient.sizes.reduce((n, size, axis) => n * axisTaps(inner[axis], size, window, axis, transposed).single, 1) /
    taps;
  const count = positions(gradient);
  // Without what is alike at all pairs: that part the subtracted mean took out.
  const local = Math.max(0, sumOverPairs(gradient) - count * count * diagonal(gradient) * gradient.far);
  return local * hit * (1 - pairShare(inner, window, gradient.sizes, transposed));
}

/** What statistics of the batch will need to know of the layer's output. */
function behindStatistics(
  node: ConvNode,
  context: Context,
  state: State,
  terms: readonly Term[],
  out: Part,
  sizes: readonly number[],
): Pick<Part, "common" | "kinship"> {
  const window = windowOf(node);
  const fan = terms.reduce((n, t) => n + t.channels * t.taps, 0);
  const kinship = kinshipOfLayer(
    terms.map((t) => ({ ...t.part, channels: t.channels * node.groups, kernel: imageKernel(state, t.part) })),
    context.law(node.weight).kurtosis ?? 3,
    fan,
    node.groups,
    { window, sizes, transposed: node.transposed },
  );
  if (node.transposed) return { kinship };
  return { kinship, common: commonThroughWindow(state.parts, window, state.shape.slice(2), sizes, out.cross) };
}

/** Share of E[z²] that the bias holds. */
const biasShare = (context: Context, node: ConvNode, part: Part): number => {
  const bias = node.bias === null ? null : context.law(node.bias);
  const level = diagonal(part.kernel);
  return bias === null || level === 0 ? 0 : Math.min(1, (bias.variance + bias.mean * bias.mean) / level);
};

/** A decoder by the encoder's own filters: Wᵀφ(W x) has a mean along x that fresh weights have not. */
function warnOfTiedFilters(node: ConvNode, context: Context): void {
  if (!node.transposed) return;
  const encoder = context.model.nodes.find(
    (other) => other.kind === "conv" && !other.transposed && other.weight === node.weight,
  );
  if (encoder)
    context.warn({
      code: "independent-branches",
      where: node.name,
      message: `${node.name}: its filters are those of ${encoder.name}, transposed; taken as independent, signals behind it are predicted too small`,
    });
}

export const convRule: Rule<ConvNode> = {
  forward(node, context) {
    warnOfTiedFilters(node, context);
    const state = stateOf(context, node.inputs[0]);
    const shape = outerShape(node, context.model.tensors);
    const bias = node.bias === null ? null : context.law(node.bias);
    const terms = termsOf(node, state, shape.slice(2));
    const part = contract(terms, context.law(node.weight), bias, shape[1]);
    const batched = state.layout[0]?.some((f) => f.role === "batch") ?? false;
    const kernel = dropUnits(part.kernel);
    const share = biasShare(context, node, part);
    const scatter = lazily(() => dropUnits(scatterThroughLayer(windowScatter(node, state, shape.slice(2)), share)));
    const uneven = remembered(() =>
      unevenOfLayer(
        terms.map((t) => ({ ...t, kernel: imageKernel(state, t.part) })),
        node.transposed ? phaseWindow(node) : node,
        {
          kurtosis: context.law(node.weight).kurtosis ?? 3,
          fan: terms.reduce((n, t) => n + t.channels * t.taps, 0),
          bias: share,
          biasKurtosis: bias?.kurtosis ?? 3,
        },
      ),
    );
    const behind = context.batchStatistics ? behindStatistics(node, context, state, terms, part, shape.slice(2)) : {};
    return [{ shape, layout: imageLayout(shape, batched), parts: [{ ...part, kernel, scatter, uneven, ...behind }] }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = stateOf(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const outgoing = imageKernel(out, { ...out.parts[0], kernel: totalKernel(gradient[0]) });
    const law = context.law(node.weight);
    const second = law.variance + law.mean * law.mean;
    const window = windowOf(node);
    const sizes = state.shape.slice(2);
    const perChannel = out.shape[1] / node.groups;
    const fan = (state.shape[1] / node.groups) * product(node.kernel);
    const back = scaleKernel(
      node.transposed ? convolveKernel(outgoing, window, sizes) : convolveTransposeKernel(outgoing, window, sizes),
      second * perChannel * sizeShare(context, node, fan),
    );
    const onto = pairShare(outgoing.sizes, window, sizes, !node.transposed);
    const passed = carry(gradient[0], ontoState(state, back), onto);
    addGradient(
      context,
      node.inputs[0],
      state.parts.map((part) => swayBehindLayer(part, passed)),
    );
    const total = channelsOf(state);
    const pairs = positions(outgoing) ** 2 * gradient[0].shared;
    const whole = sumOverPairs(outgoing);
    // Σ over samples of Σ δ·m, m what all samples have in common, has the second moment of Σ δ over the batch.
    const share = whole === 0 ? 0 : -pairs / whole;
    const cut = share === 0 ? 0 : share * cutOff(outgoing, sizes, window, node.transposed);
    const average = state.parts.reduce((sum, part) => {
      const input = lessCommon(part, imageKernel(state, part), share);
      const own = node.transposed ? weightGradient(input, outgoing, window) : weightGradient(outgoing, input, window);
      return sum + (part.channels / total) * (own + cut * part.cross);
    }, 0);
    addParameterGradient(
      context,
      node.weight,
      average + swayedWindows(node, outgoing, gradient[0], state, biasShare(context, node, out.parts[0])),
    );
    addParameterGradient(context, node.bias, whole + pairs);
  },
};
