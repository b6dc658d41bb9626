/**
 * Where a gradient lies by the rank of the value it belongs to. On a skip path no weights come between two rectifiers:
 * where the earlier one is open the later one mostly is too, so that more of the gradient passes both than E[φ'²] twice
 * says. What positions and samples have in common (behind a global pooling: nearly all) passes with the first moment
 * E[φ' | rank], its pairs with the square.
 */

import type { Activation } from "../../activation/index.ts";
import { type GradientPart, togetherness } from "../context.ts";
import {
  diagonal,
  type Kernel,
  mapCorrelations,
  mean,
  multiplyKernels,
  multiplyValues,
  overValues,
  positions,
} from "../kernel/kernel.ts";
import type { ActivationMap } from "../law/activation-map.ts";
import { homogeneous } from "../law/form.ts";
import { derivativesByRank, slopesByRank } from "../law/shape.ts";
import { keptWith } from "../state/kept.ts";
import type { Part } from "../state/state.ts";

const centredVariance = (part: Part): number => Math.max(0, diagonal(part.kernel) - part.mean * part.mean);

interface Ranked {
  readonly mean: number;
  readonly byRank: Float64Array;
}

/** Of a homogeneous activation behind a Gaussian at mean 0, whatever its variance. */
const rankedUnits = new WeakMap<Activation, Ranked>();

/** Mean of φ'² over the ranks, weighted by where the gradient arrives, and where it then lies. */
export function slopesOnRanks(activation: Activation, part: Part, arriving: Float64Array | null): Ranked {
  const sd = Math.sqrt(centredVariance(part));
  if (arriving !== null || part.shape !== null || part.mean !== 0 || sd === 0 || !homogeneous(activation))
    return rankedBy(slopesByRank(activation, part.shape, part.mean, sd), arriving, () =>
      risesWithRank(activation, part),
    );
  let unit = rankedUnits.get(activation);
  if (!unit) {
    unit = rankedBy(slopesByRank(activation, null, 0, 1), null, () => false);
    rankedUnits.set(activation, unit);
  }
  return unit;
}

function rankedBy(slopes: Float64Array, arriving: Float64Array | null, rising: () => boolean): Ranked {
  const weighted = arriving && (slopes.length < 2 || rising()) ? multiplyValues(slopes, arriving) : slopes;
  const level = mean(weighted);
  return { mean: level, byRank: level === 0 ? new Float64Array(weighted.length).fill(1) : overValues(weighted, level) };
}

/** Ranks survive a function that never falls over the bulk of the law. */
function risesWithRank(activation: Activation, part: Part): boolean {
  const sd = Math.sqrt(centredVariance(part));
  for (let z = -3; z < 3; z += 0.125)
    if (activation.value(part.mean + sd * (z + 0.125)) < activation.value(part.mean + sd * z)) return false;
  return true;
}

interface Led {
  readonly kernel: Kernel;
  readonly leadByRank: Float64Array | null;
  /** E[φ'φ'] of two values of this law at a centred correlation, whatever their ranks. */
  readonly across: (correlation: number) => number;
}

/** Below this share of the whole nothing is in common: statistics of a batch took it out. */
const NOTHING = 1e-6;

/** φ'(mean + sd·S) at the atoms. */
export const derivatives = (activation: Activation, part: Part): Float64Array =>
  derivativesByRank(activation, part.shape, part.mean, Math.sqrt(centredVariance(part)));

/**
 * How much more of a pair passes than E[φ'φ'](c) of the Gaussian law without ranks, by the pair's centred correlation c:
 * known for independent values, E[w φ']², and for equal ones, E[w φ'²]; in between in proportion to E[φ'φ'].
 */
function pairLift(map: ActivationMap, slopes: Float64Array, weights: Float64Array | null): (c: number) => number {
  const [apart, same] = [map.slopeProduct(0), map.derivativeSecondMoment];
  const weighted = weights ? multiplyValues(slopes, weights) : slopes;
  // Slopes of an even function average to nothing but rounding.
  const low = Math.abs(apart) <= NOTHING * same ? 1 : mean(weighted) ** 2 / apart;
  const high = same === 0 ? 1 : mean(multiplyValues(weighted, slopes)) / same;
  return (c) => (same === apart ? low : low + ((high - low) * (map.slopeProduct(c) - apart)) / (same - apart));
}

const keptPassing = keptWith<Part, Kernel>();

/**
 * The gradient behind an activation, pair by pair of positions. `ranked` is E[w φ'²] on the diagonal; what batch statistics
 * put between samples (`shared`) passes without ranks, and so does as much of the pairs within a sample.
 */
export function throughPairs(
  part: Part,
  map: ActivationMap,
  activation: Activation,
  gradient: GradientPart,
  profile: () => Float64Array,
  ranked: number,
  centre: (raw: number) => number,
): Led {
  const { kernel, shared } = gradient;
  const arriving = gradient.leadByRank ?? null;
  const level = diagonal(kernel);
  const followed = positions(kernel) > 1 && level > 0 && ranked > 0;
  const ranksMatter = followed && togetherness(gradient) > NOTHING * level;
  const plainly = part.shape === null && !ranksMatter;
  const slopes = plainly ? null : derivatives(activation, part);
  const one = slopes ? pairLift(map, slopes, null) : () => 1;
  const across = (c: number) => map.slopeProduct(c) * one(c);
  const passing = keptPassing(part, [activation, ranked, plainly], () => ({
    ...part.kernel,
    ...mapCorrelations(part.kernel, (c) => (ranked === 0 ? 0 : across(centre(c)) / ranked)),
    profile: profile(),
  }));
  const plain = multiplyKernels(kernel, passing);
  if (!ranksMatter || !slopes) return { kernel: plain, leadByRank: null, across };
  const rising = arriving === null || risesWithRank(activation, part);
  const led = rankedBy(slopes, arriving, () => rising);
  if (arriving === null || !rising) return { kernel: plain, leadByRank: led.byRank, across };
  const more = pairLift(map, slopes, arriving);
  const together = { ...kernel, ...mapCorrelations(kernel, (c) => Math.max(0, c + shared / level)) };
  const extra = multiplyKernels(together, {
    ...part.kernel,
    ...mapCorrelations(part.kernel, (raw) => {
      const c = centre(raw);
      return (map.slopeProduct(c) * (more(c) - one(c))) / ranked;
    }),
  });
  const lags = plain.lags.map((c, i) => (i === (plain.lags.length - 1) / 2 ? 1 : c + extra.lags[i]));
  return { kernel: { ...plain, lags, far: plain.far + extra.far }, leadByRank: led.byRank, across };
}
