/** LSTM, GRU, SimpleRNN, one or two directions. Kernels are stored [features, gates·units]. */

import type { RecurrentDirection, RecurrentNode } from "../../../model/types.ts";
import { flagAt, type JsonObject, objectAt, sizeAt, textAt } from "../config.ts";
import { addNode, addParameter, type Flow, flowLast, lastOf } from "../draft.ts";
import { gateName } from "./activation.ts";
import { type Call, isKeras3, type Lower, NotUnderstood, onlyInput } from "./call.ts";

interface Cell {
  readonly cell: RecurrentNode["cell"];
  /** In the order of Keras's kernels. */
  readonly gates: readonly string[];
}

const CELLS: Readonly<Record<string, Cell>> = {
  LSTM: { cell: "lstm", gates: ["i", "f", "g", "o"] },
  GRU: { cell: "gru", gates: ["z", "r", "n"] },
  SimpleRNN: { cell: "rnn", gates: ["h"] },
};

const TURNED = { permutation: [1, 0] };

const isResetAfter = ({ kind, where }: Call, config: JsonObject): boolean =>
  kind === "GRU" && flagAt(config, "reset_after", where, false);

function addDirection(
  call: Call,
  prefix: string,
  config: JsonObject,
  features: number,
  reverse: boolean,
): RecurrentDirection {
  const { draft, where } = call;
  const { gates } = cellOf(call.kind);
  const hidden = sizeAt(config, "units", where);
  const rows = gates.length * hidden;
  const inputWeight = addParameter(draft, `${prefix}/kernel`, [rows, features], "weight", TURNED);
  const recurrentWeight = addParameter(draft, `${prefix}/recurrent_kernel`, [rows, hidden], "recurrent", TURNED);
  const direction = { inputWeight, recurrentWeight, reverse };
  if (!flagAt(config, "use_bias", where, true)) return { ...direction, inputBias: null, recurrentBias: null };
  const variable = `${prefix}/bias`;
  if (!isResetAfter(call, config))
    return { ...direction, inputBias: addParameter(draft, variable, [rows], "bias"), recurrentBias: null };
  // One variable of two rows: the second is added inside the reset gate.
  const bias = (name: string, index: number) =>
    addParameter(draft, `${prefix}/${name}`, [rows], "bias", { row: { variable, index, count: 2 } });
  return { ...direction, inputBias: bias("bias", 0), recurrentBias: bias("recurrent_bias", 1) };
}

function cellOf(kind: string): Cell {
  const cell = Object.hasOwn(CELLS, kind) ? CELLS[kind] : undefined;
  if (cell === undefined) throw new NotUnderstood(`it holds a ${kind}`);
  return cell;
}

interface Recurrence {
  readonly config: JsonObject;
  readonly directions: readonly RecurrentDirection[];
  /** How directions are merged. */
  readonly merge: string;
}

function addRecurrence(call: Call, flow: Flow, { config, directions, merge }: Recurrence): Flow {
  const { draft, name, kind, where } = call;
  const { cell, gates } = cellOf(kind);
  const [batch = 1, time = 1] = flow.shape;
  const hidden = sizeAt(config, "units", where);
  const keras3 = isKeras3({ ...call, config });
  const candidate = gateName(config, "activation", "tanh", keras3);
  const gate = cell === "rnn" ? [] : [gateName(config, "recurrent_activation", "sigmoid", keras3)];
  const activations = [...gate, candidate, ...(cell === "lstm" ? [candidate] : [])];
  const resetAfter = isResetAfter(call, config);
  const count = directions.length;
  const sequence = flagAt(config, "return_sequences", where, false);
  const own = `${name}/states`;
  const outputs = sequence ? [own, ""] : ["", own];
  const shape = sequence ? [batch, time, count, hidden] : [batch, count, hidden];
  const node: RecurrentNode = {
    kind: "recurrent",
    name: own,
    op: kind,
    cell,
    hidden,
    gates,
    directions,
    timeAxis: 1,
    activations,
    resetAfter,
    initial: cell === "lstm" ? [null, null] : [null],
    inputs: [lastOf(draft, flow)],
    outputs,
  };
  addNode(draft, node, ...(sequence ? [shape] : [[], shape]));
  const before = shape.slice(0, -2);
  if (count === 1 || merge === "concat") {
    const flat = [...before, count * hidden];
    const reshape = { kind: "reshape", name, op: kind, shape: flat, inputs: [own], outputs: [name] } as const;
    return flowLast(addNode(draft, reshape, flat), flat);
  }
  const methods = { sum: "sum", ave: "mean", mul: "product" } as const;
  const method = Object.entries(methods).find(([mode]) => mode === merge)?.[1];
  if (method === undefined) throw new NotUnderstood(`its directions are merged by ${merge}`);
  const merged = [...before, hidden];
  const reduce = { kind: "reduce", name, op: kind, method, axes: [before.length], keepAxes: false } as const;
  return flowLast(addNode(draft, { ...reduce, inputs: [own], outputs: [name] }, merged), merged);
}

const recurrent: Lower = (call) => {
  const flow = onlyInput(call);
  const { config, where } = call;
  const backwards = flagAt(config, "go_backwards", where, false);
  if (backwards && flagAt(config, "return_sequences", where, false))
    throw new NotUnderstood("it returns a sequence backwards");
  const direction = addDirection(call, call.layer, config, flow.shape.at(-1) ?? 1, backwards);
  return addRecurrence(call, flow, { config, directions: [direction], merge: "concat" });
};

const bidirectional: Lower = (call) => {
  const flow = onlyInput(call);
  const { config, where, layer } = call;
  const inner = objectAt(config, "layer", where);
  const kind = textAt(inner, "class_name", where);
  const innerConfig = objectAt(inner, "config", where);
  const name = textAt(innerConfig, "name", where, kind.toLowerCase());
  const inside = { ...call, kind };
  const features = flow.shape.at(-1) ?? 1;
  const plain = name.replace(/^forward_/, "");
  const directions = [
    addDirection(inside, `${layer}/forward_${plain}`, innerConfig, features, false),
    addDirection(inside, `${layer}/backward_${plain}`, innerConfig, features, true),
  ];
  const merge = config.merge_mode === null ? "nothing" : textAt(config, "merge_mode", where, "concat");
  return addRecurrence(inside, flow, { config: innerConfig, directions, merge });
};

export const RECURRENT: Readonly<Record<string, Lower>> = {
  LSTM: recurrent,
  GRU: recurrent,
  SimpleRNN: recurrent,
  Bidirectional: bidirectional,
};
