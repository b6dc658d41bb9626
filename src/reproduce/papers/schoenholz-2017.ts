/** Schoenholz et al. 2017: how deep a network may be to be trainable, from its depth scale alone. */

import { activationByName, attractor, depthScales } from "../../activation/index.ts";
import { standardDigits } from "../data.ts";
import { above, below, decide, summarize } from "../decide.ts";
import { drawNetwork, normalOf } from "../networks.ts";
import { createRunner } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

const BIAS_VARIANCE = 0.05;
/** The paper's curve: trainable to about six depth scales. */
const DEPTH_SCALES = 6;
/** Well inside and well outside that; between them training dies away rather than ends. */
const INSIDE = 3;
const OUTSIDE = 9;

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? {
        weightVariances: [0.7, 0.9, 1.2, 1.76, 2.4, 3.2, 4.5],
        depths: [6, 12, 24, 40],
        width: 96,
        steps: 100,
        rows: 512,
        batch: 32,
        rate: 0.003,
      }
    : {
        weightVariances: [0.5, 0.6, 1.4, 1.76],
        depths: [4, 20],
        width: 64,
        steps: 60,
        rows: 256,
        batch: 32,
        rate: 0.005,
      };
}

/** ξ_c at σ_w², σ_b² = 0.05: layers in which the difference of two inputs changes e-fold; its size, whichever way. */
function depthScale(weightVariance: number): number {
  const tanh = activationByName("tanh");
  const point = attractor(tanh, { weightVariance, biasVariance: BIAS_VARIANCE });
  return point === null ? Number.NaN : Math.abs(depthScales(tanh, weightVariance, point.q).correlation);
}

async function run({ seed, size, signal, onProgress }: ExperimentOptions): Promise<Outcome> {
  const { weightVariances, depths, width, steps, rows, batch, rate } = settingOf(size);
  const data = standardDigits(rows);
  const cells: number[][] = [];
  const total = depths.reduce((sum, depth) => sum + depth, 0) * weightVariances.length;
  let done = 0;
  for (const depth of depths) {
    const runner = await createRunner(`64 > ${width} tanh x${depth} > 10`, { data, batch, momentum: 0.9, signal });
    const accuracies: number[] = [];
    try {
      for (const variance of weightVariances) {
        const weights = drawNetwork(runner.model, normalOf(variance), seed, { biasVariance: BIAS_VARIANCE });
        accuracies.push((await runner.run({ weights, learningRate: rate, steps })).accuracy || 0);
        done += depth;
        onProgress?.(done / total);
      }
    } finally {
      runner.dispose();
    }
    cells.push(accuracies);
  }
  return outcomeOf(cells, { weightVariances, depths, steps });
}

function outcomeOf(
  cells: readonly (readonly number[])[],
  {
    weightVariances,
    depths,
    steps,
  }: { readonly weightVariances: readonly number[]; readonly depths: readonly number[]; readonly steps: number },
): Outcome {
  const scales = weightVariances.map(depthScale);
  const all = cells.flatMap((row, i) => row.map((accuracy, k) => ({ accuracy, ratio: depths[i]! / scales[k]! })));
  const inside = all.filter(({ ratio }) => ratio < INSIDE).map(({ accuracy }) => accuracy);
  const outside = all.filter(({ ratio }) => ratio > OUTSIDE).map(({ accuracy }) => accuracy);
  const decided = decide({
    written: [
      above(`networks of fewer than ${INSIDE} depth scales train: accuracy above one half`, inside, 0.5),
      below(`networks of more than ${OUTSIDE} do not: accuracy below one half`, outside, 0.5),
    ],
  });
  const grid = Array.from({ length: 121 }, (_, i) => {
    const [first, last] = [weightVariances[0]! * 0.85, weightVariances.at(-1)! * 1.15];
    return first + (i / 120) * (last - first);
  });
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const deepest = cells.at(-1)!;
  const order = [...all].sort((a, b) => a.ratio - b.ratio);
  return {
    ...decided,
    finding: `after ${steps} steps networks of fewer than ${INSIDE} depth scales are right on ${percent(summarize(inside).mean)} of the digits, those of more than ${OUTSIDE} on ${percent(summarize(outside).mean)}`,
    figures: {
      weightVariances,
      depths,
      accuracy: cells,
      depthScale: scales,
      insideAccuracy: summarize(inside).mean,
      outsideAccuracy: summarize(outside).mean,
    },
    charts: [
      {
        kind: "heat",
        title: "Networks train as deep as six depth scales, deepest at the edge of chaos",
        x: { label: "weight variance σ_w² = n·Var(W)", values: weightVariances },
        y: { label: "depth", log: true, values: depths },
        value: { label: `accuracy after ${steps} steps` },
        good: "high",
        cells,
        line: { label: "6 ξ_c", x: grid, y: grid.map((variance) => DEPTH_SCALES * depthScale(variance)) },
        note: "The curve is six times the predicted depth scale ξ_c; at σ_w² = 1.76 it has no end.",
      },
      {
        kind: "lines",
        title: "Counted in depth scales, all networks fall on one curve",
        x: { label: "depth, in depth scales ξ_c", log: true },
        y: { label: "accuracy" },
        series: [
          {
            label: "one network",
            role: "forward",
            mark: "dots",
            x: order.map(({ ratio }) => ratio),
            y: order.map(({ accuracy }) => accuracy),
          },
        ],
      },
    ],
    comparison: [
      {
        what: "depth to which a tanh network trains (figure 5)",
        paper: "about 6 ξ_c, for any σ_w²",
        here: `below ${INSIDE} ξ_c ${percent(summarize(inside).mean)}, beyond ${OUTSIDE} ξ_c ${percent(summarize(outside).mean)} accuracy`,
      },
      {
        what: "edge of chaos at σ_b² = 0.05",
        paper: "σ_w² = 1.76",
        here: `${depths.at(-1)} layers train best at σ_w² = ${weightVariances[deepest.indexOf(Math.max(...deepest))]}`,
      },
    ],
  };
}

export const schoenholz2017: Experiment = {
  id: "schoenholz-2017",
  group: "paper",
  title: "How deep is trainable",
  statement:
    "A random network can be trained as deep as information travels through it: to about six depth scales ξ_c, without limit at the edge of chaos.",
  source: "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017, figure 5",
  formulas: [
    {
      tex: "\\chi_1=\\sigma_w^2\\operatorname{E}[\\varphi'(z)^2]_{z\\sim N(0,q^*)},\\qquad \\xi_c=\\frac{1}{|\\ln\\chi_1|}",
      text: "χ₁ = σ_w²·E[φ′(z)²] at z ~ N(0, q*),   ξ_c = 1/|ln χ₁|",
    },
  ],
  prose: [
    "Put two inputs through the same random network and ask, layer by layer, how alike they still are. With small weights they grow alike until nothing tells them apart. With large weights they part until nothing joins them. Either happens exponentially, with a depth scale that one integral gives; and the same number is the factor of the gradient.",
    "Where it is exactly one, on the edge of chaos, the scale has no end. The claim of the paper is that this decides whether a network can be trained, and that nothing else about it matters: beyond some six depth scales the input has been forgotten, and what does not arrive cannot be learnt.",
  ],
  procedure:
    "Tanh networks of 96 units, 6 to 40 layers deep, biases of variance 0.05, seven weight variances: accuracy on 512 digits after 100 steps of 32 rows at rate 0.003 and momentum 0.9. The paper has 300 units, MNIST and depths to 100.",
  run,
};
