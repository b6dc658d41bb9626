/**
 * The form of a marginal law that is not Gaussian: quantiles, standardized. A residual sum x + F(x) of a rectified x is
 * skewed; taking it as Gaussian costs 6 % of the variance after the next rectifier (E: max(g, 0) + h, g and h standard
 * normal, has 0.695 after ReLU; the Gaussian of the same moments 0.652). Layers with many weights make laws Gaussian again.
 */

import type { Activation } from "../../activation/index.ts";
import { normalQuantile } from "../../gaussian/index.ts";
import { mean as average } from "../kernel/kernel.ts";
import { homogeneous } from "./form.ts";

/** Equally likely values in ascending order, mean 0, variance 1. Null: Gaussian. */
export type Shape = Float64Array | null;

const ATOMS = 256;
/** Atoms of each summand when two laws are convolved. */
const COARSE = 64;

const quantiles = (count: number): Float64Array =>
  standardized(Float64Array.from({ length: count }, (_, i) => normalQuantile((i + 0.5) / count))) ??
  new Float64Array(count);

/** Mean 0 and variance 1; null for a constant. */
function standardized(values: Float64Array): Shape {
  const middle = average(values);
  const out = new Float64Array(values.length);
  let variance = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = values[i] - middle;
    variance += out[i] * out[i];
  }
  variance /= values.length;
  if (variance <= 1e-24 * (1 + middle * middle)) return null;
  const scale = 1 / Math.sqrt(variance);
  for (let i = 0; i < out.length; i++) out[i] *= scale;
  return out;
}

let fine: Float64Array | null = null;
const normalAtoms = (): Float64Array => (fine ??= quantiles(ATOMS));

/** The values themselves, standard normal ones where the law is Gaussian. */
export const atomsOf = (shape: Shape): Float64Array => shape ?? normalAtoms();

/** The same in few atoms. */
const coarseAtomsOf = (shape: Shape): Float64Array => (shape === null ? coarseNormal() : coarsen(shape, COARSE));

let coarse: Float64Array | null = null;
const coarseNormal = (): Float64Array => (coarse ??= coarsen(normalAtoms(), COARSE));

/** Averages of equal runs of sorted values. */
function coarsen(values: Float64Array, count: number): Float64Array {
  const out = new Float64Array(count);
  const step = values.length / count;
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i * step);
    const to = Math.max(from + 1, Math.floor((i + 1) * step));
    for (let j = from; j < to; j++) out[i] += values[j];
    out[i] /= to - from;
  }
  return out;
}

export interface ThroughActivation {
  readonly mean: number;
  readonly secondMoment: number;
  readonly shape: Shape;
}

/** Moments of φ(mean + sd·S) by the atoms of the shape. */
export function shapeThrough(activation: Activation, shape: Shape, mean: number, sd: number): ThroughActivation {
  if (shape !== null || mean !== 0 || sd === 0 || !homogeneous(activation))
    return throughAtoms(activation, shape, mean, sd);
  let unit = units.get(activation);
  if (!unit) {
    unit = throughAtoms(activation, null, 0, 1);
    units.set(activation, unit);
  }
  return { mean: sd * unit.mean, secondMoment: sd * sd * unit.secondMoment, shape: unit.shape };
}

/** A standard normal through a homogeneous activation: its form is the same at every variance. */
const units = new WeakMap<Activation, ThroughActivation>();

function throughAtoms(activation: Activation, shape: Shape, mean: number, sd: number): ThroughActivation {
  const atoms = atomsOf(shape);
  const values = new Float64Array(atoms.length);
  let second = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = activation.value(mean + sd * atoms[i]);
    second += values[i] ** 2;
  }
  const n = values.length;
  return { mean: average(values), secondMoment: second / n, shape: standardized(values.sort()) };
}

/** Shape of a sum of independent variables with these shapes and standard deviations. */
export function sumShapes(terms: readonly { readonly shape: Shape; readonly sd: number }[]): Shape {
  const total = terms.reduce((sum, t) => sum + t.sd * t.sd, 0);
  if (total === 0 || terms.every((t) => t.shape === null)) return null;
  // Where the Gaussian summands dominate nothing of the form is left.
  if (terms.every((t) => t.shape === null || t.sd * t.sd < 1e-4 * total)) return null;
  return terms
    .slice(1)
    .reduce<{ shape: Shape; sd: number }>((a, b) => ({ shape: convolve(a, b), sd: Math.hypot(a.sd, b.sd) }), {
      ...terms[0],
    }).shape;
}

