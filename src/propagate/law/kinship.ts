/**
 * How far a channel's variance over a batch differs from one channel to the next, which is what makes E[1/s²] larger than
 * 1/E[s²] behind batch statistics.
 *
 * Given the inputs, the values of one channel over all samples and positions are Gaussian with a covariance K that all
 * channels share, so that Var(s²)/E[s²]² = 2 tr(K²)/(tr K)² + (κ − 3) Σ x⁴-share of the weights: kurtosis κ counts where few
 * weights enter (uniform weights, κ = 9/5, scatter less than Gaussian ones). tr(K²) sums squared correlations over all
 * pairs of samples and positions. Between samples they are not 0: n channels estimate them with variance 1/n, a window
 * averages the taps' own, and an activation multiplies by the slope of its correlation map (Poole et al. 2016, eq. 8).
 * Limits: the two branches of a sum count as uncorrelated in this; lags beyond `WIDEST` are dropped.
 */

import { correlationAt, diagonal, forEachLag, pairsAt, positions, product } from "../kernel/kernel.ts";
import type { Window } from "../kernel/windows.ts";
import type { Part } from "../state/state.ts";
import type { ActivationMap } from "./activation-map.ts";

/** Mean square correlation of two samples by common shift: E[c(p, p') c(p + τ, p' + τ)], c less what all have in common. */
export interface Likeness {
  /** The table holds shifts 0 … radius on each axis, either way alike; beyond it is 0. */
  readonly radius: readonly number[];
  readonly values: Float64Array;
}

export interface Kinship {
  /** Of the values that one channel's weights saw. */
  readonly likeness: Likeness;
  /** Of what all channels together show: without the noise that each group of a grouped layer has alone; absent: the same. */
  readonly together?: Likeness;
  /** 1: the channels' sizes are as their weights made them; 0: normalized, all of one size. */
  readonly loose: number;
  /** (κ − 3) Σ over weights of their squared share of the variance. */
  readonly fourth: number;
}

const WIDEST = 3;

const none = (axes: number): Likeness => ({ radius: new Array<number>(axes).fill(0), values: Float64Array.of(0) });

const likenessOf = (part: Part, own = part.kinship?.likeness): Likeness => {
  const axes = part.kernel.sizes.length;
  if (!own) return none(axes);
  return own.radius.length === axes ? own : { ...none(axes), values: own.values.slice(0, 1) };
};

/** Value at a shift, by its size on each axis. */
function at({ radius, values }: Likeness, shift: readonly number[]): number {
  let index = 0;
  for (let axis = 0; axis < radius.length; axis++) {
    const size = shift[axis] < 0 ? -shift[axis] : shift[axis];
    if (size > radius[axis]) return 0;
    index = index * (radius[axis] + 1) + size;
  }
  return values[index];
}

function tabulate(radius: readonly number[], of: (shift: readonly number[], index: number) => number): Likeness {
  const values = new Float64Array(radius.reduce((n, r) => n * (r + 1), 1));
  const shift = radius.map(() => 0);
  for (let index = 0; index < values.length; index++) {
    values[index] = of(shift, index);
    for (let axis = radius.length - 1; axis >= 0; axis--) {
      if (++shift[axis] <= radius[axis]) break;
      shift[axis] = 0;
    }
  }
  return { radius, values };
}

/** Correlation of two positions of one sample, less what all samples have in common. */
const within = (part: Part): ((raw: number) => number) => {
  const level = diagonal(part.kernel);
  const own = level - part.cross;
  return (raw) => (own <= 0 ? 0 : (raw * level - part.cross) / own);
};

const togetherOf = (part: Part): Likeness => likenessOf(part, part.kinship?.together ?? part.kinship?.likeness);

