/** Borders and resizing. */

import type { PadNode, ResizeNode } from "../../model/types.ts";
import { addGradient, carry, type Rule, stateOf, totalKernel } from "../context.ts";
import { diagonal, type Kernel, positions, product, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { averageKernel, averageTransposeKernel, type Window } from "../kernel/windows.ts";
import { valueState } from "../state/align.ts";
import { initialLayout } from "../state/layout.ts";
import { mixParts, type Part } from "../state/state.ts";
import { dropUnits, imageKernel, imageLayout, ontoState } from "./conv.ts";
import { shapeOf } from "./shape.ts";

export const padRule: Rule<PadNode> = {
  forward(node, context) {
    const state = valueState(context, node.inputs[0]);
    const shape = shapeOf(context, node.outputs[0]);
    if (node.pads.every((p) => p === 0)) return [{ ...state }];
    const rank = shape.length;
    const spatialOnly =
      rank >= 3 && node.pads[0] === 0 && node.pads[1] === 0 && node.pads[rank] === 0 && node.pads[rank + 1] === 0;
    if (!spatialOnly || node.mode !== "constant" || node.value !== 0) {
      context.warn({
        code: "first-approximation",
        where: node.name,
        message: `${node.name} (${node.op}, ${node.mode}): the border is taken to look like the interior`,
      });
      const stretched = initialLayout(
        shape,
        state.layout[0]?.some((f) => f.role === "batch") ? 0 : null,
        rank >= 3 ? "image" : "sequence",
      );
      const part = mixParts(state);
      const sizes = stretched.flat().flatMap((f) => (f.role === "position" ? [f.size] : []));
      const channels = stretched.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
      return [
        {
          shape,
          layout: stretched,
          parts: [{ ...part, channels, kernel: uniformKernel(sizes, diagonal(part.kernel), part.kernel.far) }],
        },
      ];
    }
    const begins = node.pads.slice(2, rank);
    const share = product(state.shape.slice(2)) / product(shape.slice(2));
    const parts = state.parts.map(
      (part): Part => ({
        ...part,
        mean: part.mean * share,
        kernel: dropUnits(padded(imageKernel(state, part), begins, shape.slice(2))),
        between: part.between * share,
        cross: part.cross * share,
      }),
    );
    return [{ shape, layout: imageLayout(shape, state.layout[0]?.some((f) => f.role === "batch") ?? false), parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = valueState(context, node.inputs[0]);
    addGradient(
      context,
      node.inputs[0],
      state.parts.map((part, i) => {
        const from = gradient[Math.min(i, gradient.length - 1)];
        return carry(from, uniformKernel(part.kernel.sizes, diagonal(totalKernel(from)), totalKernel(from).far));
      }),
    );
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
    if (node.mode !== "nearest")
      context.warn({
        code: "first-approximation",
        where: node.name,
        message: `${node.name} (${node.op}, ${node.mode}): taken as nearest-neighbour resizing`,
      });
    const sizes = shape.slice(2);
    const parts = state.parts.map((part): Part => {
      const kernel = imageKernel(state, part);
      const window = resizeWindow(node, up);
      const taps = product(window.kernel);
      const resized = up
        ? scaleKernel(averageTransposeKernel(kernel, window, sizes), taps * taps)
        : averageKernel(kernel, { ...window, kernel: window.kernel.map(() => 1) }, sizes, false);
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
    addGradient(
      context,
      node.inputs[0],
      state.parts.map((_, i) => {
        const outgoing = imageKernel(out, { ...out.parts[i], kernel: totalKernel(gradient[i]) });
        const back = up
          ? scaleKernel(averageKernel(outgoing, window, state.shape.slice(2), false), taps * taps)
          : averageTransposeKernel(outgoing, { ...window, kernel: window.kernel.map(() => 1) }, state.shape.slice(2));
        return carry(gradient[i], ontoState(state, back));
      }),
    );
  },
};
