/** One step of the gradient: E[δ²] at a node's input from that at its output, L = Σ y·g with g ~ N(0, 1). */

import type { ActivationNode, Node, NormalizeNode } from "../../model/types.ts";
import { titleOf } from "./forward.ts";
import { corrected, type Known, labelOf, referenceOf, sizeOfParameter, step } from "./known.ts";
import { evaluate, product, type Quantity, quantity, quotient, sum, type Term } from "./term.ts";
import type { Step } from "./types.ts";

const gradientAt = (known: Known, tensor: string, symbol: string): Quantity =>
  quantity(symbol, known.signals.get(tensor)?.gradient.secondMoment ?? 0, `mean square of ∂L/∂(${tensor})`);

/** The gradient at the model's output: the cotangent's own. */
export function outputStep(known: Known, tensor: string): Step {
  const term = gradientAt(known, tensor, "E[g²]");
  return step("gradient", { title: "output", symbol: "E[δ²]", term, source: "L = Σ y·g, g ~ N(0, 1)" });
}

/** The step back from `output` to `input`; null where the gradient only passes. */
export function backwardStep(known: Known, node: Node, output: string, input: string): Step | null {
  const after = gradientAt(known, output, "E[δ'²]");
  const before = gradientAt(known, input, "E[δ²]");
  const factors = factorsOf(known, node);
  const uses = known.usages.graph.consumers.get(input)?.length ?? 1;
  if (factors === null && Math.abs(before.value - after.value) <= 5e-4 * before.value) return null;
  const through = product(...(factors ?? []), after);
  let term: Term;
  if (uses > 1) {
    const rest = before.value - evaluate(through);
    term = sum(through, quantity("E[δ₂²]", rest, "what the tensor's other uses send back"));
  } else if (factors === null && after.value > 0)
    term = product(quantity("r", before.value / after.value, "what this operation passes back"), after);
  else term = corrected(through, before, "positions and entries that vary together");
  const source = node.kind === "linear" || node.kind === "conv" ? "He 2015, eq. 14" : null;
  return step("gradient", { title: titleOf(node), node, symbol: "E[δ²]", term, source });
}

function factorsOf(known: Known, node: Node): readonly Term[] | null {
  switch (node.kind) {
    case "linear":
    case "conv": {
      const fan = known.usages.byName.get(node.weight)?.fans.true.fanOut ?? 1;
      return [
        quantity("fan_out", fan, "output values that one input value enters"),
        sizeOfParameter(known, node.weight, "W"),
      ];
    }
    case "activation":
      return slope(known, node);
    case "normalize":
      return normalization(known, node);
    default:
      return null;
  }
}

function slope(known: Known, node: ActivationNode): readonly Term[] | null {
  const { mean = 0, secondMoment = 0 } = known.signals.get(node.inputs[0] ?? "") ?? {};
  const variance = secondMoment - mean * mean;
  if (!Number.isFinite(secondMoment) || !(variance > 0)) return null;
  return [
    {
      kind: "moment",
      of: "slope",
      activation: referenceOf(known, node),
      label: labelOf(node),
      mean: quantity("μ", mean, "mean of the pre-activation"),
      variance: quantity("q − μ²", variance, "its variance"),
    },
  ];
}

/** γ²/(Var(x) + ε): what is divided on the way in is divided on the way back. */
function normalization(known: Known, node: NormalizeNode): readonly Term[] | null {
  const signal = known.signals.get(node.inputs[0] ?? "");
  if (!signal || !(signal.secondMoment > 0)) return null;
  const centred = node.method === "rms" ? signal.secondMoment : signal.secondMoment - signal.mean ** 2;
  const size = quantity(node.method === "rms" ? "E[x²]" : "Var(x)", centred, "what came in");
  const scale = node.scale === null ? [] : [sizeOfParameter(known, node.scale, "γ")];
  const under = sum(size, quantity("ε", node.epsilon, "the norm's guard against 0"));
  return [...scale, quotient({ kind: "number", value: 1 }, under)];
}