/** The likeness that a layer's weights see in n channels: their own sampling error 1/n added. */
function sampled(part: Part, channels: number, own: Likeness): Likeness {
  const centred = within(part);
  const radius = own.radius.map((r, axis) => Math.min(WIDEST, Math.max(r, part.kernel.radius[axis])));
  return tabulate(radius, (shift, index) => {
    const c = centred(index === 0 ? 1 : correlationAt(part.kernel, shift));
    return at(own, shift) + (c * c) / channels;
  });
}

/** One axis of a window: taps t, t' of two positions with the same shift meet at s·l + (t − t')·d, with triangular weights. */
function slide(of: Likeness, axis: number, taps: number, stride: number, dilation: number, limit: number): Likeness {
  if (taps === 1 && stride === 1) return of;
  const reach = (taps - 1) * dilation;
  const radius = of.radius.map((r, i) => (i === axis ? Math.min(limit, Math.ceil((r + reach) / stride)) : r));
  const from = radius.map(() => 0);
  return tabulate(radius, (shift) => {
    for (let i = 0; i < from.length; i++) from[i] = shift[i];
    let sum = 0;
    for (let t = 1 - taps; t < taps; t++) {
      from[axis] = shift[axis] * stride + t * dilation;
      sum += (taps - Math.abs(t)) * at(of, from);
    }
    return sum / (taps * taps);
  });
}

function throughWindow(of: Likeness, window: Window, sizes: readonly number[], transposed: boolean): Likeness {
  return sizes.reduce((current, size, axis) => {
    const stride = window.strides[axis];
    const taps = transposed ? Math.max(1, Math.round(window.kernel[axis] / stride)) : window.kernel[axis];
    const limit = Math.min(WIDEST, size - 1);
    return slide(current, axis, taps, transposed ? 1 : stride, transposed ? 1 : window.dilations[axis], limit);
  }, of);
}

/** Σ share² Q of likenesses over the same axes. */
function blend(terms: readonly { readonly likeness: Likeness; readonly share: number }[]): Likeness {
  const [first] = terms;
  if (terms.length === 1 && first.share === 1) return first.likeness;
  const radius = first.likeness.radius.map((_, axis) => Math.max(...terms.map((t) => t.likeness.radius[axis])));
  return tabulate(radius, (shift) =>
    terms.reduce((sum, { likeness, share }) => sum + share * share * at(likeness, shift), 0),
  );
}

const ownVariance = (part: Part): number => Math.max(0, diagonal(part.kernel) - part.cross);

function shares(parts: readonly Part[], weights: readonly number[]): number[] {
  const sizes = parts.map((part, i) => weights[i] * ownVariance(part));
  const total = sizes.reduce((a, b) => a + b, 0);
  return sizes.map((size) => (total === 0 ? 1 / parts.length : size / total));
}

/** Of a layer's output: every channel a fresh sum over the parts' channels of its group (and a window's taps). */
export function kinshipOfLayer(
  parts: readonly Part[],
  kurtosis: number,
  fan: number,
  groups: number,
  window: { readonly window: Window; readonly sizes: readonly number[]; readonly transposed: boolean } | null,
): Kinship {
  const channels = parts.reduce((n, part) => n + part.channels, 0);
  const share = shares(
    parts,
    parts.map((part) => part.channels),
  );
  const seen = (count: number, own: (part: Part) => Likeness): Likeness => {
    const all = blend(
      parts.map((part, i) => ({ likeness: sampled(part, part.channels / count, own(part)), share: share[i] })),
    );
    return window ? throughWindow(all, window.window, window.sizes, window.transposed) : all;
  };
  const crowd = share.reduce((sum, s, i) => sum + (s * s * channels) / parts[i].channels, 0);
  // A group of one channel has that channel's own likeness; a group of several averages it.
  const alone = channels === groups ? likenessOf : togetherOf;
  return {
    likeness: seen(groups, (part) => alone(part)),
    ...(groups > 1 && { together: seen(1, togetherOf) }),
    loose: 1,
    fourth: fan === 0 ? 0 : ((kurtosis - 3) / fan) * crowd,
  };
}

