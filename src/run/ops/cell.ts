/** One time step of a recurrent cell. */

import { activationByName } from "../../activation/index.ts";
import type { RecurrentNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { evaluateExpression } from "./expression.ts";

export interface Cell {
  readonly key: string;
  readonly gates: number;
  /** hidden, and the cell state of an LSTM. */
  readonly states: number;
  /** [input's product with the gates, recurrent weight, recurrent bias, …states] → states; gives its arguments away. */
  readonly step: (jax: Jax, args: readonly Tensor[]) => Tensor[];
}

type Apply = (jax: Jax, x: Tensor) => Tensor;

/**
 * LSTM: i, f, o = gate(·), g = candidate(·), c' = f c + i g, h' = o · output(c') (Hochreiter & Schmidhuber 1997, with
 * the forget gate of Gers 2000). GRU: r, z = gate(·), n = candidate(x part + r · recurrent part), h' = (1−z) n + z h
 * (Cho 2014; reset after the product as in cuDNN and PyTorch, or before it).
 */
export function cellOf(node: RecurrentNode): Cell {
  const key = JSON.stringify([node.cell, node.gates, node.activations, node.hidden, node.resetAfter]);
  switch (node.cell) {
    case "rnn": {
      const activation = named(node.activations[0] ?? "tanh");
      return { key, gates: 1, states: 1, step: (jax, args) => plainStep(jax, args, activation) };
    }
    case "lstm": {
      const [gate = "sigmoid", candidate = "tanh", output = "tanh"] = node.activations;
      const functions = { gate: named(gate), candidate: named(candidate), output: named(output) };
      return { key, gates: 4, states: 2, step: (jax, args) => lstmStep(jax, args, node, functions) };
    }
    case "gru": {
      const [gate = "sigmoid", candidate = "tanh"] = node.activations;
      const functions = { gate: named(gate), candidate: named(candidate) };
      return { key, gates: 3, states: 1, step: (jax, args) => gruStep(jax, args, node, functions) };
    }
  }
}

function named(name: string): Apply {
  const { expression } = activationByName(name);
  if (expression === null) throw new Error(`run: ${name} has no expression, use a catalogue name in cells`);
  return (jax, x) => {
    const y = evaluateExpression(jax, expression, x);
    x.dispose();
    return y;
  };
}

function recurrentProduct(jax: Jax, h: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return jax.lax.dot(h, weight, { lhsContractingDims: [1], rhsContractingDims: [1] }).add(bias);
}

function plainStep(jax: Jax, [x, weight, bias, h]: readonly Tensor[], activation: Apply): Tensor[] {
  return [activation(jax, x!.add(recurrentProduct(jax, h!, weight!, bias!)))];
}

function lstmStep(
  jax: Jax,
  [x, weight, bias, h, c]: readonly Tensor[],
  node: RecurrentNode,
  functions: { gate: Apply; candidate: Apply; output: Apply },
): Tensor[] {
  const sum = x!.add(recurrentProduct(jax, h!, weight!, bias!));
  const part = (index: number) => block(sum, index, node.hidden);
  const [i, f, o] = ["i", "f", "o"].map((gate) => functions.gate(jax, part(gateIndex(node, gate))));
  const g = functions.candidate(jax, part(otherGate(node, ["i", "f", "o"])));
  sum.dispose();
  const cell = f!.mul(c!).add(i!.mul(g));
  return [o!.mul(functions.output(jax, cell.ref)), cell];
}

function gruStep(
  jax: Jax,
  [x, weight, bias, h]: readonly Tensor[],
  node: RecurrentNode,
  functions: { gate: Apply; candidate: Apply },
): Tensor[] {
  const { hidden } = node;
  const [r, z] = ["r", "z"].map((gate) => gateIndex(node, gate)) as [number, number];
  const n = otherGate(node, ["r", "z"]);
  const recurrent = recurrentProduct(jax, h!.ref, weight!.ref, bias!.ref);
  const gate = (index: number) => functions.gate(jax, block(x!, index, hidden).add(block(recurrent, index, hidden)));
  const reset = gate(r);
  const update = gate(z);
  let inner: Tensor;
  if (node.resetAfter) inner = reset.mul(block(recurrent, n, hidden));
  else {
    const rows: [number, number] = [n * hidden, (n + 1) * hidden];
    inner = recurrentProduct(jax, reset.mul(h!.ref), weight!.ref.slice(rows), bias!.ref.slice(rows));
  }
  const candidate = functions.candidate(jax, block(x!, n, hidden).add(inner));
  for (const used of [x!, weight!, bias!, recurrent]) used.dispose();
  return [candidate.ref.add(update.mul(h!.sub(candidate)))];
}

function block(tensor: Tensor, index: number, hidden: number): Tensor {
  return tensor.ref.slice([], [index * hidden, (index + 1) * hidden]);
}

function gateIndex(node: RecurrentNode, gate: string): number {
  const index = node.gates.indexOf(gate);
  if (index < 0) throw new Error(`run: ${node.name} lacks gate ${gate}, got ${node.gates.join(" ")}, name every gate`);
  return index;
}

/** The candidate's gate, whatever it is called (g or c, n or h). */
function otherGate(node: RecurrentNode, known: readonly string[]): number {
  return node.gates.findIndex((gate) => !known.includes(gate));
}
