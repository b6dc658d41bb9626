/** Dense and Embedding. */

import { flagAt, sizeAt } from "../config.ts";
import { addNode, addParameter, flowLast, lastOf } from "../draft.ts";
import { type Lower, onlyInput, ownName, withActivation } from "./call.ts";

const dense: Lower = (call) => {
  const { draft, layer, config, where } = call;
  const flow = onlyInput(call);
  const units = sizeAt(config, "units", where);
  const features = flow.shape.at(-1) ?? 1;
  const weight = addParameter(draft, `${layer}/kernel`, [features, units], "weight");
  const bias = flagAt(config, "use_bias", where, true) ? addParameter(draft, `${layer}/bias`, [units], "bias") : null;
  const name = ownName(call);
  const shape = [...flow.shape.slice(0, -1), units];
  const inputs = [lastOf(draft, flow)];
  const node = { kind: "linear", name, op: "Dense", weight, bias, layout: "in-out", scale: 1 } as const;
  return withActivation(call, flowLast(addNode(draft, { ...node, inputs, outputs: [name] }, shape), shape));
};

const embedding: Lower = (call) => {
  const { draft, layer, config, where, name } = call;
  const flow = onlyInput(call);
  const vocabulary = sizeAt(config, "input_dim", where);
  const features = sizeAt(config, "output_dim", where);
  const table = addParameter(draft, `${layer}/embeddings`, [vocabulary, features], "embedding");
  const shape = [...flow.shape, features];
  const tensor = lastOf(draft, flow);
  const at = draft.inputs.findIndex((input) => input.name === tensor);
  const input = draft.inputs[at];
  if (input !== undefined) {
    draft.inputs[at] = { ...input, dtype: "i32", vocabulary };
    draft.tensors.set(tensor, { shape: input.shape, dtype: "i32" });
  }
  const node = { kind: "embedding", name, op: "Embedding", table, inputs: [tensor], outputs: [name] } as const;
  return flowLast(addNode(draft, node, shape), shape);
};

export const DENSE: Readonly<Record<string, Lower>> = { Dense: dense, Embedding: embedding };
