/** The logistic curve is flat where |x| is large, and what that does to learning. */

import { activationByName } from "../../activation/index.ts";
import { standardDigits } from "../data.ts";
import { above, below, decide, logs, summarize, withinRounding } from "../decide.ts";
import { drawNetwork, rootN } from "../networks.ts";
import { hiddenSlopes } from "../slopes.ts";
import { createRunner, type Run } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome, Test } from "../types.ts";

const RATE = 1;
/** Weights in the right range, and weights so large that most units are saturated. */
const RIGHT = 8;
const SATURATED = 128;

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? { scales: [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256], seeds: 5, steps: 100, rows: 512, batch: 64, width: 24 }
    : { scales: [1, 8, 128], seeds: 4, steps: 60, rows: 256, batch: 64, width: 16 };
}

const SLOPES = [0.5, 1, 2, 4] as const;

/** σ′ ≤ β/4 and σ′ ≤ β·exp(−β|x|), on a grid that has the origin; four operations round by four units at most. */
function slopeBounds(): Test[] {
  const grid = Array.from({ length: 2001 }, (_, i) => (i - 1000) / 50);
  const excess = (bound: (beta: number, x: number) => number) =>
    SLOPES.reduce((most, beta) => {
      const { derivative } = activationByName(`logistic(${beta})`);
      return grid.reduce((sofar, x) => Math.max(sofar, derivative(x) / bound(beta, x) - 1), most);
    }, Number.NEGATIVE_INFINITY);
  const of = "four rounded operations, and an exponential whose argument carries |βx| units: (4 + 80)·2⁻⁵³";
  const bound = 84 * 2 ** -53;
  return [
    withinRounding(
      "σ′(x) ≤ β/4 for four β at 2,001 x: largest excess",
      excess((beta) => beta / 4),
      { bound, of },
    ),
    withinRounding(
      "σ′(x) ≤ β·exp(−β|x|): largest excess",
      excess((beta, x) => beta * Math.exp(-beta * Math.abs(x))),
      { bound, of },
    ),
  ];
}

async function run({ seed, size, signal, onProgress }: ExperimentOptions): Promise<Outcome> {
  const { scales, seeds, steps, rows, batch, width } = settingOf(size);
  const data = standardDigits(rows);
  const runner = await createRunner(`64 > ${width} logistic x3 > 10`, { data, batch, signal });
  const drawn = (scale: number, draw: number) => drawNetwork(runner.model, rootN(scale), BigInt(seed) + BigInt(draw));
  const runs = new Map<number, Run[]>();
  try {
    for (const [i, scale] of scales.entries()) {
      const list: Run[] = [];
      for (let draw = 0; draw < seeds; draw++) {
        list.push(await runner.run({ weights: drawn(scale, draw), learningRate: RATE, steps }));
        onProgress?.((i * seeds + draw + 1) / (scales.length * seeds));
      }
      runs.set(scale, list);
    }
    const slopes = await hiddenSlopes(
      runner.model,
      data,
      scales.map((scale) => drawn(scale, 0)),
    );
    return outcomeOf({ scales, runs, slopes, steps });
  } finally {
    runner.dispose();
  }
}

interface Measured {
  readonly scales: readonly number[];
  readonly runs: ReadonlyMap<number, readonly Run[]>;
  readonly slopes: Awaited<ReturnType<typeof hiddenSlopes>>;
  readonly steps: number;
}

