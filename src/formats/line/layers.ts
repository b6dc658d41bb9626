/** The layers of an architecture line that are not windows: dense, normalization, activation, the rest. */

import { activationReference } from "../../activation/index.ts";
import { addNode, addParameter, type Draft, type Flow, nextName } from "./draft.ts";
import { lineError, type Token } from "./scan.ts";
import type { Operation } from "./syntax.ts";

interface Dense {
  readonly name: string;
  readonly units: number;
  readonly bias: boolean;
}

/** Acts on the last axis. */
export function addLinear(draft: Draft, flow: Flow, { name, units, bias }: Dense, token: Token): Flow {
  const weight = addParameter(draft, `${name}.weight`, [units, flow.shape.at(-1) ?? 1], "weight", token);
  const added = bias ? addParameter(draft, `${name}.bias`, [units], "bias", token) : null;
  return addNode(
    draft,
    {
      kind: "linear",
      name,
      op: "Gemm",
      weight,
      bias: added,
      layout: "out-in",
      scale: 1,
      inputs: [flow.tensor],
      outputs: [name],
    },
    [...flow.shape.slice(0, -1), units],
    token,
  );
}

/** Vectors and sequences (positions x features); maps are flattened first. */
export function addDense(draft: Draft, flow: Flow, dense: Extract<Operation, { kind: "dense" }>, token: Token): Flow {
  if (flow.shape.length > 2) {
    throw lineError(token, `"flatten" before dense units (the map is ${flow.shape.join("x")})`);
  }
  return addLinear(draft, flow, { ...dense, name: nextName(draft, "fc") }, token);
}

const NORMALIZATION = {
  batch: { name: "bn", op: "BatchNormalization" },
  layer: { name: "ln", op: "LayerNormalization" },
  group: { name: "gn", op: "GroupNormalization" },
  instance: { name: "in", op: "InstanceNormalization" },
  rms: { name: "rms", op: "RMSNormalization" },
} as const;

/** PyTorch's default for all of them. */
const EPSILON = 1e-5;

type Normalize = Extract<Operation, { kind: "normalize" }>;

/** What is averaged over, with the batch as axis 0: features of a position for layer and rms, else all but the channels. */
function normalizedAxes(method: Normalize["method"], shape: readonly number[]): number[] {
  const rank = shape.length + 1;
  if (method === "batch") return [0, ...shape.slice(1).map((_, i) => i + 2)];
  if (method === "instance") return shape.slice(1).map((_, i) => i + 2);
  if (method === "group") return shape.map((_, i) => i + 1);
  return rank <= 3 ? [rank - 1] : shape.map((_, i) => i + 1);
}

export function addNormalize(draft: Draft, flow: Flow, { method, groups }: Normalize, token: Token): Flow {
  const channels = flow.shape[0] ?? 1;
  if (channels % groups !== 0) throw lineError(token, `groups that divide the ${channels} channels, not ${groups},`);
  if (method === "instance" && flow.shape.length < 2) throw lineError(token, "instancenorm only on a map");
  const named = NORMALIZATION[method];
  const name = nextName(draft, named.name);
  const axes = normalizedAxes(method, flow.shape);
  const affine = method === "layer" || method === "rms" ? axes.map((axis) => flow.shape[axis - 1]!) : [channels];
  const add = (part: string, role: "scale" | "shift" | "statistic") =>
    addParameter(draft, `${name}.${part}`, affine, role, token);
  const scale = add("weight", "scale");
  const shift = method === "rms" ? null : add("bias", "shift");
  const mean = method === "batch" ? add("running_mean", "statistic") : null;
  const variance = method === "batch" ? add("running_var", "statistic") : null;
  return addNode(
    draft,
    {
      kind: "normalize",
      name,
      op: named.op,
      method,
      axes,
      groups,
      epsilon: EPSILON,
      scale,
      shift,
      mean,
      variance,
      training: true,
      inputs: [flow.tensor],
      outputs: [name],
    },
    flow.shape,
    token,
  );
}

export function addActivation(draft: Draft, flow: Flow, text: string, token: Token): Flow {
  let activation: ReturnType<typeof activationReference>;
  try {
    activation = activationReference(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw lineError(token, `a layer or an activation (${why.replace(/^activation:? /, "")})`);
  }
  const kind = activation.kind === "named" ? activation.name : "activation";
  const name = nextName(draft, kind);
  const slope = kind === "prelu" ? addParameter(draft, `${name}.weight`, [1], "other", token) : null;
  return addNode(
    draft,
    { kind: "activation", name, op: kind, activation, slope, inputs: [flow.tensor], outputs: [name] },
    flow.shape,
    token,
  );
}

export function addSoftmax(draft: Draft, flow: Flow, log: boolean, token: Token): Flow {
  const name = nextName(draft, log ? "logsoftmax" : "softmax");
  // Classes are the features of vectors and sequences, the channels of maps.
  const axis = flow.shape.length <= 2 ? flow.shape.length : 1;
  const op = log ? "LogSoftmax" : "Softmax";
  return addNode(
    draft,
    { kind: "softmax", name, op, axis, log, inputs: [flow.tensor], outputs: [name] },
    flow.shape,
    token,
  );
}

export function addFlatten(draft: Draft, flow: Flow, token: Token): Flow {
  const size = flow.shape.reduce((product, axis) => product * axis, 1);
  const name = nextName(draft, "flatten");
  const shape = [draft.batch, size];
  return addNode(
    draft,
    { kind: "reshape", name, op: "Flatten", shape, inputs: [flow.tensor], outputs: [name] },
    [size],
    token,
  );
}

export function addDropout(draft: Draft, flow: Flow, ratio: number, token: Token): Flow {
  const name = nextName(draft, "dropout");
  return addNode(
    draft,
    { kind: "dropout", name, op: "Dropout", ratio, inputs: [flow.tensor], outputs: [name] },
    flow.shape,
    token,
  );
}
