/** The laws of one direction's matrices and biases, gate by gate. */

import type { RecurrentDirection } from "../../model/types.ts";
import type { ParameterLaw } from "../types.ts";

/** What one gate's pre-activation is made of; second moments are already multiplied by what is summed over. */
export interface GateLaw {
  /** features · E[w²] and hidden · E[u²]. */
  readonly input: number;
  readonly recurrent: number;
  /** Variance and mean over units of the two biases. */
  readonly inputBias: number;
  readonly recurrentBias: number;
  readonly inputMean: number;
  readonly recurrentMean: number;
}

/** The law of gate `gate` of `gates`: its own block's where the initializer has one a gate, that of the whole otherwise. */
function ofGate(law: ParameterLaw, gate: number, gates: number): { readonly mean: number; readonly variance: number } {
  const { blocks } = law;
  if (!blocks) return law;
  const rows = blocks.reduce((sum, b) => sum + b.size, 0);
  // A gate's rows may span several blocks, or a block several gates: moments over the rows they share.
  const [low, high] = [(gate * rows) / gates, ((gate + 1) * rows) / gates];
  let [at, first, second] = [0, 0, 0];
  for (const block of blocks) {
    const share = Math.max(0, Math.min(high, at + block.size) - Math.max(low, at)) / (high - low);
    first += share * block.mean;
    second += share * (block.variance + block.mean * block.mean);
    at += block.size;
  }
  return { mean: first, variance: Math.max(0, second - first * first) };
}

const NONE: ParameterLaw = { mean: 0, variance: 0 };

export function gateLaws(
  direction: RecurrentDirection,
  law: (parameter: string) => ParameterLaw,
  sizes: { readonly gates: number; readonly features: number; readonly hidden: number },
): readonly GateLaw[] {
  const { gates, features, hidden } = sizes;
  const second = (l: { readonly mean: number; readonly variance: number }) => l.variance + l.mean * l.mean;
  const bias = (name: string | null) => (name === null ? NONE : law(name));
  return Array.from({ length: gates }, (_, g): GateLaw => {
    const inputBias = ofGate(bias(direction.inputBias), g, gates);
    const recurrentBias = ofGate(bias(direction.recurrentBias), g, gates);
    return {
      input: features * second(ofGate(law(direction.inputWeight), g, gates)),
      recurrent: hidden * second(ofGate(law(direction.recurrentWeight), g, gates)),
      inputBias: inputBias.variance,
      recurrentBias: recurrentBias.variance,
      inputMean: inputBias.mean,
      recurrentMean: recurrentBias.mean,
    };
  });
}