/** Contracted positions: the mean over all pairs of them. */
export function overPositions(kinship: Kinship, sizes: readonly number[]): Kinship {
  const { likeness } = kinship;
  if (likeness.radius.length === 0) return kinship;
  const count = product(sizes);
  let sum = 0;
  tabulate(likeness.radius, (shift, index) => {
    const ways = shift.reduce((n, l) => (l === 0 ? n : 2 * n), 1);
    sum += ways * pairsAt(sizes, shift) * likeness.values[index];
    return 0;
  });
  return { ...kinship, likeness: { radius: [], values: Float64Array.of(sum / (count * count)) } };
}

const mapLikeness = (kinship: Kinship, f: (of: Likeness) => Likeness): Kinship => ({
  ...kinship,
  likeness: f(kinship.likeness),
  ...(kinship.together && { together: f(kinship.together) }),
});

/** After an activation of `part`; `own`: what is left of E[φ²] less what all samples have in common. */
export function kinshipThrough(part: Part, kinship: Kinship, map: ActivationMap, own: number): Kinship {
  const level = diagonal(part.kernel);
  const square = part.mean * part.mean;
  const variance = level - square;
  const slope =
    own <= 0 || variance <= 0 ? 0 : (map.slopeProduct((part.cross - square) / variance) * (level - part.cross)) / own;
  const factor = Math.min(1, slope * slope);
  return mapLikeness(kinship, (of) => ({ ...of, values: of.values.map((v) => v * factor) }));
}

/** Of a sum: of what was normalized only the part that meets others scatters, 1 − share². */
export function kinshipOfSum(parts: readonly Part[]): Kinship | undefined {
  const kept = parts.map((part) => part.kinship);
  if (kept.every((s) => s === undefined)) return undefined;
  if (parts.some((part) => part.kernel.sizes.length !== parts[0].kernel.sizes.length)) return undefined;
  const share = shares(
    parts,
    parts.map(() => 1),
  );
  const blended = (of: (part: Part) => Likeness) =>
    blend(parts.map((part, i) => ({ likeness: of(part), share: share[i] })));
  return {
    likeness: blended((part) => likenessOf(part)),
    ...(kept.some((own) => own?.together) && { together: blended(togetherOf) }),
    loose: share.reduce((left, s, i) => left - s * s * (1 - (kept[i]?.loose ?? 0)), 1),
    fourth: share.reduce((sum, s, i) => sum + s * s * (kept[i]?.fourth ?? 0), 0),
  };
}

/** Pooling windows overlap as convolutions' do, with no weights of their own. */
export function kinshipThroughPool(part: Part, window: Window, sizes: readonly number[]): Kinship | undefined {
  const { kinship } = part;
  if (!kinship || kinship.likeness.radius.length !== sizes.length) return undefined;
  return mapLikeness(kinship, (of) => throughWindow(of, window, sizes, false));
}

export const settled = (kinship: Kinship | undefined): Kinship | undefined =>
  kinship && { ...kinship, loose: 0, fourth: 0 };

/** Var(s²)/E[s²]² between channels, s² the variance over `samples` samples and all positions. */
export function varianceOfVariance(part: Part, samples: number): number {
  const { kinship } = part;
  if (!kinship) return 0;
  const centred = within(part);
  const { kernel } = part;
  const count = positions(kernel);
  let inside = 0;
  let pairs = 0;
  forEachLag(kernel.radius, (index, lag) => {
    const n = pairsAt(kernel.sizes, lag);
    pairs += n;
    inside += n * centred(kernel.lags[index]) ** 2;
  });
  const same = (inside + (count * count - pairs) * centred(kernel.far) ** 2) / (count * count);
  return Math.max(0, 2 * kinship.loose * (kinship.likeness.values[0] + same / samples) + kinship.fourth);
}
