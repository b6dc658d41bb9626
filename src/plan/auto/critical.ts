/**
 * `critical`: weight and bias variance on the edge of chaos of the activation that follows (Poole 2016; Schoenholz
 * 2017), where χ₁ = 1 at the fixed point q*: neither signal nor gradient knows how deep it is.
 */

import { criticalPoint, referenceKey, resolveActivation } from "../../activation/index.ts";
import type { ActivationReference } from "../../model/types.ts";
import { number, product, quantity, quotient, sum } from "../derivation/term.ts";
import { fanInTerm, given, overFanIn } from "../schemes/formulas.ts";
import { normal } from "../schemes/laws.ts";
import type { Choice, SchemeContext } from "../schemes/types.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { activationName, figure, times } from "../words.ts";
import { momentsAt } from "./activation-moments.ts";
import { fixedChoice } from "./fixed.ts";
import { gradientFactor } from "./operating-point.ts";

const USUAL_BIAS_VARIANCE = 0.05;
/** Pre-activations beyond four standard units: a bounded activation is a switch there, and its critical point no use. */
const WIDEST = 16;

interface Point {
  readonly weightVariance: number;
  readonly biasVariance: number;
  readonly q: number;
}

/** Choices for every parameter; activations without a critical point are named in warnings. */
export function chooseCritical(
  context: SchemeContext,
  names: Iterable<string> = context.usages.byName.keys(),
): ReadonlyMap<string, Choice> {
  const wanted = context.values[0] ?? USUAL_BIAS_VARIANCE;
  const points = new Map<string, Point | null>();
  const pointOf = (reference: ActivationReference): Point | null => {
    const key = referenceKey(reference);
    let point = points.get(key);
    if (point === undefined) {
      const activation = resolveActivation(reference);
      point = criticalPoint(activation, { biasVariance: wanted }) ?? criticalPoint(activation, { biasVariance: 0 });
      points.set(key, point);
    }
    return point;
  };
  const choices = new Map<string, Choice>();
  for (const name of names) {
    const usage = context.usages.byName.get(name);
    if (usage) choices.set(name, choose(usage, context, pointOf));
  }
  return choices;
}

function choose(
  usage: ParameterUsage,
  context: SchemeContext,
  pointOf: (reference: ActivationReference) => Point | null,
): Choice {
  const owner = usage.part === "bias" && usage.owner !== null ? context.usages.byName.get(usage.owner) : usage;
  const matters = owner && owner.activation !== null && !owner.normalized && owner.readout === null;
  if (!owner || !matters || !["weight", "bias"].includes(usage.part)) return plain(usage, context);
  const name = activationName(owner.activation);
  const point = pointOf(owner.activation!.activation);
  if (!point || point.q > WIDEST)
    return usage.part === "weight" ? infeasible(usage, context, point) : fixedChoice(usage, context);
  const { biasVariance, weightVariance, q } = point;
  if (usage.part === "bias")
    return biasVariance === 0
      ? { initializer: { kind: "zeros" }, why: `Bias 0: the edge of chaos of ${name} is at σ_b² = 0 (Hayou 2019).` }
      : {
          initializer: normal(biasVariance),
          why: `Schoenholz 2017: σ_b² = ${figure(biasVariance)} on the edge of chaos of ${name} (σ_w² = ${figure(weightVariance)}, q* = ${figure(q)}).`,
          formula: given("variance", "σ_b²", biasVariance, "bias variance on the edge of chaos"),
        };
  const { fanIn } = usage.fans.true;
  if (usage.first && q > biasVariance)
    return {
      initializer: normal((q - biasVariance) / fanIn),
      why: `First layer: (q* − σ_b²)/fan_in = (${figure(q)} − ${figure(biasVariance)})/${figure(fanIn)} puts a unit input at the fixed point of ${name} at once (Schoenholz 2017).`,
      formula: overFanIn(
        sum(
          quantity("q*", q, "fixed point of the pre-activation's mean square"),
          quantity("−σ_b²", -biasVariance, "less what the bias brings"),
        ),
        fanIn,
      ),
    };
  return {
    initializer: normal(weightVariance / fanIn),
    why: `Schoenholz 2017: on the edge of chaos of ${name}, σ_w² = ${figure(weightVariance)} at σ_b² = ${figure(biasVariance)}, so Var(W) = ${figure(weightVariance)}/${figure(fanIn)}; χ₁ = 1 at q* = ${figure(q)}.`,
    formula: overFanIn(quantity("σ_w²", weightVariance, "where χ₁ = σ_w²·E[φ'(z)²] = 1"), fanIn),
  };
}

function plain(usage: ParameterUsage, context: SchemeContext): Choice {
  if (usage.part !== "weight" && usage.part !== "input-weight") return fixedChoice(usage, context);
  const { fanIn } = usage.fans.true;
  const reason =
    usage.readout !== null ? "an output" : usage.normalized ? "a normalization follows" : "no activation follows";
  return {
    initializer: normal(1 / fanIn),
    why: `No critical point to meet (${reason}): Var(W) = 1/fan_in = 1/${figure(fanIn)} (LeCun 1998).`,
    formula: overFanIn(number(1), fanIn),
  };
}

function infeasible(usage: ParameterUsage, context: SchemeContext, point: Point | null): Choice {
  const name = activationName(usage.activation);
  const reason = point
    ? `${name} is critical only at q* = ${figure(point.q)}, σ_w = ${figure(Math.sqrt(point.weightVariance))}, deep in saturation`
    : `${name} has no critical point`;
  const reference = usage.activation!.activation;
  const { chi } = gradientFactor(reference, 1);
  const { secondMoment } = momentsAt(reference, 0, 1);
  const { fanIn } = usage.fans.true;
  const variance = secondMoment > 0 ? 1 / (fanIn * secondMoment) : 1 / fanIn;
  context.warn({
    code: "no-critical-point",
    message: `${reason}; with the signal level at second moment 1 the gradient changes ${times(chi)} a layer`,
  });
  return {
    initializer: normal(variance),
    why: `${reason}; level signal instead, Var(W) = 1/(fan_in·E[φ²]) = 1/(${figure(fanIn)}·${figure(secondMoment)}), where χ₁ = ${figure(chi)}.`,
    formula:
      secondMoment > 0
        ? {
            decides: "variance",
            term: quotient(number(1), product(fanInTerm(fanIn), quantity("E[φ²]", secondMoment, "at z ~ N(0, 1)"))),
          }
        : overFanIn(number(1), fanIn),
  };
}
