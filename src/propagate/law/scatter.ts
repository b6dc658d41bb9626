/**
 * Scatter: how much the overlap K̂(p, p') = E_w[a_p a_p'] of two positions differs from input to input, and what it does to
 * the gradient of shared weights.
 *
 * What: Var(K̂(p, p')) / E[a²]² of a pair of different positions, as a kernel over common shifts of the pair. n independent
 * channels contribute (1 − c²)/n; a window averages it over its taps; an activation passes it on with
 * dK'/dK = E[φ'φ'] (Price 1958).
 * Why: the gradient of a weight is Σ_p δ_p a_p, and δ_p holds φ'(z_p), which depends on a_p through that very weight. Given
 * the input, E|Σ_p δ_p a_p|² = Σ_pp' Ĝ K̂ E[φ'φ'](K̂): where K̂ is large, so is E[φ'φ']. The covariance of the two,
 * Ĝ·(d E[φ'φ']/dK)·Var(K̂), is of order 1/fan-in, but all pairs of positions share its sign: behind a global pooling, which
 * makes δ alike everywhere, it doubles the first layer's gradient.
 * All overlaps of one pair fluctuate together, κ: Ĝ's covariance with κ (GradientPart.sway) goes back through the network as Ĝ
 * does, with E[φ''φ'']·σ_z·Ĝ more at each activation and σ_b·Ĝ at each gate b; a weight's gradient gains Σ sway·σ_a.
 * Limits: first order in Var(K̂); the same scatter for near pairs as for distant ones; branches fluctuate with one sign.
 */

import { correlationAt, diagonal, forEachLag, type Kernel, lagsFrom, pairsAt, positions } from "../kernel/kernel.ts";
import type { Part } from "../state/state.ts";
import type { ActivationMap } from "./activation-map.ts";

/** Common shifts beyond this do not meet in the windows of one layer: what lies further out is left out. */
const WIDEST = 6;

/** Scatter of a part's own overlap plus that of its finite number of channels. */
export function scatterOf(part: Part): Kernel {
  const { kernel } = part;
  const level = diagonal(kernel);
  const square = part.mean * part.mean;
  const variance = level - square;
  const centred = (raw: number) => (variance <= 0 ? 0 : (raw * level - square) / variance);
  const noise = Math.max(0, 1 - kernel.far * kernel.far) / part.channels;
  const own = inherited(part);
  const carried = own ? diagonal(own) : 0;
  const total = noise + carried;
  const radius = kernel.radius.map((r, axis) => Math.min(WIDEST, Math.max(r, own?.radius[axis] ?? 0)));
  const lags = lagsFrom(radius, (lag) =>
    total === 0
      ? 0
      : (noise * centred(correlationAt(kernel, lag)) ** 2 + (own ? carried * correlationAt(own, lag) : 0)) / total,
  );
  return { sizes: kernel.sizes, radius, lags, far: 0, profile: Float64Array.of(total) };
}

/** What earlier layers left, over the positions that the part has now; null where their axes have changed. */
export function inherited(part: Part): Kernel | null {
  const { sizes } = part.kernel;
  const own = part.scatter?.();
  if (!own || own.sizes.length !== sizes.length) return null;
  if (own.sizes.every((s, i) => s === sizes[i])) return own;
  const radius = own.radius.map((r, axis) => Math.min(r, sizes[axis] - 1));
  return { ...own, sizes, radius, lags: lagsFrom(radius, (lag) => correlationAt(own, lag)) };
}

/** Standard deviation of the overlap that earlier layers left, relative to E[a²]; 0 where it is not followed. */
export function relativeSway(part: Part): number {
  const own = inherited(part);
  return own ? Math.sqrt(Math.max(0, diagonal(own))) : 0;
}

/** Share of a layer's sway that its input's makers know of: not the noise of the input's own finite number of channels. */
export function handedBack(part: Part): number {
  const whole = diagonal(scatterOf(part));
  return whole === 0 ? 0 : Math.min(1, relativeSway(part) / Math.sqrt(whole));
}

/** Of a sum (each part by its share of E[a²]) or, with `product`, of the entrywise product of two parts. */
export function scatterOfJoined(parts: readonly Part[], product: boolean): (() => Kernel) | undefined {
  if (parts[0].kernel.sizes.length === 0 || parts.every((part) => part.scatter === undefined)) return undefined;
  return lazily(() => {
    const sways = parts.map(relativeSway);
    const levels = parts.map((part) => diagonal(part.kernel));
    const total = levels.reduce((a, b) => a + b, 0);
    const [a, b] = parts;
    const variance = product
      ? (sways[0] * b.kernel.far + sways[1] * a.kernel.far) ** 2 + 2 * (sways[0] * sways[1]) ** 2
      : (sways.reduce((sum, s, i) => sum + s * levels[i], 0) / Math.max(total, 1e-300)) ** 2;
    const widest = parts.reduce((p, q) => (relativeSway(q) > relativeSway(p) ? q : p));
    const own = inherited(widest);
    return own ? scaled({ ...own, profile: Float64Array.of(1) }, variance) : scaled(a.kernel, 0);
  });
}

/** Computed when first asked for: only nets without normalization before a pooling need it. */
export function lazily(make: () => Kernel): () => Kernel {
  let made: Kernel | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

const scaled = (kernel: Kernel, factor: number): Kernel => ({
  ...kernel,
  profile: Float64Array.of(diagonal(kernel) * factor),
});

/** After a layer whose bias holds the share `bias` of E[z²]: `averaged` is the scatter over one window. */
export const scatterThroughLayer = (averaged: Kernel, bias: number): Kernel => scaled(averaged, (1 - bias) ** 2);

/** After an activation: `far` is the centred correlation of two distant positions, `gain` E[z²]/E[φ²]. */
export const scatterThrough = (kernel: Kernel, map: ActivationMap, far: number, gain: number): Kernel =>
  scaled(kernel, (map.slopeProduct(far) * gain) ** 2);

/** Step of the central difference in c: error h²/6 of a third derivative, rounding 1e-13/h. */
const STEP = 1e-3;

/** E[φ''φ''] = d E[φ'φ']/dK at centred correlation c, in units of 1/variance². */
export function curvatureProduct(map: ActivationMap, variance: number, c: number): number {
  const at = Math.max(-1 + 2 * STEP, Math.min(1 - 2 * STEP, c));
  return (map.slopeProduct(at + STEP) - map.slopeProduct(at - STEP)) / (2 * STEP) / variance;
}

/** Σ over pairs of different positions of G(p, p')·f(correlation of z at the pair). */
export function sumOverOthers(gradient: Kernel, values: Kernel, f: (correlation: number) => number): number {
  const radius = gradient.radius.map((r, axis) => Math.max(r, values.radius[axis]));
  const count = positions(gradient);
  let sum = 0;
  let pairs = count;
  forEachLag(radius, (_, lag) => {
    if (lag.every((l) => l === 0)) return;
    const n = pairsAt(gradient.sizes, lag);
    pairs += n;
    if (n > 0) sum += n * correlationAt(gradient, lag) * f(correlationAt(values, lag));
  });
  return diagonal(gradient) * (sum + (count * count - pairs) * gradient.far * f(values.far));
}
