/** The states that a model's inputs begin with. */

import type { ModelInput, Node } from "../model/types.ts";
import type { Context } from "./context.ts";
import { uniformKernel } from "./kernel/kernel.ts";
import { initialLayout, positionLayout, positionSizes } from "./state/layout.ts";
import type { State } from "./state/state.ts";

/** Image-like when the first layer that reads it (through elementwise nodes) treats axis 1 as channels. */
function orderOf(input: ModelInput, consumers: ReadonlyMap<string, readonly Node[]>): "image" | "sequence" {
  const seen = new Set<string>();
  let frontier = [input.name];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const tensor of frontier)
      for (const node of consumers.get(tensor) ?? []) {
        if (seen.has(node.name)) continue;
        seen.add(node.name);
        if (
          node.kind === "conv" ||
          node.kind === "pool" ||
          node.kind === "resize" ||
          (node.kind === "normalize" && node.method !== "layer" && node.method !== "rms")
        )
          return "image";
        if (node.kind === "linear" || node.kind === "recurrent" || node.kind === "matmul" || node.kind === "normalize")
          return "sequence";
        next.push(...node.outputs);
      }
    frontier = next;
  }
  return input.shape.length >= 4 ? "image" : "sequence";
}

export function inputState(input: ModelInput, context: Context): State {
  const batchAxis = input.batchAxis;
  if (input.vocabulary !== null) {
    const layout = positionLayout(input.shape, batchAxis);
    const level = input.vocabulary ** 2 / 3;
    return {
      shape: input.shape,
      layout,
      parts: [
        {
          channels: 1,
          mean: (input.vocabulary - 1) / 2,
          kernel: uniformKernel(positionSizes(layout), level, 0.75),
          between: level,
          cross: level * 0.75,
          spread: 0,
          freedom: Number.POSITIVE_INFINITY,
          shape: null,
        },
      ],
    };
  }
  const layout = initialLayout(input.shape, batchAxis, orderOf(input, context.consumers));
  const square = context.inputMean * context.inputMean;
  const level = square + context.inputVariance;
  const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
  return {
    shape: input.shape,
    layout,
    parts: [
      {
        channels,
        mean: context.inputMean,
        kernel: uniformKernel(positionSizes(layout), level, level === 0 ? 0 : square / level),
        between: square,
        cross: square,
        spread: 0,
        freedom: Number.POSITIVE_INFINITY,
        shape: null,
      },
    ],
  };
}
