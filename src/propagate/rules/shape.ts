/** Rearrangements of one tensor: reshape, transpose, expand. */

import type { ExpandNode, ReshapeNode, TransposeNode } from "../../model/types.ts";
import {
  addGradient,
  type Context,
  carry,
  type Gradient,
  type GradientPart,
  type Rule,
  stateOf,
  totalKernel,
} from "../context.ts";
import { diagonal, type Kernel, positions, uniformKernel } from "../kernel/kernel.ts";
import { align, gradientOnto, valueState } from "../state/align.ts";
import { initialLayout, reshapeState, shapelessState, transposeState } from "../state/layout.ts";
import { mixParts, type State } from "../state/state.ts";

export const shapeOf = (context: Context, tensor: string): readonly number[] =>
  context.model.tensors.get(tensor)?.shape ?? [];

/** Spreads a gradient over the parts that a state has, when a rearrangement merged or lost them. */
export function fitGradient(state: State, gradient: Gradient): Gradient {
  if (state.parts.length === gradient.length && gradient.every((g, i) => sameAxes(g.kernel, state.parts[i].kernel)))
    return gradient;
  return state.parts.map((part, i): GradientPart => {
    const kernel = totalKernel(gradient[Math.min(i, gradient.length - 1)]);
    const from = gradient[Math.min(i, gradient.length - 1)];
    if (sameAxes(kernel, part.kernel)) return carry(from, kernel);
    const same = positions(kernel) === positions(part.kernel);
    return carry(from, {
      ...uniformKernel(part.kernel.sizes, diagonal(kernel), kernel.far),
      ...(same ? { profile: kernel.profile } : {}),
    });
  });
}

const sameAxes = (a: Kernel, b: Kernel): boolean =>
  a.sizes.length === b.sizes.length && a.sizes.every((s, i) => s === b.sizes[i]);

export const reshapeRule: Rule<ReshapeNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    const reshaped = reshapeState(state, shape);
    if (reshaped) return [withScores(state, reshaped)];
    context.warn({
      code: "first-approximation",
      where: node.name,
      message: `${node.name} (${node.op}): [${state.shape.join(", ")}] → [${shape.join(", ")}] mixes positions and channels; their correlations are averaged`,
    });
    return [shapelessState(state, shape)];
  },
  backward(node, context, [gradient]) {
    if (gradient) addGradient(context, node.inputs[0], fitGradient(valueState(context, node.inputs[0]), gradient));
  },
};

const withScores = (from: State, to: State): State => ({
  ...to,
  ...(from.scores ? { scores: from.scores } : {}),
  ...(from.attention ? { attention: from.attention } : {}),
});

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
    const blank: State = {
      shape,
      layout: extent,
      parts: [{ ...mixParts(state), channels: 1, kernel: uniformKernel([], 0, 1) }],
    };
    const aligned = align(
      [state, { ...blank, layout: extent.map((factors) => factors.filter((f) => f.role !== "position")) }],
      shape,
    );
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
