/**
 * How unevenly the size of a layer's output is spread at finite width: given its input and all earlier weights z is a sum over
 * fresh weights, Gaussian of the variance q̂ = Var(w)·Σ a², and q̂ differs from input to input and from draw to draw.
 *
 * What: Var(q̂)/E[q̂]². n channels contribute (κ − 1)/n, κ = E[a⁴]/E[a²]²; what they have in common, the q̂ of the layer before,
 * comes through an activation with (d ln E[φ²]/d ln q)² and does not average out over channels (Hanin 2018 for rectifiers).
 * Why: E[φ(z)²] over a Gaussian of random scale is more than that over one Gaussian of the mean variance where it grows faster
 * than the variance does: a square's by that relative variance, a cube's by three times it; a tenth to a half at width 48.
 * Limits: q̂ as Gamma of a relative variance up to 2; branches that are added fluctuate with one sign; normalizations other than
 * a batch's level it.
 */

import type { Activation } from "../../activation/index.ts";
import { expectations } from "../../gaussian/index.ts";
import {
  correlationAt,
  diagonal,
  forEachLag,
  type Kernel,
  meanOverPairs,
  positions,
  product,
} from "../kernel/kernel.ts";
import type { Part } from "../state/state.ts";
import { type ActivationMap, activationMap } from "./activation-map.ts";
import { rawKurtosis } from "./shape.ts";

export interface Uneven {
  /** Relative variance of q̂: what all channels share. */
  readonly common: number;
  /** Excess kurtosis of one element: 3·common and what the weights' own law adds. */
  readonly excess: number;
  /** E[a⁴]/E[a²]² of one element where it is known better than by the part's form. */
  readonly fourth?: number;
}

/** Taps of a convolution over the positions of a kernel; null: all positions are contracted. */
export interface Taps {
  readonly kernel: readonly number[];
  readonly dilations: readonly number[];
}

/** Mean over pairs of taps of f(centred correlation). */
function overTaps(part: Part, kernel: Kernel, taps: Taps | null, f: (c: number) => number): number {
  const [level, square] = [diagonal(kernel), part.mean * part.mean];
  const centred = (raw: number) => (level <= square ? 1 : Math.max(0, (raw * level - square) / (level - square)));
  if (taps === null) {
    const count = positions(kernel);
    if (count === 1 || level === 0) return 1;
    const off = ((meanOverPairs(kernel) / level) * count - 1) / (count - 1);
    return (1 + (count - 1) * f(centred(off))) / count;
  }
  let sum = 0;
  forEachLag(
    taps.kernel.map((k) => k - 1),
    (_, lag) => {
      const pairs = lag.reduce((n, l, axis) => n * (taps.kernel[axis] - Math.abs(l)), 1);
      const same = lag.every((l) => l === 0);
      const met = lag.map((l, axis) => l * taps.dilations[axis]);
      sum += pairs * (same ? 1 : f(centred(correlationAt(kernel, met))));
    },
  );
  return sum / product(taps.kernel) ** 2;
}

interface Source {
  readonly part: Part;
  /** Over the positions that taps count. */
  readonly kernel: Kernel;
  /** Channels that enter one output. */
  readonly channels: number;
}

interface Weights {
  readonly kurtosis: number;
  readonly fan: number;
  /** Share of E[z²] that the bias holds, and its own E[b⁴]/E[b²]². */
  readonly bias: number;
  readonly biasKurtosis: number;
}

/** Of a layer's output. */
export function unevenOfLayer(
  sources: readonly Source[],
  taps: Taps | null,
  { kurtosis, fan, bias, biasKurtosis }: Weights,
): Uneven {
  const sizes = sources.map(({ part, channels }) => channels * diagonal(part.kernel));
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total === 0) return { common: 0, excess: 0 };
  let own = 0;
  let shared = 0;
  let inputs = 0;
  sources.forEach(({ part, kernel, channels }, i) => {
    const share = sizes[i] / total;
    const sd = Math.sqrt(Math.max(0, diagonal(part.kernel) - part.mean ** 2));
    const known = part.uneven?.();
    const fourth = known?.fourth ?? rawKurtosis(part.shape, part.mean, sd);
    const before = known?.common ?? 0;
    own += ((share * share * Math.max(0, fourth - 1 - before)) / channels) * overTaps(part, kernel, taps, (c) => c * c);
    shared += share * before * (before === 0 ? 0 : overTaps(part, kernel, taps, (c) => c));
    inputs += share * fourth;
  });
  const left = (1 - Math.min(1, bias)) ** 2;
  const flat = (biasKurtosis - 3) * Math.min(1, bias) ** 2;
  const common = own + shared;
  return { common: common * left, excess: (3 * common + ((kurtosis - 3) * inputs) / Math.max(1, fan)) * left + flat };
}

