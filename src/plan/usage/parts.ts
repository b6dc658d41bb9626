/** Which parameters a node holds, and in which part. */

import type { Node } from "../../model/types.ts";

export type Part =
  | "weight"
  | "bias"
  | "table"
  | "input-weight"
  | "recurrent-weight"
  | "input-bias"
  | "recurrent-bias"
  | "scale"
  | "shift"
  | "running-mean"
  | "running-variance"
  | "slope"
  | "layer-scale"
  | "position"
  | "token"
  | "operand"
  | "counter"
  | "unknown";

export interface Slot {
  readonly parameter: string;
  readonly part: Part;
}

/** The parameters that a node names, each with its part. Operands of other nodes ("operand") are told apart later. */
export function slotsOf(node: Node): readonly Slot[] {
  const slots: Slot[] = [];
  const add = (parameter: string | null, part: Part) => {
    if (parameter !== null && parameter !== "") slots.push({ parameter, part });
  };
  switch (node.kind) {
    case "linear":
    case "conv":
      add(node.weight, "weight");
      add(node.bias, "bias");
      break;
    case "embedding":
      add(node.table, "table");
      break;
    case "recurrent":
      for (const direction of node.directions) {
        add(direction.inputWeight, "input-weight");
        add(direction.recurrentWeight, "recurrent-weight");
        add(direction.inputBias, "input-bias");
        add(direction.recurrentBias, "recurrent-bias");
      }
      for (const initial of node.initial) add(initial, "operand");
      break;
    case "activation":
      add(node.slope, "slope");
      break;
    case "normalize":
      add(node.scale, "scale");
      add(node.shift, "shift");
      add(node.mean, "running-mean");
      add(node.variance, "running-variance");
      break;
    default:
      for (const input of node.inputs) add(input, "operand");
  }
  return slots;
}
