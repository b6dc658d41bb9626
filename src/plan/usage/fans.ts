/** Fans of a parameter from the node that uses it, by every convention (see `fans` in init for what each counts). */

import type { FanOptions } from "../../init/index.ts";
import { fans } from "../../init/index.ts";
import type { Fans } from "../../init/types.ts";
import type { ConvNode, LinearNode, Node } from "../../model/types.ts";

export interface FanConventions {
  /** Products that enter one output value, and output values that one input value enters: what a plan shows. */
  readonly true: Fans;
  readonly torch: Fans;
  readonly keras: Fans;
}

const alike = (one: Fans): FanConventions => ({ true: one, torch: one, keras: one });

function conventions(shape: readonly number[], options: FanOptions): FanConventions {
  const by = (convention: FanOptions["convention"]) => fans(shape, { ...options, convention });
  return { true: by("true"), torch: by("torch"), keras: by("keras") };
}

/** Of a matrix: [out, in] or [in, out], which all conventions count alike; a vector counts as one output. */
export function matrixFans(shape: readonly number[], layout: LinearNode["layout"]): FanConventions {
  if (shape.length < 2) return alike({ fanIn: shape[0] ?? 1, fanOut: 1 });
  return alike(fans(shape, { op: "dense", layout }));
}

export function isDepthwise(node: ConvNode, shape: readonly number[]): boolean {
  return node.groups > 1 && !node.transposed && shape[1] === 1;
}

/** Of a kernel in PyTorch's layout. */
export function convFans(shape: readonly number[], node: ConvNode): FanConventions {
  const op = node.transposed ? "conv-transpose" : isDepthwise(node, shape) ? "depthwise-conv" : "conv";
  return conventions(shape, { op, groups: node.groups, strides: node.strides });
}

/** Of one gate's block of a recurrent matrix [gates·hidden, in]; only Keras draws the gates as one matrix. */
export function recurrentFans(shape: readonly number[], gates: number): FanConventions {
  const { true: one, keras } = conventions(shape, { op: "recurrent", parts: gates });
  return { true: one, torch: one, keras };
}

/** Of a table [entries, features]: one entry is taken, so one product enters each output. */
export function tableFans(shape: readonly number[]): FanConventions {
  return shape.length < 2 ? alike({ fanIn: 1, fanOut: shape[0] ?? 1 }) : conventions(shape, { op: "embedding" });
}

export const noFans: FanConventions = alike({ fanIn: 1, fanOut: 1 });

/** The fans of a weight that `node` multiplies by. */
export function weightFans(shape: readonly number[], node: Node): FanConventions {
  switch (node.kind) {
    case "linear":
      return matrixFans(shape, node.layout);
    case "conv":
      return convFans(shape, node);
    case "embedding":
      return tableFans(shape);
    case "recurrent":
      return recurrentFans(shape, node.gates.length);
    default:
      return noFans;
  }
}
