/**
 * Units that no input moves, from their own bias and weights: z_i ~ N(b_i + m·Σ_j w_ij, v·Σ_j w_ij²) over inputs, where m
 * and v are mean and variance of what comes in. What of v is the same for every input is counted as moving, so that a
 * unit called dead is dead.
 */

import { type Activation, resolveActivation, saturation } from "../../activation/index.ts";
import type { NormalizeNode } from "../../model/types.ts";
import type { PlannedTensor } from "../../plan/types.ts";
import type { ParameterUsage, Usages } from "../../plan/usage/types.ts";
import type { Propagation } from "../../propagate/types.ts";
import type { TensorFacts } from "../facts/types.ts";
import { directPath } from "./activation.ts";
import type { DeadUnits } from "./types.ts";

/** A unit that fewer than three in a thousand inputs move: most batches of a hundred leave it where it is. */
const DEAD = 1 - 3e-3;
/** Fewer than one in a hundred thousand: no batch of a usual training moves it. */
const STUCK = 1 - 1e-5;

interface UnitLaw {
  readonly mean: number;
  readonly variance: number;
}

export function predictDead(
  usages: Usages,
  facts: ReadonlyMap<string, TensorFacts>,
  mended: ReadonlyMap<string, PlannedTensor>,
  propagation: Propagation,
): DeadUnits[] {
  return [...usages.byName.values()].flatMap((usage) => {
    const found = deadOf(usage, usages, facts, mended, propagation);
    return found ? [found] : [];
  });
}

function deadOf(
  usage: ParameterUsage,
  usages: Usages,
  facts: ReadonlyMap<string, TensorFacts>,
  mended: ReadonlyMap<string, PlannedTensor>,
  propagation: Propagation,
): DeadUnits | null {
  const { node, output, input } = usage;
  if (usage.part !== "weight" || output === null || input === null) return null;
  if (node?.kind !== "linear" && node?.kind !== "conv") return null;
  const path = directPath(usages.graph, output);
  if (path === null || path.activation.slope !== null) return null;
  const activation = resolveActivation(path.activation.activation);
  if (!hasFlatPart(activation)) return null;
  const normalize = path.normalize;
  const into = propagation.signals.get(input);
  const held = (name: string | null) => (name === null || mended.has(name) ? null : (facts.get(name)?.values ?? null));
  const laws = normalize
    ? normalizedUnits(held(normalize.scale), held(normalize.shift), facts.get(usage.parameter.name)?.units?.sums.length)
    : into === undefined || mended.has(usage.parameter.name)
      ? plainBias(held(node.bias))
      : ownUnits(facts.get(usage.parameter.name), held(node.bias), into);
  if (laws === null) return null;
  const flat = laws.map((law) => flatShare(activation, law));
  return {
    weight: usage.parameter.name,
    node: node.name,
    activation: activation.label,
    dead: flat.filter((share) => share > DEAD).length,
    stuck: flat.filter((share) => share > STUCK).length,
    units: laws.length,
    cause: (normalize ? normCause(normalize, held) : causeOf(node.bias, held(node.bias), laws)) ?? usage.parameter.name,
  };
}

/** A norm's scale where it is 0 throughout, else its shift. */
function normCause({ scale, shift }: NormalizeNode, held: (name: string | null) => Float64Array | null): string | null {
  const closed = held(scale)?.every((value) => value === 0) ?? false;
  return closed ? scale : shift;
}

/** The bias where it alone would do it, else the weight. */
function causeOf(bias: string | null, values: Float64Array | null, laws: readonly UnitLaw[]): string | null {
  if (bias === null || values === null) return null;
  const pulled = laws.reduce((sum, law, i) => sum + Math.abs(law.mean - (values[i] ?? 0)), 0);
  const pushed = values.reduce((sum, value) => sum + Math.abs(value), 0);
  return pushed >= pulled ? bias : null;
}

function ownUnits(
  facts: TensorFacts | undefined,
  bias: Float64Array | null,
  { mean, secondMoment }: { readonly mean: number; readonly secondMoment: number },
): UnitLaw[] | null {
  if (!facts?.units) return null;
  const { sums, squares } = facts.units;
  const variance = Math.max(0, secondMoment - mean * mean);
  return Array.from(sums, (sum, i) => ({
    mean: (bias?.[i] ?? 0) + mean * sum,
    variance: variance * (squares[i] ?? 0),
  }));
}

/** The weight counts as drawn anew, to a pre-activation of variance 1. */
const plainBias = (bias: Float64Array | null): UnitLaw[] | null =>
  bias ? Array.from(bias, (mean) => ({ mean, variance: 1 })) : null;

/** After batch normalization a channel is N(shift, scale²). */
function normalizedUnits(
  scale: Float64Array | null,
  shift: Float64Array | null,
  units: number | undefined,
): UnitLaw[] | null {
  const count = shift?.length ?? scale?.length ?? units ?? 0;
  if (shift === null || count === 0) return null;
  return Array.from({ length: count }, (_, i) => ({ mean: shift[i] ?? 0, variance: (scale?.[i] ?? 1) ** 2 }));
}

/** Far out in both directions and at the origin: where the slope is exactly 0 somewhere, a unit can die. */
function hasFlatPart({ derivative }: Activation): boolean {
  return [-40, 40].some((x) => derivative(x) === 0 && derivative(x * 1.1) === 0);
}

/** Standard deviations that 3 in 1000 inputs lie beyond on one side: 2.75, with room. */
const REACH = 2.5;

/** Share of inputs at which the unit is flat; 0 where it still moves near to its mean, so that it is not dead anyway. */
function flatShare(activation: Activation, { mean, variance }: UnitLaw): number {
  const reach = REACH * Math.sqrt(variance);
  if ([mean - reach, mean, mean + reach].some((z) => activation.derivative(z) !== 0)) return 0;
  return saturation(activation, { mean, variance }).dead;
}
