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
import { broadcastAxes, thinned } from "../kernel/axes.ts";
import { diagonal, type Kernel, positions, uniformKernel } from "../kernel/kernel.ts";
import { gradientOnto } from "../state/align.ts";
import { valueState } from "../state/fixed.ts";
import { canonicalize, reshapeState, shapelessState, transposeState } from "../state/layout.ts";
import { asImage } from "../state/promote.ts";
import { type Factor, mixParts, type Part, type State } from "../state/state.ts";

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
    const steps = part.kernel.sizes.map((size, axis) => (kernel.sizes[axis] ?? 0) / size);
    if (kernel.sizes.length === steps.length && steps.every((n) => Number.isInteger(n) && n > 0))
      return carry(from, thinned(kernel, steps));
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
    if (reshaped) return [withScores(state, asImage(context, node.outputs[0], reshaped))];
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
  forward: (node, context) => [
    asImage(context, node.outputs[0], transposeState(valueState(context, node.inputs[0]), node.permutation)),
  ],
  backward(node, context, [gradient]) {
    if (gradient) addGradient(context, node.inputs[0], fitGradient(valueState(context, node.inputs[0]), gradient));
  },
};

/**
 * A repeated axis in front of positions and channels repeats channels (heads that share a key), and so does the last one where
 * there are none (a norm laid over its features); elsewhere it repeats positions, or samples of a constant.
 */
function expandState(state: State, shape: readonly number[], flows: boolean): State {
  const lead = shape.length - state.shape.length;
  const grown = (axis: number) => shape[axis] > 1 && (axis < lead || state.shape[axis - lead] === 1);
  const from: (number | null)[] = [];
  const sizes: number[] = [];
  let copies = 1;
  const kept = state.layout.map((factors) => new Set(factors.map((f) => f.role)));
  const behind = (axis: number, role: Factor["role"]) => kept.some((roles, i) => i + lead > axis && roles.has(role));
  let before: Factor["role"] | null = null;
  const layout = shape.map((size, axis): Factor[] => {
    if (!grown(axis)) {
      const own = (state.layout[axis - lead] ?? []).map((f): Factor => {
        if (f.role !== "position") return f;
        from.push(f.dim);
        sizes.push(f.size);
        return { ...f, dim: sizes.length - 1 };
      });
      before = own.at(-1)?.role ?? before;
      return own;
    }
    if (axis === 0 && !flows) return [{ role: "batch", size }];
    const features = axis === shape.length - 1 && !kept.some((roles) => roles.has("channel"));
    if (features || (behind(axis, "channel") && (before === "channel" || behind(axis, "position")))) {
      copies *= size;
      return [{ role: "channel", size }];
    }
    from.push(null);
    sizes.push(size);
    return [{ role: "position", size, dim: sizes.length - 1 }];
  });
  const source = copies > 1 ? [mixParts(state)] : state.parts;
  const parts = source.map((part): Part => {
    const kernel = broadcastAxes(part.kernel, sizes, from);
    if (copies === 1) return { ...part, kernel };
    const channels = part.channels * copies;
    const between =
      ((copies - 1) * diagonal(part.kernel) + (channels - copies) * part.between) / Math.max(1, channels - 1);
    return { ...part, channels, kernel, between };
  });
  return { shape, layout, parts };
}

export const expandRule: Rule<ExpandNode> = {
  forward: (node, context) => [
    expandState(
      canonicalize(valueState(context, node.inputs[0])),
      shapeOf(context, node.outputs[0]),
      context.states.has(node.inputs[0]),
    ),
  ],
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const aligned = { shape: out.shape, layout: out.layout, operands: [out.parts] };
    addGradient(context, node.inputs[0], gradientOnto(state, aligned, gradient));
  },
};
