/** LSTM, GRU and RNN, with weights packed by the exporter or put together in the graph. */

import type { RecurrentDirection, RecurrentNode } from "../../../model/types.ts";
import {
  type Context,
  define,
  input,
  intAttribute,
  type Lower,
  type Operation,
  operand,
  optional,
  outputName,
  type Value,
} from "../context.ts";
import { CELLS, type CellKind, directionsOf, parameterGates, partName } from "../packed.ts";
import { NotUnderstood } from "../shape.ts";

/** Rows start … start + count − 1 of a parameter. */
interface Rows {
  readonly parameter: string;
  readonly start: number;
  readonly count: number;
}

interface Stack {
  /** The rows lie along axis 1, one entry a direction along axis 0. */
  readonly stacked: boolean;
  readonly directions: readonly (readonly Rows[])[];
}

function sliceRows(rows: readonly Rows[], start: number, count: number): Rows[] {
  const out: Rows[] = [];
  let at = 0;
  for (const part of rows) {
    const from = Math.max(start, at);
    const to = Math.min(start + count, at + part.count);
    if (to > from) out.push({ parameter: part.parameter, start: part.start + from - at, count: to - from });
    at += part.count;
  }
  return out;
}

/** Which rows of which parameters a computed matrix consists of; null where it is not such a rearrangement. */
function trace(context: Context, name: string, depth = 0): Stack | null {
  const parameter = context.parameters.get(name);
  if (parameter) {
    return { stacked: false, directions: [[{ parameter: name, start: 0, count: parameter.shape[0] }]] };
  }
  const node = context.producers.get(name);
  // Gates, biases and directions nest six operators deep.
  if (!node || depth > 16) return null;
  const parts = node.inputs.map((part) => trace(context, part, depth + 1));
  const stacks = parts.filter((part) => part !== null);
  const [first] = stacks;
  if (!first || stacks.length !== parts.length) return null;
  if (node.kind === "identity") return first;
  if (node.kind === "reshape" && node.shape[0] === 1 && !first.stacked) return { ...first, stacked: true };
  if (node.kind === "slice" && node.ranges.length === 1 && !first.stacked) {
    const [{ axis, start, count, step }] = node.ranges;
    if (axis !== 0 || step !== 1) return null;
    return { stacked: false, directions: [sliceRows(first.directions[0], start, count)] };
  }
  if (node.kind === "concat" && node.axis === 0 && stacks.every((stack) => stack.stacked === first.stacked)) {
    const all = stacks.flatMap((stack) => stack.directions);
    return first.stacked ? { stacked: true, directions: all } : { stacked: false, directions: [all.flat()] };
  }
  return null;
}

interface Block {
  readonly parameter: string;
  /** Where each stored gate lies in the parameter, in units of gates. */
  readonly order: readonly number[];
}

/** Rows as whole gates of one parameter; for a bias first the input's, then the recurrent's. */
function blocksOf(rows: readonly Rows[], hidden: number, gateCount: number): Block[] {
  const total = rows.reduce((sum, part) => sum + part.count, 0);
  const blocks: Block[] = [];
  for (let at = 0; at < total; at += hidden * gateCount) {
    const order: number[] = [];
    let parameter = "";
    for (let gate = 0; gate < gateCount; gate++) {
      const [piece, ...rest] = sliceRows(rows, at + gate * hidden, hidden);
      if (!piece || rest.length > 0 || piece.count !== hidden || piece.start % hidden !== 0) {
        throw new NotUnderstood("its gates are not whole rows of its parameters");
      }
      if (gate > 0 && piece.parameter !== parameter)
        throw new NotUnderstood("its gates come from different parameters");
      parameter = piece.parameter;
      order.push(piece.start / hidden);
    }
    blocks.push({ parameter, order });
  }
  return blocks;
}

interface Weights {
  readonly directions: RecurrentDirection[];
  readonly gates: string[];
}

function tracedWeights(operation: Operation, kind: CellKind, hidden: number): Weights {
  const { context, node } = operation;
  const gateCount = kind.gates.length;
  const reverses = directionsOf(node);
  const stackOf = (slot: number): Stack => {
    const stack = trace(context, input(operation, slot).name);
    if (!stack || stack.directions.length !== reverses.length) {
      throw new NotUnderstood("its weights are computed in a way that is not a rearrangement of rows");
    }
    return stack;
  };
  const w = stackOf(1);
  const r = stackOf(2);
  const b = optional(operation, 3) && !input(operation, 3).constant ? stackOf(3) : null;
  let order: readonly number[] = [];
  const directions = reverses.map((reverse, d): RecurrentDirection => {
    const [inputWeight] = blocksOf(w.directions[d], hidden, gateCount);
    const [recurrentWeight] = blocksOf(r.directions[d], hidden, gateCount);
    const biases = b ? blocksOf(b.directions[d], hidden, gateCount) : [];
    for (const block of [inputWeight, recurrentWeight, ...biases]) {
      if (order.length > 0 && block.order.join() !== order.join())
        throw new NotUnderstood("its gates are in different orders");
      order = block.order;
    }
    return {
      inputWeight: inputWeight.parameter,
      recurrentWeight: recurrentWeight.parameter,
      inputBias: biases[0]?.parameter ?? null,
      recurrentBias: biases[1]?.parameter ?? null,
      reverse,
    };
  });
  const gates = new Array<string>(gateCount);
  order.forEach((place, stored) => {
    gates[place] = kind.onnxGates[stored];
  });
  return { directions, gates };
}

