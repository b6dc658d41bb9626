/**
 * How an activation carries moments: z ~ N(mean, variance) in, moments and correlations of φ(z) and φ'(z) out.
 *
 * E[φ(u)φ(v)] at correlation c is Σ a_k² c^k, a_k the normalized Hermite coefficients of φ (Mehler; Daniely et al. 2016,
 * "Toward deeper understanding of neural networks", eq. 4). The tail beyond the last coefficient is put on the next
 * power, so that c = 1 is exact and the error elsewhere is below tail·|c|^TERMS.
 */

import type { Activation } from "../activation/index.ts";

const TERMS = 48;
/** ±9 standard deviations leave out 2·10⁻¹⁹ of the mass. */
const REACH = 9;
/** Gauss–Legendre, 10 points on [−1, 1] (Abramowitz & Stegun 25.4): positive nodes and weights. */
const NODES = [0.14887433898163122, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717];
const WEIGHTS = [0.2955242247147529, 0.26926671930999635, 0.21908636251598204, 0.1494513491505806, 0.06667134430868814];

const ROOT = Float64Array.from({ length: TERMS + 1 }, (_, k) => Math.sqrt(k));
const INVERSE_ROOT = ROOT.map((r) => 1 / r);

export interface ActivationMap {
  readonly mean: number;
  readonly secondMoment: number;
  /** E[φ'(z)] and E[φ'(z)²]. */
  readonly slope: number;
  readonly slopeSecondMoment: number;
  /** d ln E[φ²] / d ln variance: how a relative error of the variance is passed on. */
  readonly growth: number;
  /** E[φ(u)φ(v)] for u, v of this mean and variance and correlation c ∈ [−1, 1]. */
  readonly product: (correlation: number) => number;
  /** Normalized Hermite coefficients of φ(mean + sd·Z). */
  readonly coefficients: Float64Array;
  /** E[φ'(u)φ'(v)]. */
  readonly slopeProduct: (correlation: number) => number;
}

interface Coefficients {
  readonly values: Float64Array;
  readonly slopes: Float64Array;
  readonly secondMoment: number;
  readonly slopeSecondMoment: number;
  /** E[φφ'Z]. */
  readonly radial: number;
}

function panelEdges(activation: Activation, mean: number, sd: number, panels: number): number[] {
  const edges = Array.from({ length: panels + 1 }, (_, i) => -REACH + (2 * REACH * i) / panels);
  for (const at of activation.breaks) {
    const z = (at - mean) / sd;
    if (z > -REACH && z < REACH) edges.push(z);
  }
  return edges.sort((a, b) => a - b);
}

/** Visits the nodes of a composite Gauss–Legendre rule: standardized abscissa and weight × normal density. */
function forEachNode(activation: Activation, mean: number, sd: number, panels: number, visit: (z: number, density: number) => void): void {
  const edges = panelEdges(activation, mean, sd, panels);
  for (let i = 0; i + 1 < edges.length; i++) {
    const half = (edges[i + 1] - edges[i]) / 2;
    if (half === 0) continue;
    const middle = edges[i] + half;
    for (let n = 0; n < NODES.length; n++) {
      const left = middle - half * NODES[n];
      const right = middle + half * NODES[n];
      const weight = half * WEIGHTS[n] * 0.3989422804014327;
      visit(left, weight * Math.exp(-0.5 * left * left));
      visit(right, weight * Math.exp(-0.5 * right * right));
    }
  }
}

/** Moments alone, for where the correlation is not asked for. */
export interface PlainMoments {
  readonly mean: number;
  readonly secondMoment: number;
  readonly slopeSecondMoment: number;
}

