/** Joining tensors and taking runs of indices out of them. */

import type { ConcatNode, GatherNode, SliceNode, SplitNode } from "../../model/types.ts";
import { addGradient, type Context, type Rule, stateOf } from "../context.ts";
import { diagonal } from "../kernel/kernel.ts";
import { fixedState, valueState } from "../state/fixed.ts";
import { concatStates, splitGradient } from "../state/joins.ts";
import { jointKernel } from "../state/joint.ts";
import { canonicalize } from "../state/layout.ts";
import { sliceState, ungatherKernel } from "../state/slices.ts";
import { normalizeAxis, type State } from "../state/state.ts";
import { fitGradient, shapeOf } from "./shape.ts";

/** More pieces than this are few of any one kind, and their pairs many. */
const PIECES = 32;

/** E[a a'] of two pieces of a sequence that is put together of single steps, averaged over pairs; null: as their means have it. */
function acrossPieces(node: ConcatNode, context: Context): number | null {
  const pieces = node.inputs;
  if (pieces.length > PIECES || pieces.some((name) => context.states.get(name)?.parts.length !== 1)) return null;
  let sum = 0;
  for (let i = 0; i < pieces.length; i++)
    for (let j = 0; j < i; j++) {
      const joint = jointKernel(context, pieces[i], pieces[j]);
      const [a, b] = [i, j].map((k) => stateOf(context, pieces[k]).parts[0].mean);
      sum += joint === null || joint === "unknown" ? a * b : diagonal(joint);
    }
  return (2 * sum) / (pieces.length * (pieces.length - 1));
}

export const concatRule: Rule<ConcatNode> = {
  forward(node, context) {
    const flowing = node.inputs.find((name) => context.states.has(name));
    const like = flowing ? stateOf(context, flowing) : null;
    const states = node.inputs.map((name) => canonicalize(context.states.get(name) ?? fixedState(context, name, like)));
    const axis = normalizeAxis(node.axis, states[0].shape.length);
    return [concatStates(states, axis, shapeOf(context, node.outputs[0]), () => acrossPieces(node, context))];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const flowing = node.inputs.find((name) => context.states.has(name));
    const like = flowing ? stateOf(context, flowing) : null;
    const states = node.inputs.map((name) => canonicalize(context.states.get(name) ?? fixedState(context, name, like)));
    const out = stateOf(context, node.outputs[0]);
    const pieces = splitGradient(states, normalizeAxis(node.axis, out.shape.length), out, gradient);
    node.inputs.forEach((name, i) => {
      addGradient(context, name, fitGradient(states[i], pieces[i]));
    });
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
      if (gradient)
        addGradient(context, node.inputs[0], ungatherKernel(state, [{ axis, start, count, step: 1 }], gradient));
      start += count;
    });
  },
};

export const sliceRule: Rule<SliceNode> = {
  forward: (node, context) => [
    {
      ...sliceState(canonicalize(valueState(context, node.inputs[0])), node.ranges),
      shape: shapeOf(context, node.outputs[0]),
    },
  ],
  backward(node, context, [gradient]) {
    if (gradient)
      addGradient(
        context,
        node.inputs[0],
        ungatherKernel(canonicalize(valueState(context, node.inputs[0])), node.ranges, gradient),
      );
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
