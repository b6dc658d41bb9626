/** Nodes that pass their input on: identity, dropout, and what is not understood. */

import type { DropoutNode, IdentityNode, OpaqueNode } from "../../model/types.ts";
import { addGradient, type Context, carry, type Gradient, type Rule, stateOf, totalKernel } from "../context.ts";
import { scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { valueState } from "../state/fixed.ts";
import { initialLayout, reshapeState, shapelessState } from "../state/layout.ts";
import { mapParts } from "../state/state.ts";
import { fitGradient, shapeOf } from "./shape.ts";

const passBack = (
  node: IdentityNode | DropoutNode | OpaqueNode,
  context: Context,
  gradient: Gradient | null,
  factor: number,
): void => {
  if (!gradient) return;
  const passed = factor === 1 ? gradient : gradient.map((part) => carry(part, scaleKernel(totalKernel(part), factor)));
  addGradient(context, node.inputs[0], fitGradient(valueState(context, node.inputs[0]), passed));
};

export const identityRule: Rule<IdentityNode> = {
  forward: (node, context) => [{ ...valueState(context, node.inputs[0]) }],
  backward: (node, context, [gradient]) => passBack(node, context, gradient, 1),
};

/** Inverted dropout keeps the mean and multiplies every second moment of one element by 1/(1 − ratio) (Srivastava 2014). */
const dropoutFactor = (node: DropoutNode, context: Context): number =>
  context.mode === "train" ? 1 / (1 - Math.min(node.ratio, 0.999999)) : 1;

export const dropoutRule: Rule<DropoutNode> = {
  forward(node, context) {
    const factor = dropoutFactor(node, context);
    const state = valueState(context, node.inputs[0]);
    if (factor === 1) return [{ ...state }];
    return [
      mapParts(state, (part) => {
        const kernel = {
          ...part.kernel,
          lags: part.kernel.lags.map((c, i) => (i === (part.kernel.lags.length - 1) / 2 ? 1 : c / factor)),
          far: part.kernel.sizes.length === 0 ? 1 : part.kernel.far / factor,
        };
        return { ...part, kernel: scaleKernel(kernel, factor) };
      }),
    ];
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
        return state.shape.length === shape.length && state.shape.every((s, i) => s === shape[i])
          ? { ...state }
          : (reshapeState(state, shape) ?? shapelessState(state, shape));
      }
      const layout = initialLayout(shape, shape.length > 1 ? 0 : null, shape.length >= 4 ? "image" : "sequence");
      const sizes = layout.flat().flatMap((f) => (f.role === "position" ? [f.size] : []));
      const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
      return {
        shape,
        layout,
        parts: [
          {
            channels,
            mean: 0,
            kernel: uniformKernel(sizes, 1, 0),
            between: 0,
            cross: 0,
            spread: 0,
            freedom: Number.POSITIVE_INFINITY,
            shape: null,
          },
        ],
      };
    });
  },
  backward: (node, context, [gradient]) => {
    if (node.inputs.length > 0)
      passBack(
        { ...node, inputs: [node.inputs.find((n) => context.states.has(n)) ?? node.inputs[0]] },
        context,
        gradient,
        1,
      );
  },
};