function plainMoments(activation: Activation, mean: number, sd: number, panels: number): PlainMoments {
  let first = 0;
  let second = 0;
  let slopes = 0;
  forEachNode(activation, mean, sd, panels, (z, density) => {
    const value = activation.value(mean + sd * z);
    const slope = activation.derivative(mean + sd * z);
    first += density * value;
    second += density * value * value;
    slopes += density * slope * slope;
  });
  return { mean: first, secondMoment: second, slopeSecondMoment: slopes };
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-8 * (Math.abs(a) + Math.abs(b)) + 1e-300;

/** Doubles the panels until both second moments stand still; returns the coarser count that already had them. */
function settledPanels(activation: Activation, mean: number, sd: number): number {
  let panels = 8;
  let current = plainMoments(activation, mean, sd, panels);
  while (panels < 2048) {
    const finer = plainMoments(activation, mean, sd, panels * 2);
    if (close(current.secondMoment, finer.secondMoment) && close(current.slopeSecondMoment, finer.slopeSecondMoment)) break;
    current = finer;
    panels *= 2;
  }
  return panels;
}

function coefficients(activation: Activation, mean: number, sd: number, panels: number): Coefficients {
  const values = new Float64Array(TERMS);
  const slopes = new Float64Array(TERMS);
  let secondMoment = 0;
  let slopeSecondMoment = 0;
  let radial = 0;
  forEachNode(activation, mean, sd, panels, (z, density) => {
    const value = activation.value(mean + sd * z);
    const slope = activation.derivative(mean + sd * z);
    secondMoment += density * value * value;
    slopeSecondMoment += density * slope * slope;
    radial += density * value * slope * z;
    const wv = density * value;
    const ws = density * slope;
    let previous = 0;
    let current = 1;
    for (let k = 0; k < TERMS; k++) {
      values[k] += wv * current;
      slopes[k] += ws * current;
      const next = (z * current - ROOT[k] * previous) * INVERSE_ROOT[k + 1];
      previous = current;
      current = next;
    }
  });
  return { values, slopes, secondMoment, slopeSecondMoment, radial };
}

function mehler(a: Float64Array, total: number): (c: number) => number {
  const squares = a.map((v) => v * v);
  const tail = Math.max(0, total - squares.reduce((x, y) => x + y, 0));
  return (c) => {
    const clipped = Math.max(-1, Math.min(1, c));
    let sum = tail * clipped;
    for (let k = TERMS - 1; k >= 1; k--) sum = (sum + squares[k]) * clipped;
    return sum + squares[0];
  };
}

/** E[φ], E[φ²] and E[φ'²] at z ~ N(mean, variance), to 1e-8. */
export function momentsAt(activation: Activation, mean: number, variance: number): PlainMoments {
  const sd = Math.sqrt(Math.max(variance, 0));
  if (sd <= 1e-14 * Math.abs(mean) || sd === 0) {
    const value = activation.value(mean);
    return { mean: value, secondMoment: value * value, slopeSecondMoment: activation.derivative(mean) ** 2 };
  }
  return plainMoments(activation, mean, sd, settledPanels(activation, mean, sd) * 2);
}

export function activationMap(activation: Activation, mean: number, variance: number): ActivationMap {
  const sd = Math.sqrt(Math.max(variance, 0));
  if (sd <= 1e-14 * Math.abs(mean) || sd === 0) {
    const value = activation.value(mean);
    const slope = activation.derivative(mean);
    return { mean: value, secondMoment: value * value, slope, slopeSecondMoment: slope * slope, growth: 0, coefficients: Float64Array.of(value), product: () => value * value, slopeProduct: () => slope * slope };
  }
  const { values, slopes, secondMoment, slopeSecondMoment, radial } = coefficients(activation, mean, sd, settledPanels(activation, mean, sd));
  return {
    mean: values[0],
    secondMoment,
    slope: slopes[0],
    slopeSecondMoment,
    growth: secondMoment === 0 ? 0 : (sd * radial) / secondMoment,
    coefficients: values,
    product: mehler(values, secondMoment),
    slopeProduct: mehler(slopes, slopeSecondMoment),
  };
}
