/** Architecture line → Model. */

import type { Model } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { addNode, createDraft, type Draft, type Flow, nextName } from "./draft.ts";
import { addActivation, addDense, addDropout, addFlatten, addNormalize, addSoftmax } from "./layers.ts";
import { parseLine } from "./parse.ts";
import { lineError, type Token } from "./scan.ts";
import { addAttention, addLast, addRecurrent } from "./sequence.ts";
import type { Item, Operation, Step } from "./syntax.ts";
import { addConv, addGlobalPool, addPool } from "./windows.ts";

function addResidual(draft: Draft, flow: Flow, block: Extract<Operation, { kind: "residual" }>, token: Token): Flow {
  const branch = addSteps(draft, flow, block.body);
  const skip = addSteps(draft, flow, block.skip);
  if (branch.shape.join("x") !== skip.shape.join("x")) {
    throw lineError(
      token,
      `a block whose branches agree (they end as ${branch.shape.join("x")} and ${skip.shape.join("x")}; bring the skip along as [ … | … ])`,
    );
  }
  const name = nextName(draft, "add");
  const inputs = [branch.tensor, skip.tensor];
  return addNode(
    draft,
    { kind: "combine", name, op: "Add", operation: "add", inputs, outputs: [name] },
    branch.shape,
    token,
  );
}

function addItem(draft: Draft, flow: Flow, { operation, token }: Item): Flow {
  switch (operation.kind) {
    case "dense":
      return addDense(draft, flow, operation, token);
    case "conv":
      return addConv(draft, flow, operation, token);
    case "pool":
      return addPool(draft, flow, operation, token);
    case "global-pool":
      return addGlobalPool(draft, flow, operation.method, token);
    case "normalize":
      return addNormalize(draft, flow, operation, token);
    case "attention":
      return addAttention(draft, flow, operation, token);
    case "recurrent":
      return addRecurrent(draft, flow, operation, token);
    case "last":
      return addLast(draft, flow, token);
    case "flatten":
      return addFlatten(draft, flow, token);
    case "dropout":
      return addDropout(draft, flow, operation.ratio, token);
    case "softmax":
      return addSoftmax(draft, flow, operation.log, token);
    case "activation":
      return addActivation(draft, flow, operation.text, token);
    case "residual":
      return addResidual(draft, flow, operation, token);
  }
}

function addSteps(draft: Draft, start: Flow, steps: readonly Step[]): Flow {
  let flow = start;
  for (const { items, times } of steps) {
    for (let i = 0; i < times; i++) {
      for (const item of items) flow = addItem(draft, flow, item);
    }
  }
  return flow;
}

/** Samples at once; a guard, as for every size. */
const MAX_BATCH = 2 ** 20;

/**
 * A model from a line of text: the shape of one sample, then layers between ">" (docs/architecture-line.md).
 *
 * Parameters bear PyTorch's names by kind and number (`fc1.weight`, `conv1.bias`, `bn1.running_mean`) and have shapes
 * but no values.
 *
 * @throws FormatError with the column and what was expected there
 * @example readLine("784 > 256 logistic > 10 softmax").parameters.get("fc1.weight")?.shape // [256, 784]
 * @example readLine("1x28x28 > conv 6 5x5 pad 2 tanh > avgpool 2 > flatten > 10")
 * @example readLine("64 > [ 64 relu > 64 ] x10 > 10")
 */
export function readLine(line: string, { batch = 1 }: { readonly batch?: number } = {}): Model {
  if (!Number.isSafeInteger(batch) || batch < 1 || batch > MAX_BATCH) {
    throw new FormatError(`architecture line: a batch is a whole number from 1 to ${MAX_BATCH}, got ${batch}`);
  }
  const { input, steps } = parseLine(line);
  const draft = createDraft(batch);
  const shape = [batch, ...input];
  draft.tensors.set("input", { shape, dtype: "f32" });
  const output = addSteps(draft, { tensor: "input", shape: input }, steps);
  return {
    format: "line",
    name: line.trim().replace(/\s+/g, " "),
    batch,
    inputs: [{ name: "input", shape, dtype: "f32", batchAxis: 0, vocabulary: null }],
    outputs: [output.tensor],
    nodes: draft.nodes,
    tensors: draft.tensors,
    parameters: draft.parameters,
    constants: new Map(),
    unsupported: [],
    notes: [],
    read: () => null,
  };
}