function convolve(
  a: { readonly shape: Shape; readonly sd: number },
  b: { readonly shape: Shape; readonly sd: number },
): Shape {
  if (a.sd === 0) return b.shape;
  if (b.sd === 0) return a.shape;
  const x = coarseAtomsOf(a.shape);
  const y = coarseAtomsOf(b.shape);
  return standardized(coarsen(ascendingSums(x, a.sd, y, b.sd), ATOMS));
}

/** All a·xᵢ + b·yⱼ, ascending, for ascending x and y and a, b > 0. */
function ascendingSums(x: Float64Array, a: number, y: Float64Array, b: number): Float64Array {
  const sums = new Float64Array(x.length * y.length);
  for (let i = 0, at = 0; i < x.length; i++) for (let j = 0; j < y.length; j++) sums[at++] = a * x[i] + b * y[j];
  return ascending(sums, sums[0], sums[sums.length - 1]);
}

/** Values that share one of as many buckets as there are values, at most; one law in which more do is sorted as it comes. */
const CROWD = 128;

/** The values in ascending order, by buckets of equal width (Isaac & Singleton 1956) and insertion. */
function ascending(values: Float64Array, low: number, high: number): Float64Array {
  const { length } = values;
  const scale = (length - 1) / (high - low);
  if (!Number.isFinite(scale)) return values.sort();
  const ends = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) ends[((values[i] - low) * scale + 1) | 0]++;
  for (let i = 0; i < length; i++) {
    if (ends[i + 1] > CROWD) return values.sort();
    ends[i + 1] += ends[i];
  }
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) out[ends[((values[i] - low) * scale) | 0]++] = values[i];
  for (let i = 1; i < length; i++) {
    const value = out[i];
    let at = i;
    for (; at > 0 && out[at - 1] > value; at--) out[at] = out[at - 1];
    out[at] = value;
  }
  return out;
}

/** E[f(mean + sd·S)] by the atoms. */
export function expectShape(shape: Shape, mean: number, sd: number, f: (x: number) => number): number {
  const atoms = atomsOf(shape);
  return atoms.reduce((sum, z) => sum + f(mean + sd * z), 0) / atoms.length;
}

/** Standardized Gamma law of mean²/variance = k, by Wilson & Hilferty 1931: what a sum of non-negative terms is like. */
export function gammaShape(k: number): Shape {
  if (!(k > 0) || k > 1e6) return null;
  const ninth = 1 / (9 * Math.max(k, 0.25));
  return standardized(normalAtoms().map((z) => Math.max(0, 1 - ninth + z * Math.sqrt(ninth)) ** 3));
}

/** No value of mean + sd·S is negative, as far as the form is known. */
export const isPositive = (shape: Shape, mean: number, sd: number): boolean =>
  shape !== null && mean + sd * shape[0] >= -1e-9 * Math.abs(mean);

/** The shape of −X. */
export const mirrored = (shape: Shape): Shape =>
  shape === null ? null : shape.map((_, i) => -shape[shape.length - 1 - i]);

/** φ'(mean + sd·S)² at the atoms, in the order of the argument. */
export function slopesByRank(activation: Activation, shape: Shape, mean: number, sd: number): Float64Array {
  const out = derivativesByRank(activation, shape, mean, sd);
  for (let i = 0; i < out.length; i++) out[i] *= out[i];
  return out;
}

/** φ'(mean + sd·S) at the atoms. */
export function derivativesByRank(activation: Activation, shape: Shape, mean: number, sd: number): Float64Array {
  const atoms = atomsOf(shape);
  const out = new Float64Array(atoms.length);
  for (let i = 0; i < out.length; i++) out[i] = activation.derivative(mean + sd * atoms[i]);
  return out;
}

