/** Probabilities of what is as far out or farther: χ², gamma with whole shape, Kolmogorov, normal. */

import { normalTail } from "../../gaussian/normal.ts";

/** P(|Z| > |z|). */
export const twoSided = (z: number): number => 2 * normalTail(Math.abs(z));

/**
 * P(T > t) for a positive statistic of this mean and variance, matched by a scaled χ² and Wilson & Hilferty's cube root (1931):
 * relative error of the tail below 20 % down to 1e-6 from 5 degrees of freedom on.
 */
export function upperTail(t: number, mean: number, variance: number): number {
  const z = cubeRoot(t, mean, variance);
  return Number.isNaN(z) ? 1 : normalTail(z);
}

/** The smaller of both tails, doubled. */
export function eitherTail(t: number, mean: number, variance: number): number {
  const z = cubeRoot(t, mean, variance);
  return Number.isNaN(z) ? 1 : twoSided(z);
}

function cubeRoot(t: number, mean: number, variance: number): number {
  if (!(mean > 0) || !(variance > 0)) return Number.NaN;
  const spread = variance / (mean * mean) / 9;
  return (Math.cbrt(Math.max(0, t) / mean) - (1 - spread)) / Math.sqrt(spread);
}

/** P(G > x) for G the k-th point of a Poisson process of rate 1: e^−x Σ_{i<k} x^i/i!. */
export function waitingTail(k: number, x: number): number {
  if (x > 700) return 0;
  let term = Math.exp(-x);
  let sum = 0;
  for (let i = 0; i < k; i++) {
    sum += term;
    term *= x / (i + 1);
  }
  return Math.min(1, sum);
}

/** P(√n·D > t), Kolmogorov's limit; with Stephens' correction for finite n (1970) the caller passes t = D(√n + 0.12 + 0.11/√n). */
export function kolmogorovTail(t: number): number {
  if (t < 0.3) return 1;
  let sum = 0;
  for (let k = 1; k <= 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * t * t);
  return Math.min(1, Math.max(0, sum));
}

/** P(all of these or less likely ones together): −2Σ ln p is χ² with two degrees of freedom each. Fisher 1932, section 21.1. */
export function fisher(ps: readonly number[]): number {
  const sum = ps.reduce((total, p) => total - Math.log(Math.max(p, 1e-300)), 0);
  return waitingTail(ps.length, sum);
}

/** Standard normal score of a normal sample's fourth standardized moment. Anscombe & Glynn 1983; from 20 numbers on. */
export function kurtosisScore(kurtosis: number, n: number): number {
  const mean = (3 * (n - 1)) / (n + 1);
  const variance = (24 * n * (n - 2) * (n - 3)) / ((n + 1) ** 2 * (n + 3) * (n + 5));
  const x = (kurtosis - mean) / Math.sqrt(variance);
  const skew =
    ((6 * (n * n - 5 * n + 2)) / ((n + 7) * (n + 9))) * Math.sqrt((6 * (n + 3) * (n + 5)) / (n * (n - 2) * (n - 3)));
  const a = 6 + (8 / skew) * (2 / skew + Math.sqrt(1 + 4 / (skew * skew)));
  const ratio = (1 - 2 / a) / (1 + x * Math.sqrt(2 / (a - 4)));
  return (1 - 2 / (9 * a) - Math.cbrt(ratio)) / Math.sqrt(2 / (9 * a));
}
