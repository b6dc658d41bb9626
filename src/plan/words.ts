/** Numbers and short phrases for the sentences that a plan gives as reasons. */

import { resolveActivation } from "../activation/index.ts";
import type { ParameterUsage } from "./usage/types.ts";

/** Three significant digits, no exponent between 1e-4 and 1e6: 0.0442, 1.41, 576, 3.2e-7. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(3)));
}

/** A factor as the reports write it: ×0.33. */
export function times(value: number): string {
  return `×${figure(value)}`;
}

/** The name of the activation around a usage, for a sentence. */
export function activationName(node: ParameterUsage["activation"]): string {
  if (!node) return "no activation";
  return resolveActivation(node.activation).label;
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