function outcomeOf({ scales, runs, slopes, steps }: Measured): Outcome {
  const final = (scale: number) => runs.get(scale)!.map(({ loss }) => loss);
  const mean = (scale: number) => Math.exp(summarize(logs(final(scale))).mean);
  const ratio = logs(final(SATURATED).map((loss, i) => loss / final(RIGHT)[i]!));
  const slopeAt = (scale: number) => slopes[scales.indexOf(scale)]!;
  const decided = decide({
    written: [
      ...slopeBounds(),
      above(
        `after ${steps} steps the loss from weights × ${SATURATED} is more than twice that from weights × ${RIGHT}`,
        ratio,
        Math.log(2),
      ),
      below(
        `accuracy from weights × ${SATURATED} is below half`,
        runs.get(SATURATED)!.map(({ accuracy }) => accuracy),
        0.5,
      ),
    ],
  });
  const spread = scales.map((scale) => summarize(logs(final(scale))));
  const curves = [1, RIGHT, SATURATED].filter((scale) => scales.includes(scale));
  const share = (value: number) => `${(100 * value).toFixed(0)} %`;
  return {
    ...decided,
    finding: `with weights × ${SATURATED}, ${share(slopeAt(SATURATED).saturated)} of the hidden units are flat and the loss after ${steps} steps is ${mean(SATURATED).toPrecision(3)}; with weights × ${RIGHT}, ${share(slopeAt(RIGHT).saturated)} are and it is ${mean(RIGHT).toPrecision(3)}`,
    figures: {
      scales,
      loss: scales.map(mean),
      accuracy: scales.map((scale) => summarize(runs.get(scale)!.map(({ accuracy }) => accuracy)).mean),
      saturatedShare: slopes.map(({ saturated }) => saturated),
      meanSlope: slopes.map(({ mean: value }) => value),
      lossRatio: Math.exp(summarize(ratio).mean),
    },
    charts: [
      {
        kind: "lines",
        title: "There is a range of scales that learns; beyond it the units are flat and learning stalls",
        x: { label: "scale of the initial weights, times 1/√n", log: true },
        y: { label: `training loss after ${steps} steps`, log: true },
        series: [
          {
            label: "loss",
            role: "forward",
            mark: "both",
            x: scales,
            y: scales.map(mean),
            low: spread.map(({ mean: at, std }) => Math.exp(at - std)),
            high: spread.map(({ mean: at, std }) => Math.exp(at + std)),
          },
          {
            label: "knowing nothing, ln 10",
            role: "theory",
            mark: "line",
            x: [scales[0]!, scales.at(-1)!],
            y: [Math.log(10), Math.log(10)],
          },
        ],
      },
      {
        kind: "lines",
        title: "The slope that learning has to pass through",
        x: { label: "scale of the initial weights, times 1/√n", log: true },
        y: { label: "share of the hidden units" },
        series: [
          {
            label: "mean slope, over the largest",
            role: "gradient",
            mark: "both",
            x: scales,
            y: slopes.map(({ mean: value }) => value),
          },
          {
            label: "units with a slope under 1/20 of it",
            role: "danger",
            mark: "both",
            x: scales,
            y: slopes.map(({ saturated }) => saturated),
          },
        ],
      },
      {
        kind: "lines",
        title: "Saturated networks spend their steps on undoing their weights",
        x: { label: "step" },
        y: { label: "training loss of a batch", log: true },
        series: curves.map((scale) => {
          const { losses } = runs.get(scale)![0]!;
          return {
            label: `weights × ${scale}`,
            role:
              scale === RIGHT ? ("forward" as const) : scale === SATURATED ? ("danger" as const) : ("neutral" as const),
            mark: "line" as const,
            x: losses.map((_, step) => step),
            y: losses,
          };
        }),
      },
    ],
  };
}

export const saturation: Experiment = {
  id: "saturation",
  group: "statement",
  title: "Saturation",
  statement: "The derivative of the logistic curve is tiny where |x| is large, so badly scaled weights stall learning.",
  source: "the essay; LeCun, Bottou, Orr & Müller 1998, section 4.4",
  formulas: [
    {
      tex: "\\sigma(x)=\\frac{1}{1+e^{-\\beta x}},\\qquad \\sigma'(x)=\\beta\\,\\sigma(x)\\bigl(1-\\sigma(x)\\bigr)\\le\\min\\!\\left(\\frac{\\beta}{4},\\,\\beta e^{-\\beta|x|}\\right)",
      text: "σ′(x) = β·σ(x)·(1 − σ(x)) ≤ min(β/4, β·exp(−β|x|))",
    },
  ],
  prose: [
    "A logistic unit turns any number into one between 0 and 1. It is steepest in the middle, where its slope is a quarter, and five units to either side it is flat: the slope there is less than a hundredth. A unit whose input is large answers yes or no, and hardly changes its answer when a weight changes.",
    "How large the inputs of a unit are is decided by the scale of the weights. Multiply all of them by 128, and nearly every unit of the network sits on the flat part. Learning goes through the slope, so it stalls: the loss falls only because the last layer, which passes through no slope, takes back its too confident answers.",
    "The other end of the scale is bad for another reason. With small weights every unit is at its steepest, and the network learns nothing either, since the error that comes back is multiplied by the weights: that is not saturation but the factor of the next statement.",
  ],
  procedure:
    "Three hidden layers of 24 logistic units on 512 digits, 100 steps of 64 rows at rate 1, from weights U[−1/√n, 1/√n] times scales from 1/4 to 256, five draws each.",
  run,
};
