/** He et al. 2015: a rectifier halves the second moment, and weights that do not know it leave a deep network still. */

import { standardDigits } from "../data.ts";
import { above, decide, equivalent, logs, summarize } from "../decide.ts";
import { drawNetwork, layerSignals, linearNodes, type MatrixLaw, network, normalOf } from "../networks.ts";
import { BLIND_LOSS, createRunner, type Tuned, tune } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

const glorot: MatrixLaw = (fanIn, fanOut) => ({ kind: "normal", mean: 0, std: Math.sqrt(2 / (fanIn + fanOut)) });
const he = normalOf(2);

/** Of the factor a layer: the mean of a logarithm lies below the logarithm of a mean by about 5/(2·width). */
const MARGIN = Math.log(1.1);

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? { layers: 30, width: 64, rates: [0.003, 0.01, 0.03], draws: 4, steps: 200, rows: 512, batch: 64 }
    : { layers: 20, width: 64, rates: [0.005], draws: 4, steps: 90, rows: 128, batch: 32 };
}

interface Measured {
  readonly label: string;
  readonly gradient: readonly number[];
  /** ln of the signal's factor a layer between hidden layers, one a draw. */
  readonly factor: readonly number[];
  readonly tuned: Tuned;
}

async function run({ seed, size, signal, onProgress }: ExperimentOptions): Promise<Outcome> {
  const { layers, width, rates, draws, steps, rows, batch } = settingOf(size);
  const line = `64 > ${width} relu x${layers - 1} > 10`;
  const runner = await createRunner(line, { data: standardDigits(rows), batch, momentum: 0.9, signal });
  const results: Measured[] = [];
  let done = 0;
  try {
    for (const [label, law] of [
      ["Glorot", glorot],
      ["He", he],
    ] as const) {
      const signals = await layerSignals(network(line, 32), { law, draws: 32, seed, signal });
      const hidden = linearNodes(runner.model).length - 1;
      const tuned = await tune(runner, {
        weights: (draw) => drawNetwork(runner.model, law, BigInt(seed) + BigInt(draw)),
        draws,
        rates,
        steps,
        onRun: () => onProgress?.(++done / (2 * (rates.length + draws - 1))),
      });
      results.push({
        label,
        tuned,
        gradient: signals[0]!.map((_, i) => Math.exp(summarize(logs(signals.map((row) => row[i]!.gradient))).mean)),
        factor: signals.map((row) => Math.log(row[hidden - 1]!.forward / row[1]!.forward) / (hidden - 2)),
      });
    }
  } finally {
    runner.dispose();
  }
  return outcomeOf(results, { layers, steps });
}

