/** Moments of an activation at every position of a map. */

import type { Activation } from "../../activation/index.ts";
import { extent, rootValues, scaleValues } from "../kernel/values.ts";
import { type ActivationMap, activationMap } from "./activation-map.ts";
import { homogeneous } from "./form.ts";
import { interpolant } from "./interpolant.ts";

/** Relative range of a diagonal below which it counts as level. */
const LEVEL = 1e-9;

/** Points for a range of standard deviations: moments are smooth in them, so a narrow range needs few (error below 1e-6). */
const pointsFor = (low: number, high: number): number => (high < 1.1 * low ? 4 : high < 1.5 * low ? 6 : 9);

/** A moment of φ, and the power of φ in it. */
export interface Moment {
  readonly of: (map: ActivationMap) => number;
  readonly degree: 0 | 1 | 2;
}
export const MEAN: Moment = { of: (map) => map.mean, degree: 1 };
export const SECOND: Moment = { of: (map) => map.secondMoment, degree: 2 };
export const SLOPE: Moment = { of: (map) => map.derivativeSecondMoment, degree: 0 };

/** Applies a moment of the map to every variance of a profile: smooth in the standard deviation, so few points do. */
export function profileThrough(
  activation: Activation,
  mean: number,
  profile: Float64Array,
  { of, degree }: Moment,
): Float64Array {
  if (mean === 0 && homogeneous(activation)) {
    const unit = of(activationMap(activation, 0, 1));
    if (degree === 0) return Float64Array.of(unit);
    return degree === 1 ? rootValues(profile, unit) : scaleValues(profile, unit);
  }
  const square = mean * mean;
  const range = extent(profile);
  const low = Math.max(0, range.low - square);
  const high = Math.max(0, range.high - square);
  if (profile.length === 1 || high - low <= LEVEL * high)
    return Float64Array.of(of(activationMap(activation, mean, high)));
  const curve = interpolant(Math.sqrt(low), Math.sqrt(high), pointsFor(Math.sqrt(low), Math.sqrt(high)), (sd) =>
    of(activationMap(activation, mean, sd * sd)),
  );
  return throughCurve(profile, (value) => curve(Math.sqrt(Math.max(0, value - square))));
}

/** Away from borders neighbours are equal: one evaluation serves a run of them. */
function throughCurve(profile: Float64Array, curve: (value: number) => number): Float64Array {
  const out = new Float64Array(profile.length);
  let last = Number.NaN;
  let result = 0;
  for (let i = 0; i < out.length; i++) {
    if (profile[i] !== last) {
      last = profile[i];
      result = curve(last);
    }
    out[i] = result;
  }
  return out;
}
