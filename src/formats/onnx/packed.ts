/** Recurrent weights: one ONNX matrix holds both directions and all gates, in ONNX's order of gates. */

import type { Note, Parameter } from "../../model/types.ts";
import { elementType } from "./dtype.ts";
import { modulePath, occurrence } from "./names.ts";
import type { ProtoGraph, ProtoNode } from "./proto.ts";
import type { Uses } from "./usage.ts";

export interface CellKind {
  readonly cell: "lstm" | "gru" | "rnn";
  /** Gates in ONNX's order, by PyTorch's letters (ONNX: lstm i o f c, gru z r h). */
  readonly onnxGates: readonly string[];
  /** Stored gate g is the parameter's gate gates[g]. PyTorch: lstm i f g o, gru r z n. */
  readonly gates: readonly number[];
}

export const CELLS: ReadonlyMap<string, CellKind> = new Map([
  ["LSTM", { cell: "lstm", onnxGates: ["i", "o", "f", "g"], gates: [0, 3, 1, 2] }],
  ["GRU", { cell: "gru", onnxGates: ["z", "r", "n"], gates: [1, 0, 2] }],
  ["RNN", { cell: "rnn", onnxGates: ["h"], gates: [0] }],
]);

/** PyTorch's order of the gates. */
export function parameterGates(kind: CellKind): string[] {
  const gates = new Array<string>(kind.gates.length);
  kind.gates.forEach((gate, stored) => {
    gates[gate] = kind.onnxGates[stored];
  });
  return gates;
}

/** Names of the parts of one direction, PyTorch's scheme: weight_ih_l0, weight_hh_l0, bias_ih_l0, … _reverse. */
export function partName(
  node: ProtoNode,
  part: "weight_ih" | "weight_hh" | "bias_ih" | "bias_hh",
  reverse: boolean,
): string {
  const module = modulePath(node.name);
  const base = module ?? (node.name || node.outputs.find((name) => name !== "") || node.op);
  const layer = module === null ? 0 : occurrence(node.name);
  return `${base}.${part}_l${layer}${reverse ? "_reverse" : ""}`;
}

export function directionsOf(node: ProtoNode): boolean[] {
  const direction = node.attributes.get("direction")?.text ?? "forward";
  if (direction === "bidirectional") return [false, true];
  return [direction === "reverse"];
}

/** By initializer: the parameters that a recurrent node's packed matrices hold. */
export function packedParameters(
  graph: ProtoGraph,
  uses: Uses,
  notes: Note[],
): ReadonlyMap<string, readonly Parameter[]> {
  const packed = new Map<string, Parameter[]>();
  const taken = new Set<string>();
  for (const node of graph.nodes) {
    const kind = CELLS.get(node.op);
    if (!kind || node.domain !== "") continue;
    const gateCount = kind.gates.length;
    const reverses = directionsOf(node);
    const hidden = graph.initializers.get(node.inputs[2] ?? "")?.dims[2] ?? 0;
    const rows = gateCount * hidden;
    for (const slot of [1, 2, 3]) {
      const initializer = node.inputs[slot] ?? "";
      const tensor = graph.initializers.get(initializer);
      const dtype = elementType(tensor?.type ?? 0)?.dtype;
      if (!tensor || !dtype || packed.has(initializer) || (uses.get(initializer)?.length ?? 0) !== 1) continue;
      const wanted = slot === 3 ? [reverses.length, 2 * rows] : [reverses.length, rows, tensor.dims[2]];
      if (rows === 0 || wanted.length !== tensor.dims.length || wanted.some((dim, i) => dim !== tensor.dims[i]))
        continue;
      const parts = reverses.flatMap((reverse, direction) => {
        const build = (part: Parameters<typeof partName>[1], offset: number, shape: number[]): Parameter => ({
          name: partName(node, part, reverse),
          shape,
          dtype,
          role: "other",
          stored: { kind: "packed", initializer, direction, offset, gates: kind.gates },
        });
        if (slot === 1) return [build("weight_ih", 0, [rows, tensor.dims[2]])];
        if (slot === 2) return [build("weight_hh", 0, [rows, hidden])];
        return [build("bias_ih", 0, [rows]), build("bias_hh", rows, [rows])];
      });
      if (parts.some((part) => taken.has(part.name) || graph.initializers.has(part.name))) continue;
      for (const part of parts) taken.add(part.name);
      packed.set(initializer, parts);
      notes.push({
        code: modulePath(node.name) === null ? "names-lost" : "packed",
        message: `${initializer} holds ${parts.map((part) => part.name).join(", ")}, gates in ONNX's order`,
        tensors: parts.map((part) => part.name),
      });
    }
  }
  return packed;
}
