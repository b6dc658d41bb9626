/** Forms of an activation that make its moments simple. Found by evaluating it, once an activation. */

import { type Activation, resolveActivation } from "../../activation/index.ts";
import type { ActivationNode } from "../../model/types.ts";
import type { ParameterLaw } from "../types.ts";

/** The activation of a node; a PReLU's slope is taken from its parameter's law. */
export function activationOf(
  context: { readonly law: (parameter: string) => ParameterLaw },
  node: ActivationNode,
): Activation {
  if (node.slope !== null)
    return resolveActivation({
      kind: "named",
      name: "leaky_relu",
      parameters: { slope: context.law(node.slope).mean },
    });
  let known = resolved.get(node.activation);
  if (!known) {
    known = resolveActivation(node.activation);
    resolved.set(node.activation, known);
  }
  return known;
}

const resolved = new WeakMap<ActivationNode["activation"], Activation>();

export interface Line {
  readonly slope: number;
  readonly offset: number;
}

interface Form {
  readonly line: Line | null;
  readonly homogeneous: boolean;
}

const forms = new WeakMap<Activation, Form>();

function formOf(activation: Activation): Form {
  let form = forms.get(activation);
  if (!form) {
    form = { line: lineOf(activation), homogeneous: isHomogeneous(activation) };
    forms.set(activation, form);
  }
  return form;
}

/** Slope and offset when the function is a straight line, else null. */
export const straightLine = (activation: Activation): Line | null => formOf(activation).line;

/** φ(sx) = s·φ(x) for s > 0 (rectifiers, abs): at mean 0 moments of degree k go with the k-th power of the deviation. */
export const homogeneous = (activation: Activation): boolean => formOf(activation).homogeneous;

function lineOf(activation: Activation): Line | null {
  const offset = activation.value(0);
  const slope = activation.value(1) - offset;
  if (!Number.isFinite(offset) || !Number.isFinite(slope) || activation.breaks.length > 0) return null;
  const scale = Math.abs(slope) + Math.abs(offset);
  return [-7.3, -0.9, 0.37, 3.1, 11].every(
    (x) => Math.abs(activation.value(x) - (offset + slope * x)) <= 1e-12 * scale * (1 + Math.abs(x)),
  )
    ? { slope, offset }
    : null;
}

function isHomogeneous({ value, breaks }: Activation): boolean {
  const [up, down] = [value(1), value(-1)];
  if (!Number.isFinite(up) || !Number.isFinite(down) || breaks.some((at) => at !== 0)) return false;
  return [1e-9, 0.37, 0.9, 3.1, 11, 1e9].every(
    (x) => Math.abs(value(x) - up * x) <= 1e-15 * x && Math.abs(value(-x) - down * x) <= 1e-15 * x,
  );
}
