/** Rearrangements: reshape, transpose, expand, concatenate, split, slice, gather, pad, resize, and nodes that pass through. */

import type {
  ConcatNode, DropoutNode, ExpandNode, GatherNode, IdentityNode, OpaqueNode, PadNode, ReshapeNode, ResizeNode, SliceNode, SplitNode, TransposeNode,
} from "../model/types.ts";
import { align, fixedState, gradientOnto, valueState } from "./align.ts";
import { addGradient, carry, type Context, type Gradient, type GradientPart, type Rule, stateOf, totalKernel } from "./context.ts";
import { diagonal, type Kernel, positions, product, scaleKernel, uniformKernel } from "./kernel.ts";
import { averageKernel, averageTransposeKernel, type Window } from "./kernel-windows.ts";
import { sliceState, ungatherKernel } from "./slices.ts";
import { concatStates, splitGradient } from "./joins.ts";
import { canonicalize, initialLayout, reshapeState, shapelessState, transposeState } from "./layout.ts";
import { dropUnits, imageKernel, imageLayout, ontoState } from "./rule-conv.ts";
import { mapParts, mixParts, normalizeAxis, type Part, type State } from "./state.ts";

const shapeOf = (context: Context, tensor: string): readonly number[] => context.model.tensors.get(tensor)?.shape ?? [];

/** Spreads a gradient over the parts that a state has, when a rearrangement merged or lost them. */
function fitGradient(state: State, gradient: Gradient): Gradient {
  if (state.parts.length === gradient.length && gradient.every((g, i) => sameAxes(g.kernel, state.parts[i].kernel))) return gradient;
  return state.parts.map((part, i): GradientPart => {
    const kernel = totalKernel(gradient[Math.min(i, gradient.length - 1)]);
    const from = gradient[Math.min(i, gradient.length - 1)];
    if (sameAxes(kernel, part.kernel)) return carry(from, kernel);
    const same = positions(kernel) === positions(part.kernel);
    return carry(from, { ...uniformKernel(part.kernel.sizes, diagonal(kernel), kernel.far), ...(same ? { profile: kernel.profile } : {}) });
  });
}

const sameAxes = (a: Kernel, b: Kernel): boolean => a.sizes.length === b.sizes.length && a.sizes.every((s, i) => s === b.sizes[i]);

export const reshapeRule: Rule<ReshapeNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    const reshaped = reshapeState(state, shape);
    if (reshaped) return [withScores(state, reshaped)];
    context.warn({ code: "first-approximation", where: node.name, message: `${node.name} (${node.op}): [${state.shape.join(", ")}] → [${shape.join(", ")}] mixes positions and channels; their correlations are averaged` });
    return [shapelessState(state, shape)];
  },
  backward(node, context, [gradient]) {
    if (gradient) addGradient(context, node.inputs[0], fitGradient(valueState(context, node.inputs[0]), gradient));
  },
};

const withScores = (from: State, to: State): State => ({ ...to, ...(from.scores ? { scores: from.scores } : {}), ...(from.attention ? { attention: from.attention } : {}) });

export const transposeRule: Rule<TransposeNode> = {
  forward: (node, context) => [transposeState(valueState(context, node.inputs[0]), node.permutation)],
  backward(node, context, [gradient]) {
    if (gradient) addGradient(context, node.inputs[0], fitGradient(valueState(context, node.inputs[0]), gradient));
  },
};

export const expandRule: Rule<ExpandNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    const extent = initialLayout(shape, context.states.has(node.inputs[0]) ? null : 0, "sequence");
    const blank: State = { shape, layout: extent, parts: [{ ...mixParts(state), channels: 1, kernel: uniformKernel([], 0, 1) }] };
    const aligned = align([state, { ...blank, layout: extent.map((factors) => factors.filter((f) => f.role !== "position")) }], shape);
    return [{ shape, layout: aligned.layout, parts: aligned.operands[0] }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const aligned = { shape: out.shape, layout: out.layout, operands: [out.parts] };
    addGradient(context, node.inputs[0], gradientOnto(state, aligned, gradient));
  },
};

export const concatRule: Rule<ConcatNode> = {
  forward(node, context) {
    const flowing = node.inputs.find((name) => context.states.has(name));
    const like = flowing ? stateOf(context, flowing) : null;
    const states = node.inputs.map((name) => canonicalize(context.states.get(name) ?? fixedState(context, name, like)));
    return [concatStates(states, normalizeAxis(node.axis, states[0].shape.length), shapeOf(context, node.outputs[0]))];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const flowing = node.inputs.find((name) => context.states.has(name));
    const like = flowing ? stateOf(context, flowing) : null;
    const states = node.inputs.map((name) => canonicalize(context.states.get(name) ?? fixedState(context, name, like)));
    const out = stateOf(context, node.outputs[0]);
    const pieces = splitGradient(states, normalizeAxis(node.axis, out.shape.length), out, gradient);
    node.inputs.forEach((name, i) => addGradient(context, name, fitGradient(states[i], pieces[i])));
  },
};

