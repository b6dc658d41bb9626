/** The rule U[−1/√n, 1/√n]: what variance it gives weights and pre-activations. */

import { activationByName, moments } from "../../activation/index.ts";
import { normalDensity } from "../../gaussian/index.ts";
import type { Seed } from "../../random/index.ts";
import { decide, equivalent, summarize } from "../decide.ts";
import { byBlock, momentsOf, UNIT_LAWS, type UnitLaw, uniforms } from "../samples.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

const BLOCKS = 32;
const FAN_INS = [16, 64, 256, 1024] as const;
/** Weights of each fan-in. */
const WEIGHTS = BLOCKS * 16384;
/** Of 3n·Var(w): a block's relative error is √(4/5 / size), that of all 1/8 of the margin. */
const WEIGHT_MARGIN = 0.01;
/** Of 3·Var(z), and of the mean in standard deviations. */
const SIGNAL_MARGIN = 0.05;
const SLOPE_MARGIN = 0.005;

/** Pre-activations of `count` units, each with its own weights and its own input. */
function preActivations(seed: Seed, law: UnitLaw, fanIn: number, count: number): Float64Array {
  const bound = 1 / Math.sqrt(fanIn);
  const z = new Float64Array(count);
  const rows = 512;
  for (let first = 0; first < count; first += rows) {
    const here = Math.min(rows, count - first);
    const name = `one-over-root-n ${law.name} ${fanIn} ${first}`;
    const weights = uniforms(seed, `${name} weights`, here * fanIn, bound);
    const inputs = law.draw(seed, `${name} inputs`, here * fanIn);
    for (let row = 0; row < here; row++) {
      let sum = 0;
      for (let k = row * fanIn; k < (row + 1) * fanIn; k++) sum += weights[k]! * inputs[k]!;
      z[first + row] = sum;
    }
  }
  return z;
}

async function run({ seed, size, onProgress }: ExperimentOptions): Promise<Outcome> {
  const full = size === "full";
  const weights = FAN_INS.map((fanIn) => {
    const values = uniforms(seed, `one-over-root-n w ${fanIn}`, WEIGHTS, 1 / Math.sqrt(fanIn));
    return byBlock(WEIGHTS, BLOCKS, (from, to) => 3 * fanIn * momentsOf(values, from, to).variance);
  });
  const fanIn = 64;
  const units = BLOCKS * (full ? 4096 : 512);
  const logistic = activationByName("logistic");
  const slope = moments(logistic, { variance: 1 / 3 }).derivativeMean;
  const laws = UNIT_LAWS.map((law, i) => {
    const z = preActivations(seed, law, fanIn, units);
    onProgress?.((i + 1) / UNIT_LAWS.length);
    const slopes = z.map(logistic.derivative);
    const perBlock = (statistic: (from: number, to: number) => number) => byBlock(units, BLOCKS, statistic);
    return {
      law,
      z,
      mean: perBlock((from, to) => Math.sqrt(3) * momentsOf(z, from, to).mean),
      variance: perBlock((from, to) => 3 * momentsOf(z, from, to).variance),
      slope: perBlock((from, to) => momentsOf(slopes, from, to).mean / slope),
    };
  });
  const near = (claim: string, samples: readonly number[], target: number, margin: number) =>
    equivalent(claim, samples, { target, margin });
  const normal = laws[0]!;
  const decided = decide({
    written: [
      ...weights.map((samples, i) => near(`n = ${FAN_INS[i]}: 3n·Var(w) = 1`, samples, 1, WEIGHT_MARGIN)),
      ...laws.flatMap(({ law, mean, variance }) => [
        near(`${law.name} inputs: mean of z is 0, in its standard deviations`, mean, 0, SIGNAL_MARGIN),
        near(`${law.name} inputs: 3·Var(z) = 1`, variance, 1, SIGNAL_MARGIN),
      ]),
    ],
    beside: [near(`normal inputs: E[σ′(z)] over ${slope.toFixed(5)}`, normal.slope, 1, SLOPE_MARGIN)],
  });
  const varianceOfZ = summarize(normal.variance).mean / 3;
  const sampledSlope = summarize(normal.slope).mean * slope;
  const histogram = histogramOf(normal.z);
  return {
    ...decided,
    finding: `Var(z) is ${varianceOfZ.toFixed(4)} where 1/3 is predicted; there the logistic slope averages ${sampledSlope.toFixed(4)} of at most 0.25, predicted ${slope.toFixed(5)}`,
    figures: {
      weightVarianceTimes3n: weights.map((samples) => summarize(samples).mean),
      fanIn: [...FAN_INS],
      preActivationMean: summarize(normal.mean).mean / Math.sqrt(3),
      preActivationVariance: varianceOfZ,
      preActivationVarianceByLaw: laws.map(({ variance }) => summarize(variance).mean / 3),
      logisticSlope: sampledSlope,
      logisticSlopePredicted: slope,
    },
    charts: [
      {
        kind: "lines",
        title: "Pre-activations have variance 1/3, and are normal already at 64 inputs",
        x: { label: "pre-activation z" },
        y: { label: "density" },
        series: [
          {
            label: "N(0, 1/3)",
            role: "theory",
            mark: "line",
            x: histogram.x,
            y: histogram.x.map((z) => Math.sqrt(3) * normalDensity(z * Math.sqrt(3))),
          },
          { label: "sampled", role: "forward", mark: "dots", ...histogram },
        ],
      },
      {
        kind: "rows",
        title: "The variance of z does not ask what law the inputs follow",
        x: { label: "variance of the pre-activation" },
        rows: laws.map(({ law, variance }) => {
          const { mean, halfWidth } = summarize(variance);
          return {
            label: `${law.name} inputs`,
            role: "forward" as const,
            value: mean / 3,
            low: (mean - halfWidth) / 3,
            high: (mean + halfWidth) / 3,
            theory: 1 / 3,
          };
        }),
      },
    ],
  };
}