function packedWeights(operation: Operation, kind: CellKind): Weights | null {
  const { context, node } = operation;
  const named = (part: Parameters<typeof partName>[1], slot: number, reverse: boolean): string | null => {
    const name = partName(node, part, reverse);
    const stored = context.parameters.get(name)?.stored;
    return stored?.kind === "packed" && stored.initializer === node.inputs[slot] ? name : null;
  };
  const directions: RecurrentDirection[] = [];
  for (const reverse of directionsOf(node)) {
    const inputWeight = named("weight_ih", 1, reverse);
    const recurrentWeight = named("weight_hh", 2, reverse);
    if (!inputWeight || !recurrentWeight) return null;
    const inputBias = named("bias_ih", 3, reverse);
    const recurrentBias = named("bias_hh", 3, reverse);
    directions.push({ inputWeight, recurrentWeight, inputBias, recurrentBias, reverse });
  }
  return { directions, gates: parameterGates(kind) };
}

/** "LeakyRelu" → "leaky_relu"; ONNX's hard sigmoid is steeper than the catalogue's. */
function activationName(name: string): string {
  if (name === "HardSigmoid") return "hard_sigmoid(0.2, 0.5)";
  return name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

function activationsOf(operation: Operation, cell: RecurrentNode["cell"]): string[] {
  const given = operation.node.attributes.get("activations")?.strings ?? [];
  const fallback = { lstm: ["Sigmoid", "Tanh", "Tanh"], gru: ["Sigmoid", "Tanh"], rnn: ["Tanh"] }[cell];
  return (given.length > 0 ? given.slice(0, fallback.length) : fallback).map(activationName);
}

function initialState(context: Context, value: Value | null): string | null {
  if (!value || value.constant?.().every((v) => v === 0)) return null;
  return operand(context, value);
}

const lowerRecurrent: Lower = (operation) => {
  const { context, op, node } = operation;
  const kind = CELLS.get(op);
  const x = input(operation, 0);
  if (!kind || x.shape.length !== 3) throw new NotUnderstood(`its input is [${x.shape}], three axes are needed`);
  const { cell } = kind;
  const hidden = intAttribute(operation, "hidden_size", input(operation, 2).shape.at(-1) ?? 0);
  if (!(hidden > 0)) throw new NotUnderstood(`hidden_size is ${hidden}`);
  const timeAxis = intAttribute(operation, "layout", 0) === 1 ? 1 : 0;
  const time = x.shape[timeAxis];
  const n = x.shape[1 - timeAxis];
  const lengths = optional(operation, 4);
  if (lengths && !lengths.constant?.().every((length) => length === time)) {
    throw new NotUnderstood("its sequences differ in length");
  }
  const peepholes = optional(operation, 7);
  if (peepholes && !peepholes.constant?.().every((v) => v === 0)) throw new NotUnderstood("it has peepholes");
  const { directions, gates } = packedWeights(operation, kind) ?? tracedWeights(operation, kind, hidden);
  const states = cell === "lstm" ? [5, 6] : [5];
  const count = cell === "lstm" ? 3 : 2;
  const outputs = Array.from({ length: count }, (_, i) => outputName(operation, i));
  context.nodes.push({
    kind: "recurrent",
    name: operation.name,
    op,
    inputs: [operand(context, x)],
    outputs,
    cell,
    hidden,
    gates,
    directions,
    timeAxis,
    activations: activationsOf(operation, cell),
    resetAfter: intAttribute(operation, "linear_before_reset", 0) !== 0,
    initial: states.map((slot) => initialState(context, optional(operation, slot))),
  });
  const d = directionsOf(node).length;
  const shapes =
    timeAxis === 0
      ? [
          [time, d, n, hidden],
          [d, n, hidden],
        ]
      : [
          [n, time, d, hidden],
          [n, d, hidden],
        ];
  outputs.forEach((name, i) => {
    if (name !== "") define(context, name, shapes[Math.min(i, 1)], x.dtype);
  });
};

export const recurrent: ReadonlyMap<string, Lower> = new Map<string, Lower>(
  [...CELLS.keys()].map((name): [string, Lower] => [name, lowerRecurrent]),
);