export const splitRule: Rule<SplitNode> = {
  forward(node, context) {
    const state = canonicalize(valueState(context, node.inputs[0]));
    const axis = normalizeAxis(node.axis, state.shape.length);
    let start = 0;
    return node.sizes.map((count) => {
      const piece = sliceState(state, [{ axis, start, count, step: 1 }]);
      start += count;
      return piece;
    });
  },
  backward(node, context, gradients) {
    const state = canonicalize(valueState(context, node.inputs[0]));
    const axis = normalizeAxis(node.axis, state.shape.length);
    let start = 0;
    node.sizes.forEach((count, i) => {
      const gradient = gradients[i];
      if (gradient) addGradient(context, node.inputs[0], ungatherKernel(state, [{ axis, start, count, step: 1 }], gradient));
      start += count;
    });
  },
};

export const sliceRule: Rule<SliceNode> = {
  forward: (node, context) => [{ ...sliceState(canonicalize(valueState(context, node.inputs[0])), node.ranges), shape: shapeOf(context, node.outputs[0]) }],
  backward(node, context, [gradient]) {
    if (gradient) addGradient(context, node.inputs[0], ungatherKernel(canonicalize(valueState(context, node.inputs[0])), node.ranges, gradient));
  },
};

/** The run that a list of indices makes, if it is one. */
const runOf = (indices: readonly number[]): { start: number; count: number; step: number } => {
  const step = indices.length > 1 ? indices[1] - indices[0] || 1 : 1;
  return { start: indices[0] ?? 0, count: indices.length, step };
};

const gatherRange = (node: GatherNode, state: State) => {
  const axis = normalizeAxis(node.axis, state.shape.length);
  const indices = node.indices.map((i) => (i < 0 ? i + state.shape[axis] : i));
  return [{ axis, ...runOf(indices) }];
};