/** Of a sum of parts. */
export function unevenOfSum(parts: readonly Part[]): (() => Uneven) | undefined {
  if (parts.every((part) => part.uneven === undefined)) return undefined;
  return remembered(() => {
    const levels = parts.map((part) => diagonal(part.kernel));
    const total = levels.reduce((a, b) => a + b, 0);
    if (total === 0) return { common: 0, excess: 0 };
    let root = 0;
    let excess = 0;
    parts.forEach((part, i) => {
      const own = part.uneven?.() ?? { common: 0, excess: 0 };
      root += (levels[i] / total) * Math.sqrt(own.common);
      excess += (levels[i] / total) ** 2 * own.excess;
    });
    return { common: root * root, excess };
  });
}

/** Computed when first asked for: only where an activation grows much faster or slower than its argument. */
export function remembered(make: () => Uneven): () => Uneven {
  let made: Uneven | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** From so much above the identity's 1 d ln E[φ²] / d ln q counts; GELU and SiLU at unit variance lie below. */
const BENT = 0.5;

/** Gauss–Hermite rule of seven points for the standard normal: exact for polynomials of degree 13. */
const NODES = [
  [0, 16 / 35],
  ...[
    [1.154405394739968, 0.2401231786050127],
    [2.366759410734541, 0.03075712396758651],
    [3.750439717725742, 0.0005482688559722179],
  ].flatMap(([z, weight]) => [
    [z, weight],
    [-z, weight],
  ]),
];

/** Mean over a Gamma-distributed scale of mean 1 and this relative variance, by Wilson & Hilferty 1931. */
function overScales(relative: number, f: (scale: number) => number): number {
  const ninth = Math.min(2, relative) / 9;
  const scales = NODES.map(([z]) => Math.max(0, 1 - ninth + z * Math.sqrt(ninth)) ** 3);
  const mean = NODES.reduce((sum, [, weight], i) => sum + weight * scales[i], 0);
  return NODES.reduce((sum, [, weight], i) => sum + weight * f(scales[i] / mean), 0);
}

/** What the uneven size of z changes for an activation that is bent. */
export interface Lifts {
  /** Of E[φ], E[φ²] and E[φ'²]: over the scale, relative to the one Gaussian. */
  readonly mean: number;
  readonly second: number;
  readonly slope: number;
}

/** null: z counts as the Gaussian that it is in a wide layer, or has a form of its own. */
export function unevenLifts(activation: Activation, part: Part, map: ActivationMap): Lifts | null {
  if (part.shape !== null || part.uneven === undefined || map.growth - 1 <= BENT) return null;
  const relative = part.uneven().excess / 3;
  if (!(relative > 0)) return null;
  const variance = diagonal(part.kernel) - part.mean ** 2;
  const lift = (own: number, of: (m: ActivationMap) => number) =>
    own === 0 ? 1 : overScales(relative, (s) => of(activationMap(activation, part.mean, variance * s))) / own;
  return {
    mean: lift(map.mean, (m) => m.mean),
    second: lift(map.secondMoment, (m) => m.secondMoment),
    slope: lift(map.derivativeSecondMoment, (m) => m.derivativeSecondMoment),
  };
}

/** E[φ⁴] / E[φ²]² over the scales. */
function fourthOf(activation: Activation, part: Part, map: ActivationMap, lifts: Lifts): number {
  const variance = Math.max(0, diagonal(part.kernel) - part.mean ** 2);
  const relative = (part.uneven?.().excess ?? 0) / 3;
  const fourth = overScales(
    relative,
    (s) =>
      expectations(
        (z, out) => {
          out[0] = activation.value(z) ** 4;
        },
        1,
        { mean: part.mean, variance: variance * s, breaks: activation.breaks, features: activation.features },
      ).values[0],
  );
  return fourth / (map.secondMoment * lifts.second) ** 2;
}

/** Of φ(z): what its channels share. */
export function unevenThrough(
  activation: Activation,
  part: Part,
  map: ActivationMap,
  lifts: Lifts | null,
): (() => Uneven) | undefined {
  const before = part.uneven;
  if (before === undefined) return undefined;
  return remembered(() => ({
    common: map.growth * map.growth * before().common,
    excess: 0,
    ...(lifts && { fourth: fourthOf(activation, part, map, lifts) }),
  }));
}