function histogramOf(values: Float64Array): { readonly x: number[]; readonly y: number[] } {
  const [bins, reach] = [41, 2.05];
  const width = (2 * reach) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor((value + reach) / width);
    if (bin >= 0 && bin < bins) counts[bin] = counts[bin]! + 1;
  }
  return {
    x: counts.map((_, bin) => -reach + (bin + 0.5) * width),
    y: counts.map((count) => count / (values.length * width)),
  };
}

export const oneOverRootN: Experiment = {
  id: "one-over-root-n",
  group: "statement",
  title: "One over the root of n",
  statement:
    "Weights from U[−1/√n, 1/√n] have variance 1/(3n); for inputs of mean 0 and variance 1 the pre-activation then has mean 0 and variance 1/3.",
  source: "the essay; the heuristic is eq. 1 of Glorot & Bengio 2010",
  formulas: [
    {
      tex: "w\\sim U\\!\\left[-\\tfrac{1}{\\sqrt n},\\tfrac{1}{\\sqrt n}\\right]\\;\\Rightarrow\\;\\operatorname{Var}(w)=\\frac{(2/\\sqrt n)^2}{12}=\\frac{1}{3n}",
      text: "w ~ U[−1/√n, 1/√n]  ⇒  Var(w) = (2/√n)²/12 = 1/(3n)",
    },
    {
      tex: "z=\\sum_{i=1}^{n}w_i x_i,\\qquad \\operatorname{E}[z]=0,\\qquad \\operatorname{Var}(z)=n\\cdot\\tfrac{1}{3n}\\cdot\\operatorname{E}[x^2]=\\tfrac13",
      text: "z = Σ w·x,  E[z] = 0,  Var(z) = n · 1/(3n) · E[x²] = 1/3",
    },
    {
      tex: "\\operatorname{E}[\\sigma'(z)]=0.23200\\quad\\text{at } z\\sim N(0,\\tfrac13)",
      text: "E[σ′(z)] = 0.23200 at z ~ N(0, 1/3)",
    },
  ],
  prose: [
    "The rule is a small piece of arithmetic, and the arithmetic is right. A uniform variable on an interval of length 2/√n has variance (2/√n)²/12. A sum of n products of independent variables of mean zero has n times the variance of one product. The n cancels, whatever it is; what is left is one third.",
    "One third is a good place for a logistic unit. Its slope is 1/4 at the origin; averaged over a normal variable of variance 1/3 it is still 0.23200, 93 % of the most there can be. Such a unit works where it is most sensitive.",
    "The law of the inputs does not matter, only their mean square. That is also the limit of the statement: it speaks of the first layer. What comes out of it no longer has variance 1, and what that does to the layers behind is a statement of its own.",
  ],
  procedure:
    "Weights at four fan-ins against 1/(3n); pre-activations of units with 64 inputs, each with weights and inputs of its own, for inputs of four laws.",
  run,
};
