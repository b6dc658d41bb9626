/** Saxe et al. 2014: deep linear networks learn in a time that does not depend on depth, from orthogonal weights. */

import { standardDigits } from "../data.ts";
import { above, below, decide, logs, summarize } from "../decide.ts";
import { drawNetwork, type MatrixLaw, normalOf } from "../networks.ts";
import { createRunner } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

const orthogonal: MatrixLaw = () => ({ kind: "orthogonal", gain: 1 });
const LAWS = [
  { label: "orthogonal", law: orthogonal },
  { label: "Gaussian, n·Var(W) = 1", law: normalOf(1) },
] as const;

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? { depths: [2, 4, 8, 16, 24], rates: [0.025, 0.05, 0.1, 0.2, 0.4, 0.8], draws: 3, most: 100, rows: 128 }
    : { depths: [2, 16], rates: [0.05, 0.1, 0.2, 0.4, 0.8], draws: 4, most: 80, rows: 64 };
}

/** Squared error that counts as learnt: it starts near 1, and knowing nothing but the means has 0.09. */
const TARGET = 0.02;
/** A learning time is said to depend on depth where it more than doubles. */
const DOUBLE = Math.log(2);

/** Learning time at the best rate by [law][depth][draw]; runs that never got there count with the most steps. */
type Times = number[][][];

async function run({ seed, size, signal, onProgress }: ExperimentOptions): Promise<Outcome> {
  const { depths, rates, draws, most, rows } = settingOf(size);
  const data = standardDigits(rows);
  const times: Times = LAWS.map(() => []);
  const rate: number[][] = LAWS.map(() => []);
  let done = 0;
  const total = depths.reduce((sum, depth) => sum + depth, 0) * LAWS.length * draws;
  for (const depth of depths) {
    const runner = await createRunner(`64 > 64 x${depth - 1} > 10`, {
      data,
      batch: rows,
      loss: "squared-error",
      signal,
    });
    try {
      for (const [i, { law }] of LAWS.entries()) {
        const best: number[] = [];
        const chosen: number[] = [];
        for (let draw = 0; draw < draws; draw++) {
          const weights = drawNetwork(runner.model, law, BigInt(seed) + BigInt(draw));
          let [fewest, at] = [most, rates[0]!];
          for (const learningRate of rates) {
            // A rate that has not got there by the best time so far is not the best.
            const steps = await runner.stepsTo(TARGET, { weights, learningRate, most: fewest });
            if (steps < fewest) [fewest, at] = [steps, learningRate];
          }
          best.push(fewest);
          chosen.push(at);
          done += depth;
          onProgress?.(done / total);
        }
        times[i]!.push(best);
        rate[i]!.push(Math.exp(summarize(logs(chosen)).mean));
      }
    } finally {
      runner.dispose();
    }
  }
  return outcomeOf(times, rate, { depths, most, rates });
}

function outcomeOf(
  times: Times,
  rate: readonly (readonly number[])[],
  {
    depths,
    most,
    rates,
  }: { readonly depths: readonly number[]; readonly most: number; readonly rates: readonly number[] },
): Outcome {
  const [shallow, deep] = [depths[0]!, depths.at(-1)!];
  const growth = (i: number) => logs(times[i]!.at(-1)!.map((steps, draw) => steps / times[i]![0]![draw]!));
  const decided = decide({
    written: [
      below(`orthogonal: ${deep} layers take less than twice the steps of ${shallow}`, growth(0), DOUBLE),
      above(`Gaussian: ${deep} layers take more than twice the steps of ${shallow}`, growth(1), DOUBLE),
    ],
  });
  const typical = (i: number, k: number) => Math.exp(summarize(logs(times[i]![k]!)).mean);
  const last = depths.length - 1;
  const steps = (i: number, k: number) =>
    `${times[i]![k]!.some((each) => each >= most) ? "more than " : ""}${typical(i, k).toFixed(0)}`;
  return {
    ...decided,
    finding: `from orthogonal weights ${shallow} layers learn in ${steps(0, 0)} steps and ${deep} in ${steps(0, last)}; from Gaussian ones in ${steps(1, 0)} and ${steps(1, last)}, each at the best rate`,
    figures: {
      depths,
      orthogonalSteps: depths.map((_, k) => typical(0, k)),
      gaussianSteps: depths.map((_, k) => typical(1, k)),
      orthogonalRate: rate[0]!,
      gaussianRate: rate[1]!,
      most,
    },
    charts: [
      {
        kind: "lines",
        title: "Learning time grows with depth from Gaussian weights, and not from orthogonal ones",
        x: { label: "layers", log: true },
        y: { label: "steps to learn, at the best rate", log: true },
        series: LAWS.map(({ label }, i) => {
          const over = times[i]!.map((each) => summarize(logs(each)));
          return {
            label,
            role: i === 0 ? ("forward" as const) : ("danger" as const),
            mark: "both" as const,
            x: depths,
            y: over.map(({ mean }) => Math.exp(mean)),
            low: over.map(({ mean, std }) => Math.exp(mean - std)),
            high: over.map(({ mean, std }) => Math.exp(mean + std)),
          };
        }),
        note: `Squared error below ${TARGET}; the best of ${rates.length} rates for each draw; runs that took longer count as ${most}.`,
      },
      {
        kind: "lines",
        title: "The rate that serves best falls with depth, fastest for Gaussian weights",
        x: { label: "layers", log: true },
        y: { label: "best learning rate", log: true },
        series: LAWS.map(({ label }, i) => ({
          label,
          role: i === 0 ? ("forward" as const) : ("danger" as const),
          mark: "both" as const,
          x: depths,
          y: rate[i]!,
        })),
      },
    ],
    comparison: [
      {
        what: "learning time against depth (figure 6, left)",
        paper: "orthogonal: approximately constant to 100 layers; Gaussian: grows",
        here: `${shallow} to ${deep} layers: × ${Math.exp(summarize(growth(0)).mean).toFixed(2)} and × ${Math.exp(summarize(growth(1)).mean).toFixed(2)}${times[1]!.at(-1)!.some((each) => each >= most) ? " or more" : ""}`,
      },
    ],
  };
}

export const saxe2014: Experiment = {
  id: "saxe-2014",
  group: "paper",
  title: "Orthogonal weights",
  statement:
    "From random orthogonal weights a deep linear network learns in a time that does not depend on its depth; from scaled Gaussian weights the time grows.",
  source: "Saxe, McClelland & Ganguli 2014, section 3 and figure 6",
  formulas: [
    {
      tex: "W_L\\cdots W_2W_1\\;\\text{with}\\; W_l^{\\top}W_l=I:\\quad\\text{all singular values }1",
      text: "W_L ⋯ W₂W₁ with W_lᵀW_l = I: all singular values are 1",
    },
  ],
  prose: [
    "A linear network computes one matrix, however deep it is, so depth buys it nothing; but it learns with the difficulties of a deep network, and they can be worked out on paper. What counts is the product of all matrices. Gaussian ones keep the length of a vector on average, and the average deceives: a few directions grow, most shrink, and the product of many is nearly of rank one.",
    "A product of orthogonal matrices is orthogonal. Every direction keeps its length, every error comes back with its own, and each mode of the data is learnt as if the network were shallow.",
  ],
  procedure:
    "Linear networks of 2 to 24 layers of 64 units, squared error on 128 digits in full batches: steps until the error is below 0.02, at the best of six rates, three draws. The paper has MNIST and 100 layers.",
  run,
};