function outcomeOf(
  results: readonly Measured[],
  { layers, steps }: { readonly layers: number; readonly steps: number },
): Outcome {
  const [first, second] = results as [Measured, Measured];
  const losses = ({ tuned }: Measured) => tuned.runs.map(({ loss }) => loss);
  const typical = (entry: Measured) => Math.exp(summarize(logs(losses(entry))).mean);
  const factor = (entry: Measured) => Math.exp(summarize(entry.factor).mean);
  const decided = decide({
    written: [
      equivalent("Glorot: a layer halves the mean square, × 0.5 ± 10 %", first.factor, {
        target: Math.log(0.5),
        margin: MARGIN,
      }),
      equivalent("He: a layer keeps it, × 1 ± 10 %", second.factor, { target: 0, margin: MARGIN }),
      above(
        `Glorot at its best rate stalls: the loss after ${steps} steps is above 9/10 of that of knowing nothing`,
        losses(first),
        0.9 * BLIND_LOSS,
      ),
      above(
        "He at its best rate learns: the loss falls more than three times as far below that of knowing nothing",
        losses(second).map((loss, i) => BLIND_LOSS - loss - 3 * (BLIND_LOSS - losses(first)[i]!)),
        0,
      ),
    ],
  });
  const accuracy = (entry: Measured) => summarize(entry.tuned.runs.map((each) => each.accuracy)).mean;
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return {
    ...decided,
    finding: `${layers} layers of rectifiers learn ${percent(accuracy(second))} of the digits from He's weights (rate ${second.tuned.rate}) and ${percent(accuracy(first))} from Glorot's at the best of its rates; a layer multiplies the signal's square by ${factor(second).toFixed(2)} and ${factor(first).toFixed(2)}`,
    figures: Object.fromEntries(
      results.flatMap((entry) => [
        [`${entry.label.toLowerCase()}Factor`, factor(entry)],
        [`${entry.label.toLowerCase()}Loss`, typical(entry)],
        [`${entry.label.toLowerCase()}Accuracy`, accuracy(entry)],
        [`${entry.label.toLowerCase()}Rate`, entry.tuned.rate],
        [`${entry.label.toLowerCase()}Gradient`, entry.gradient],
      ]),
    ),
    charts: [
      {
        kind: "lines",
        title: `At ${layers} layers Glorot's weights stall where He's learn`,
        x: { label: "step" },
        y: { label: "training loss of a batch" },
        series: results.flatMap(({ label, tuned }) =>
          tuned.runs.slice(0, 1).map(({ losses: curve }) => ({
            label: `${label}, rate ${tuned.rate}`,
            role: label === "He" ? ("forward" as const) : ("danger" as const),
            mark: "line" as const,
            x: curve.map((_, step) => step),
            y: curve,
          })),
        ),
      },
      {
        kind: "lines",
        title: "The gradient halves at every layer on its way back, or does not",
        x: { label: "layer, from input to output" },
        y: { label: "mean square of the gradient", log: true },
        series: results.map(({ label, gradient }) => ({
          label,
          role: label === "He" ? ("gradient" as const) : ("danger" as const),
          mark: "both" as const,
          x: gradient.map((_, i) => i + 1),
          y: gradient,
        })),
      },
    ],
    comparison: [
      {
        what: "a 30-layer network of rectifiers (figure 3)",
        paper: "Xavier completely stalls, ours converges",
        here: `${layers} layers: loss ${typical(first).toFixed(2)} against ${typical(second).toFixed(3)} after ${steps} steps`,
      },
      {
        what: "factor of the signal's variance a layer",
        paper: "1/2 for Xavier, 1 for ours (section 2.2)",
        here: `${factor(first).toFixed(3)} and ${factor(second).toFixed(3)}`,
      },
    ],
  };
}

export const he2015: Experiment = {
  id: "he-2015",
  group: "paper",
  title: "Deep rectifiers",
  statement:
    "Rectifiers halve the signal’s variance, so weights need n·Var(W) = 2; a network of 30 layers then learns, where Glorot’s initialization stalls.",
  source: "He, Zhang, Ren & Sun 2015, section 2.2 and figure 3",
  formulas: [
    {
      tex: "\\operatorname{E}[\\max(z,0)^2]=\\tfrac12\\operatorname{E}[z^2]\\;\\Rightarrow\\;n\\operatorname{Var}(W)=2",
      text: "E[max(z, 0)²] = ½·E[z²]  ⇒  n·Var(W) = 2",
    },
  ],
  prose: [
    "A rectifier passes one half of a symmetric signal and drops the other, so half of the mean square is gone at every layer. Two layers do not mind. Thirty divide by a thousand million.",
    "What is left at the far end is so small that the outputs are all but equal, and the gradient that comes back from there is divided once more on its way. No learning rate can be right for all layers then: one that moves the first layer throws the last one off. The remedy is a two in the numerator. It costs nothing.",
  ],
  procedure:
    "29 hidden layers of 64 rectifiers on 512 digits, 200 steps of 64 rows with momentum 0.9, four draws; each initialization at the best of three learning rates. The paper trains convolutional networks on ImageNet.",
  run,
};
