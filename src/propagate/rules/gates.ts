/** Gates that all positions of a map share (squeeze and excite, Hu et al. 2018): x_p·g, with the gradient that each receives. */

import type { CombineNode } from "../../model/types.ts";
import { type Context, type Gradient, type GradientPart, stateOf } from "../context.ts";
import { addConstant, diagonal, type Kernel, meanOverPairs, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { activationOf } from "../law/form.ts";
import type { Aligned } from "../state/align.ts";
import { type Part, type State, stateMean, stateSecondMoment } from "../state/state.ts";
import { coupledMean } from "./coupling.ts";

export interface Gate {
  /** Name of what is gated, and its place among the operands. */
  readonly value: string;
  readonly index: number;
  readonly mean: number;
  readonly second: number;
}

const hasPositions = (state: State): boolean => state.parts.some((part) => part.kernel.sizes.length > 0);

/** The gate of a product of a map and a tensor without positions; null for other products. */
export function gateOf(node: CombineNode, context: Context): Gate | null {
  if (node.operation !== "multiply" || node.inputs.length !== 2) return null;
  const states = node.inputs.map((name) => context.states.get(name));
  const index = states.findIndex((state) => state && hasPositions(state));
  const gate = states[1 - index];
  if (index < 0 || !gate || hasPositions(gate)) return null;
  return { value: node.inputs[index], index, mean: stateMean(gate), second: stateSecondMoment(gate) };
}

/** Gradient of what is gated where a max pooling behind sends it to the winners; null where none does. */
export function throughGate(node: CombineNode, context: Context, i: number, gradient: Gradient): Gradient | null {
  const gate = gradient.some((part) => part.selected) ? gateOf(node, context) : null;
  if (gate?.index !== i || stateOf(context, gate.value).parts.length !== gradient.length) return null;
  return gradient.map((part): GradientPart => {
    const plain = scaleKernel(part.kernel, gate.second);
    const won = part.selected && {
      ...part.selected,
      kernel: scaleKernel(part.selected.kernel, gate.second),
      shared: part.selected.shared * gate.mean ** 2,
    };
    return {
      ...part,
      kernel: plain,
      selected: won,
      between: part.between * gate.second,
      shared: part.shared * gate.mean ** 2,
    };
  });
}

/** E[x_p x_p'] at the winners, which multiplies the gradient on its way to the gate; null where it does not come from winners. */
export function winnersValue(node: CombineNode, context: Context, i: number, part: GradientPart): Kernel | null {
  const gate = part.selected ? gateOf(node, context) : null;
  if (!gate || gate.index === i || !part.selected || diagonal(part.kernel) !== 0) return null;
  const maker = context.producers.get(gate.value);
  const value = maker?.kind === "activation" ? activationOf(context, maker).value : (x: number) => x;
  const second = part.selected.law.expect((x) => value(x) ** 2);
  const mean = part.selected.law.expect(value);
  return uniformKernel(part.selected.kernel.sizes, second, second === 0 ? 0 : mean ** 2 / second);
}

/** What a gate does to a part that was pooled from what it gates. */
export const gated = (part: Part, gate: Gate): Part => ({
  ...part,
  mean: part.mean * gate.mean,
  kernel: scaleKernel(part.kernel, gate.second),
  between: part.between * gate.mean ** 2,
  cross: part.cross * gate.second,
});

/**
 * The gradient of a gate that many positions share is Σ_p δ_p x_p. Where an activation follows, δ and x hang together
 * (see coupling.ts), and the sum keeps a mean: the kernel is raised to it.
 */
export function gatedTogether(
  node: CombineNode,
  context: Context,
  aligned: Aligned,
  i: number,
  gradient: Gradient,
): Gradient {
  const shared = aligned.operands[i].every((part) => part.kernel.far === 1 && part.kernel.lags.length === 1);
  if (node.operation !== "multiply" || node.inputs.length !== 2 || !shared) return gradient;
  const product = stateOf(context, node.outputs[0]);
  return gradient.map((from, k) => {
    const part = product.parts[k];
    const gate = diagonal(aligned.operands[i][k].kernel);
    const alone = meanOverPairs(from.kernel);
    if (!part || part.kernel.sizes.length === 0 || part.mean !== 0 || gate === 0 || alone <= 0) return from;
    const variance = diagonal(part.kernel);
    const coupled = coupledMean(context, node.outputs[0], k, Math.sqrt(variance));
    if (coupled === null) return from;
    const missing = Math.max(0, (coupled * variance) / gate - alone);
    return { ...from, kernel: addConstant(from.kernel, missing) };
  });
}
