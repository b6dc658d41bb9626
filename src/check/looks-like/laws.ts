/** The elementwise families: distribution function, log-likelihood, shape. All symmetric around their centre. */

import { normalCdf } from "../../gaussian/normal.ts";
import { STD_OF_CUT_AT_2 } from "../../init/index.ts";
import type { Initializer } from "../../init/types.ts";
import type { Values } from "../statistics/types.ts";

export type ElementFamily = "uniform" | "normal" | "truncated-normal";

/** A law in full: centre and standard deviation of an element as drawn. */
export interface ElementLaw {
  readonly family: ElementFamily;
  readonly mean: number;
  readonly std: number;
}

interface Shape {
  /** Largest distance from the centre in standard deviations. */
  readonly reach: number;
  readonly kurtosis: number;
  /** n·Var of the sample kurtosis: μ8 − 4μ4μ6 + 4μ4³ − μ4² of the standardized law (Kendall & Stuart, 10.9). */
  readonly kurtosisVariance: number;
  /** Excess kurtosis of the squared, centred element. */
  readonly squareExcess: number;
  /** Distribution function of the standardized law. */
  readonly cdf: (z: number) => number;
}

const SQRT3 = Math.sqrt(3);
/** Where the parent's ±2σ lies in standard deviations of what is left. */
const CUT = 2 / STD_OF_CUT_AT_2;
const CUT_MASS = normalCdf(2) - normalCdf(-2);

/** Even moments of N(0, 1) cut at ±2 over the powers of its variance: m_{k+2} = (k + 1)m_k − 2·2^{k+1}φ(2)/mass. */
function cutKurtosis(): { readonly kurtosis: number; readonly variance: number } {
  const edge = (2 * Math.exp(-2)) / Math.sqrt(2 * Math.PI) / CUT_MASS;
  let moment = 1;
  const moments: number[] = [];
  for (let k = 0; k < 8; k += 2) {
    moment = (k + 1) * moment - 2 ** (k + 1) * edge;
    moments.push(moment);
  }
  const [m2 = 1, m4 = 1, m6 = 1, m8 = 1] = moments;
  const [f, s, e] = [m4 / m2 ** 2, m6 / m2 ** 3, m8 / m2 ** 4];
  return { kurtosis: f, variance: e - 4 * f * s + 4 * f ** 3 - f ** 2 };
}

const cut = cutKurtosis();

export const SHAPES: Readonly<Record<ElementFamily, Shape>> = {
  // μ4 = 9/5, μ6 = 27/7, μ8 = 9.
  uniform: {
    reach: SQRT3,
    kurtosis: 1.8,
    kurtosisVariance: 9 - (4 * 1.8 * 27) / 7 + 4 * 1.8 ** 3 - 1.8 ** 2,
    squareExcess: 0,
    cdf: (z) => Math.min(1, Math.max(0, 0.5 + z / (2 * SQRT3))),
  },
  normal: {
    reach: Number.POSITIVE_INFINITY,
    kurtosis: 3,
    kurtosisVariance: 24,
    squareExcess: 12,
    cdf: normalCdf,
  },
  "truncated-normal": {
    reach: CUT,
    kurtosis: cut.kurtosis,
    kurtosisVariance: cut.variance,
    squareExcess: 1,
    cdf: (z) => Math.min(1, Math.max(0, (normalCdf(z * STD_OF_CUT_AT_2) - normalCdf(-2)) / CUT_MASS)),
  },
};

/** Standardized values that the table covers, on both sides, and steps a unit. */
const TABLE_REACH = 8;
const TABLE_STEPS = 512;
const tables = new Map<ElementFamily, Float64Array>();

/**
 * Distribution function of the standardized law by linear interpolation, for asking it thousands of times: off by at most
 * h²/8·max|f'| = 2e-7 with h = 1/512 and φ' ≤ 0.25 (in the cells of a law's edge by h·f/4 = 2e-4), where a distance is
 * known to 1/√n ≥ 5e-3. Tails are not asked of it.
 */
export function tabulatedCdf(family: ElementFamily, z: number): number {
  let table = tables.get(family);
  if (table === undefined) {
    const { cdf } = SHAPES[family];
    const length = 2 * TABLE_REACH * TABLE_STEPS + 2;
    table = Float64Array.from({ length }, (_, i) => cdf(i / TABLE_STEPS - TABLE_REACH));
    tables.set(family, table);
  }
  const at = (z + TABLE_REACH) * TABLE_STEPS;
  if (!(at > 0)) return 0;
  const cell = Math.min(table.length - 2, Math.floor(at));
  return table[cell]! + Math.min(1, at - cell) * (table[cell + 1]! - table[cell]!);
}

export const bound = ({ family, std }: ElementLaw): number => SHAPES[family].reach * std;

/** What the likelihood of every law here is a function of. */
export interface Sums {
  readonly count: number;
  readonly mean: number;
  /** Σ(x − mean)². */
  readonly squares: number;
  readonly min: number;
  readonly max: number;
}

export function sumsOf(sample: Values): Sums {
  const count = sample.length;
  const shift = sample[0] ?? 0;
  let sum = 0;
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const x = sample[i]!;
    const apart = x - shift;
    sum += apart;
    squares += apart * apart;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return { count, mean: shift + sum / count, squares: Math.max(0, squares - (sum * sum) / count), min, max };
}

/** Σ ln density; −∞ where a value lies beyond the law's reach by more than rounding. */
export function logLikelihood(law: ElementLaw, sums: Sums, rounding: number): number {
  const { family, mean, std } = law;
  const reach = bound(law) * (1 + 2 * rounding);
  const { count } = sums;
  if (Math.max(sums.max - mean, mean - sums.min) > reach) return Number.NEGATIVE_INFINITY;
  if (family === "uniform") return -count * Math.log(2 * bound(law));
  const parent = family === "normal" ? std : std / STD_OF_CUT_AT_2;
  const mass = family === "normal" ? 1 : CUT_MASS;
  const squares = sums.squares + count * (sums.mean - mean) ** 2;
  return -count * Math.log(parent * Math.sqrt(2 * Math.PI) * mass) - squares / (2 * parent * parent);
}

/** The initializer that draws this law. */
export function initializerOf({ family, mean, std }: ElementLaw, rowCentred: boolean): Initializer {
  const centred = rowCentred ? { rowCentred } : {};
  switch (family) {
    case "uniform":
      return { kind: "uniform", low: mean - SQRT3 * std, high: mean + SQRT3 * std, ...centred };
    case "normal":
      return { kind: "normal", mean, std, ...centred };
    case "truncated-normal": {
      const parent = std / STD_OF_CUT_AT_2;
      return {
        kind: "truncated-normal",
        mean,
        std: parent,
        low: mean - 2 * parent,
        high: mean + 2 * parent,
        ...centred,
      };
    }
  }
}
