/** The states that a model's inputs begin with. */

import type { ModelInput, Node } from "../model/types.ts";
import type { Context } from "./context.ts";
import { uniformKernel } from "./kernel/kernel.ts";
import { initialLayout, positionLayout, positionSizes } from "./state/layout.ts";
import type { State } from "./state/state.ts";

/**
 * Image-like when the first layer that reads it (through elementwise nodes) treats axis 1 as channels. Files that come from
 * TensorFlow keep channels last and transpose in front of the first convolution: then axis 1 there is the input's last.
 */
function orderOf(input: ModelInput, consumers: ReadonlyMap<string, readonly Node[]>): "image" | "sequence" {
  const seen = new Set<string>();
  // Where the input's last axis lies; null once a reshape has cut across the axes.
  let frontier: { readonly tensor: string; readonly last: number | null }[] = [
    { tensor: input.name, last: input.shape.length - 1 },
  ];
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { tensor, last } of frontier)
      for (const node of consumers.get(tensor) ?? []) {
        if (seen.has(node.name)) continue;
        seen.add(node.name);
        if (
          node.kind === "conv" ||
          node.kind === "pool" ||
          node.kind === "resize" ||
          (node.kind === "normalize" && node.method !== "layer" && node.method !== "rms")
        )
          return last === 1 && input.shape.length > 2 ? "sequence" : "image";
        if (node.kind === "linear" || node.kind === "recurrent" || node.kind === "matmul" || node.kind === "normalize")
          return "sequence";
        const moved = placeBehind(node, last);
        next.push(...node.outputs.map((output) => ({ tensor: output, last: moved })));
      }
    frontier = next;
  }
  return input.shape.length >= 4 ? "image" : "sequence";
}

function placeBehind(node: Node, last: number | null): number | null {
  if (last === null || node.kind === "reshape") return null;
  return node.kind === "transpose" ? node.permutation.indexOf(last) : last;
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