/** E[a⁴] / E[a²]² of mean + sd·S. */
export function rawKurtosis(shape: Shape, mean: number, sd: number): number {
  const second = mean * mean + sd * sd;
  if (second === 0) return 3;
  if (shape === null) return (mean ** 4 + 6 * mean * mean * sd * sd + 3 * sd ** 4) / (second * second);
  const fourth = shape.reduce((sum, z) => sum + (mean + sd * z) ** 4, 0) / shape.length;
  return fourth / (second * second);
}

/** Up to this excess kurtosis a sum counts as Gaussian, and only what is more counts: it moves E[φ²] by under 1 %. */
const GAUSSIAN_ENOUGH = 0.1;

/**
 * Shape of a sum of few products: Gaussian given its terms' sizes, so a Gaussian of random scale. The squared scale has
 * relative variance excess/3 and is taken as Gamma (exact for Gaussian inputs and weights), its quantiles by Wilson &
 * Hilferty 1931 (error below 1 % for shape parameters above 1/2).
 */
export function mixedScale(kurtosis: number): Shape {
  const excess = kurtosis - GAUSSIAN_ENOUGH;
  if (excess <= 0) return null;
  const ninth = Math.min(2, excess / 3) / 9;
  const squares = quantiles(16).map((z) => Math.max(0, 1 - ninth + z * Math.sqrt(ninth)) ** 3);
  const z = coarseNormal();
  const products = new Float64Array(COARSE * squares.length);
  for (let i = 0; i < COARSE; i++)
    for (let j = 0; j < squares.length; j++) products[i * squares.length + j] = z[i] * Math.sqrt(squares[j]);
  return standardized(coarsen(products.sort(), ATOMS));
}

interface Summand {
  readonly shape: Shape;
  readonly sd: number;
}

/**
 * E[w(rank of X + Y) | rank of X] for weights over the atoms of the sum, X and Y independent. The ranks are found once, by
 * value of Y and distinct value of X (where a rectifier is shut every atom is the same value), and serve any weights.
 */
export function ranksOfSummand(sum: Shape, own: Summand, rest: Summand): (weights: Float64Array) => Float64Array {
  const total = Math.hypot(own.sd, rest.sd);
  if (total === 0) return (weights) => weights;
  const x = atomsOf(own.shape);
  const y = coarseAtomsOf(rest.shape);
  const scale = Math.sqrt(squares(y) / COARSE) || 1;
  const above = middles(atomsOf(sum));
  const ranks = new Uint16Array(x.length * COARSE);
  for (let j = 0; j < COARSE; j++) {
    const moved = (rest.sd * y[j]) / scale;
    // Both the values and the atoms ascend: the rank only moves up.
    let rank = 0;
    let at = j;
    for (let i = 0; i < x.length; i++) {
      if (i > 0 && x[i] === x[i - 1]) continue;
      const value = (own.sd * x[i] + moved) / total;
      while (above[rank] < value) rank++;
      ranks[at] = rank;
      at += COARSE;
    }
  }
  return (weights) => {
    const out = new Float64Array(x.length);
    let average = 0;
    let at = 0;
    for (let i = 0; i < x.length; i++) {
      if (i === 0 || x[i] !== x[i - 1]) {
        average = 0;
        for (const end = at + COARSE; at < end; at++) average += weights[ranks[at]];
        average /= COARSE;
      }
      out[i] = average;
    }
    return out;
  };
}

const squares = (values: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
};

/** Where the atom nearest in rank changes: half-way between neighbours, a value there goes to the lower. */
function middles(atoms: Float64Array): Float64Array {
  const out = new Float64Array(atoms.length).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i + 1 < atoms.length; i++) out[i] = (atoms[i] + atoms[i + 1]) / 2;
  return out;
}

/** Gives equal atoms equal weights (where a rectifier is shut every rank is the same value). */
export function levelTies(weights: Float64Array, values: Float64Array): Float64Array {
  const out = new Float64Array(weights.length);
  for (let from = 0; from < values.length; ) {
    let to = from;
    let sum = 0;
    while (to < values.length && values[to] === values[from]) sum += weights[to++];
    out.fill(sum / (to - from), from, to);
    from = to;
  }
  return out;
}
