/** Activations that are a plain multiplication by a number (attention's 1/√d, SIREN's ω₀) are steps, not nonlinearities. */

import { resolveActivation } from "../../activation/index.ts";
import type { ActivationReference, Node } from "../../model/types.ts";

const slopes = new WeakMap<ActivationReference, { readonly slope: number | null }>();

/**
 * The c for which the activation is x ↦ c·x, or null if it is not of that form.
 * Decided by value: f(p) = c·p at points of both signs and different sizes, to 1e-12 relative.
 */
export function linearSlope(reference: ActivationReference): number | null {
  const known = slopes.get(reference);
  if (known) return known.slope;
  const { value } = resolveActivation(reference);
  const slope = value(1);
  const linear =
    Number.isFinite(slope) &&
    value(0) === 0 &&
    [-37, -1.7, -0.3, 0.11, 2.9, 41].every((x) => Math.abs(value(x) - slope * x) <= 1e-12 * Math.abs(slope * x));
  const answer = linear ? slope : null;
  slopes.set(reference, { slope: answer });
  return answer;
}

/** The factor of a node that scales by a constant; null for any other node. */
export function scalingFactor(node: Node): number | null {
  return node.kind === "activation" && node.slope === null ? linearSlope(node.activation) : null;
}
