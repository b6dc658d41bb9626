/** Every rule, in causal order: what an earlier one names is not reported again as its consequence. */

import { clonedLayer } from "./cloned-layer.ts";
import { deadUnits } from "./dead-units.ts";
import { explodingForward } from "./exploding-forward.ts";
import { explodingGradient } from "./exploding-gradient.ts";
import { largeLogits } from "./large-logits.ts";
import { looksLike } from "./looks-like.ts";
import { misScaled } from "./mis-scaled.ts";
import { nonFinite } from "./non-finite.ts";
import { rankDeficient } from "./rank-deficient.ts";
import { saturated } from "./saturated.ts";
import { stepTooLarge } from "./step-too-large.ts";
import { symmetricUnits } from "./symmetric-units.ts";
import { trained } from "./trained.ts";
import type { Rule } from "./types.ts";
import { unnormalizedInput } from "./unnormalized-input.ts";
import { vanishingForward } from "./vanishing-forward.ts";
import { vanishingGradient } from "./vanishing-gradient.ts";
import { zeroWeights } from "./zero-weights.ts";

export const RULES: readonly Rule[] = [
  nonFinite,
  zeroWeights,
  symmetricUnits,
  clonedLayer,
  misScaled,
  rankDeficient,
  unnormalizedInput,
  deadUnits,
  saturated,
  explodingForward,
  vanishingForward,
  explodingGradient,
  vanishingGradient,
  largeLogits,
  stepTooLarge,
  trained,
  looksLike,
];

export type { Rule, RuleContext, Stage, Threshold } from "./types.ts";
export { STAGES } from "./types.ts";