export const gatherRule: Rule<GatherNode> = {
  forward(node, context) {
    const state = canonicalize(valueState(context, node.inputs[0]));
    const sliced = sliceState(state, gatherRange(node, state));
    const axis = normalizeAxis(node.axis, state.shape.length);
    const layout = node.scalar ? sliced.layout.filter((_, i) => i !== axis) : sliced.layout;
    return [{ ...sliced, shape: shapeOf(context, node.outputs[0]), layout }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = canonicalize(valueState(context, node.inputs[0]));
    addGradient(context, node.inputs[0], ungatherKernel(state, gatherRange(node, state), gradient));
  },
};

export const padRule: Rule<PadNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    if (node.pads.every((p) => p === 0)) return [{ ...state }];
    const rank = shape.length;
    const spatialOnly = rank >= 3 && node.pads[0] === 0 && node.pads[1] === 0 && node.pads[rank] === 0 && node.pads[rank + 1] === 0;
    if (!spatialOnly || node.mode !== "constant" || node.value !== 0) {
      context.warn({ code: "first-approximation", where: node.name, message: `${node.name} (${node.op}, ${node.mode}): the border is taken to look like the interior` });
      const stretched = initialLayout(shape, state.layout[0]?.some((f) => f.role === "batch") ? 0 : null, rank >= 3 ? "image" : "sequence");
      const part = mixParts(state);
      const sizes = stretched.flat().flatMap((f) => (f.role === "position" ? [f.size] : []));
      const channels = stretched.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
      return [{ shape, layout: stretched, parts: [{ ...part, channels, kernel: uniformKernel(sizes, diagonal(part.kernel), part.kernel.far) }] }];
    }
    const begins = node.pads.slice(2, rank);
    const share = product(state.shape.slice(2)) / product(shape.slice(2));
    const parts = state.parts.map((part): Part => ({ ...part, mean: part.mean * share, kernel: dropUnits(padded(imageKernel(state, part), begins, shape.slice(2))), between: part.between * share, cross: part.cross * share }));
    return [{ shape, layout: imageLayout(shape, state.layout[0]?.some((f) => f.role === "batch") ?? false), parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    addGradient(context, node.inputs[0], state.parts.map((part, i) => {
      const from = gradient[Math.min(i, gradient.length - 1)];
      return carry(from, uniformKernel(part.kernel.sizes, diagonal(totalKernel(from)), totalKernel(from).far));
    }));
  },
};

/** Zeros around a map: the diagonal is 0 there. */
function padded(kernel: Kernel, begins: readonly number[], sizes: readonly number[]): Kernel {
  const profile = new Float64Array(product(sizes));
  const inner = kernel.sizes;
  const count = positions(kernel);
  const at = inner.map(() => 0);
  for (let i = 0; i < count; i++) {
    const target = at.reduce((index, x, axis) => index * sizes[axis] + x + begins[axis], 0);
    profile[target] = kernel.profile.length === 1 ? kernel.profile[0] : kernel.profile[i];
    for (let axis = inner.length - 1; axis >= 0; axis--) {
      if (++at[axis] < inner[axis]) break;
      at[axis] = 0;
    }
  }
  return { ...kernel, sizes, profile };
}

/** Enlarging by whole factors repeats (nearest) or interpolates; shrinking picks or averages. */
const resizeWindow = (node: ResizeNode, up: boolean): Window => {
  const factors = node.scales.slice(2).map((s) => Math.max(1, Math.round(up ? s : 1 / s)));
  return { kernel: factors, strides: factors, dilations: factors.map(() => 1), pads: factors.map(() => 0) };
};

export const resizeRule: Rule<ResizeNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    const up = node.scales.slice(2).every((s) => s >= 1);
    if (node.mode !== "nearest") context.warn({ code: "first-approximation", where: node.name, message: `${node.name} (${node.op}, ${node.mode}): taken as nearest-neighbour resizing` });
    const sizes = shape.slice(2);
    const parts = state.parts.map((part): Part => {
      const kernel = imageKernel(state, part);
      const window = resizeWindow(node, up);
      const taps = product(window.kernel);
      const resized = up ? scaleKernel(averageTransposeKernel(kernel, window, sizes), taps * taps) : averageKernel(kernel, { ...window, kernel: window.kernel.map(() => 1) }, sizes, false);
      return { ...part, kernel: dropUnits(resized) };
    });
    return [{ shape, layout: imageLayout(shape, state.layout[0]?.some((f) => f.role === "batch") ?? false), parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const up = node.scales.slice(2).every((s) => s >= 1);
    const window = resizeWindow(node, up);
    const taps = product(window.kernel);
    addGradient(context, node.inputs[0], state.parts.map((_, i) => {
      const outgoing = imageKernel(out, { ...out.parts[i], kernel: totalKernel(gradient[i]) });
      const back = up ? scaleKernel(averageKernel(outgoing, window, state.shape.slice(2), false), taps * taps) : averageTransposeKernel(outgoing, { ...window, kernel: window.kernel.map(() => 1) }, state.shape.slice(2));
      return carry(gradient[i], ontoState(state, back));
    }));
  },
};

const passBack = (node: IdentityNode | DropoutNode | OpaqueNode, context: Context, gradient: Gradient | null, factor: number): void => {
  if (!gradient) return;
  const passed = factor === 1 ? gradient : gradient.map((part) => carry(part, scaleKernel(totalKernel(part), factor)));
  addGradient(context, node.inputs[0], fitGradient(valueState(context, node.inputs[0]), passed));
};

export const identityRule: Rule<IdentityNode> = {
  forward: (node, context) => [{ ...valueState(context, node.inputs[0]) }],
  backward: (node, context, [gradient]) => passBack(node, context, gradient, 1),
};

/** Inverted dropout keeps the mean and multiplies every second moment of one element by 1/(1 − ratio) (Srivastava 2014). */
const dropoutFactor = (node: DropoutNode, context: Context): number => (context.mode === "train" ? 1 / (1 - Math.min(node.ratio, 0.999999)) : 1);

export const dropoutRule: Rule<DropoutNode> = {
  forward(node, context) {
    const factor = dropoutFactor(node, context);
    const state = valueState(context, node.inputs[0]);
    if (factor === 1) return [{ ...state }];
    return [mapParts(state, (part) => {
      const kernel = { ...part.kernel, lags: part.kernel.lags.map((c, i) => (i === (part.kernel.lags.length - 1) / 2 ? 1 : c / factor)), far: part.kernel.sizes.length === 0 ? 1 : part.kernel.far / factor };
      return { ...part, kernel: scaleKernel(kernel, factor) };
    })];
  },
  backward: (node, context, [gradient]) => passBack(node, context, gradient, dropoutFactor(node, context)),
};

export const opaqueRule: Rule<OpaqueNode> = {
  forward(node, context) {
    const first = node.inputs.find((name) => context.states.has(name));
    return node.outputs.map((output) => {
      const shape = shapeOf(context, output);
      if (first) {
        const state = stateOf(context, first);
        return state.shape.length === shape.length && state.shape.every((s, i) => s === shape[i]) ? { ...state } : (reshapeState(state, shape) ?? shapelessState(state, shape));
      }
      const layout = initialLayout(shape, shape.length > 1 ? 0 : null, shape.length >= 4 ? "image" : "sequence");
      const sizes = layout.flat().flatMap((f) => (f.role === "position" ? [f.size] : []));
      const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
      return { shape, layout, parts: [{ channels, mean: 0, kernel: uniformKernel(sizes, 1, 0), between: 0, cross: 0, spread: 0, freedom: Number.POSITIVE_INFINITY, shape: null }] };
    });
  },
  backward: (node, context, [gradient]) => { if (node.inputs.length > 0) passBack({ ...node, inputs: [node.inputs.find((n) => context.states.has(n)) ?? node.inputs[0]] }, context, gradient, 1); },
};

