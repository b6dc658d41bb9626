/** What becomes of a network whose weights all start at zero. */

import type { Model } from "../../model/types.ts";
import { type ProbeReport, train } from "../../run/index.ts";
import { type DigitSamples, standardDigits } from "../data.ts";
import { beyondRounding, decide, withinRounding } from "../decide.ts";
import { drawNetwork, linearNodes, network, rootN } from "../networks.ts";
import { createRunner } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome, Series } from "../types.ts";

const ACTIVATIONS = ["tanh", "relu", "logistic"] as const;
type Name = (typeof ACTIVATIONS)[number];

interface Trained {
  readonly name: Name;
  /** Largest |w| of the hidden matrices at the end. */
  readonly largestHidden: number;
  /** Largest difference between two units of a hidden layer, over all probes. */
  readonly difference: number;
  readonly probes: readonly ProbeReport[];
  /** First update that moved each hidden matrix, input to output; Infinity where none did. */
  readonly moved: readonly number[];
  readonly accuracy: number;
  readonly losses: readonly number[];
}

interface Setting {
  readonly data: DigitSamples;
  readonly steps: number;
  readonly width: number;
  readonly seed: ExperimentOptions["seed"];
}

function setting({ seed, size }: ExperimentOptions): Setting {
  return size === "full"
    ? { seed, data: standardDigits(512), steps: 200, width: 24 }
    : { seed, data: standardDigits(128), steps: 60, width: 12 };
}

const RATE = 3;
const MOMENTUM = 0.9;

function probeSteps(steps: number): number[] {
  return [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256].filter((step) => step < steps);
}

function hiddenWeights(model: Model): string[] {
  return linearNodes(model)
    .slice(0, -1)
    .map(({ weight }) => weight);
}

async function trainFrom(name: Name, zero: boolean, { data, steps, width, seed }: Setting): Promise<Trained> {
  const model = network(`64 > ${width} ${name} > ${width} ${name} > 10`, data.count);
  const probes: ProbeReport[] = [];
  const result = await train(model, data, {
    weights: drawNetwork(model, zero ? () => ({ kind: "zeros" }) : rootN(), seed),
    loss: "cross-entropy",
    optimizer: { kind: "sgd", learningRate: RATE, momentum: MOMENTUM },
    steps,
    batch: "full",
    seed,
    evaluate: { data, every: steps },
    probes: { at: probeSteps(steps), observe: (report) => probes.push(report) },
  });
  const hidden = hiddenWeights(model);
  const largest = (weight: string) => result.weights.get(weight)!.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const layer = (report: ProbeReport, weight: string) => report.layers.find((each) => each.weight === weight)!;
  return {
    name,
    largestHidden: Math.max(...hidden.map(largest)),
    difference: Math.max(...probes.flatMap((report) => hidden.map((weight) => layer(report, weight).units.difference))),
    probes,
    moved: hidden.map((weight) => {
      const first = probes.find((report) => layer(report, weight).update > 0);
      return first === undefined ? Number.POSITIVE_INFINITY : first.step + 1;
    }),
    accuracy: result.evaluations.at(-1)!.accuracy,
    losses: result.losses,
  };
}

/** The same training of a network without hidden layers: what "a linear model" can do. */
async function linearAccuracy({ data, steps }: Setting): Promise<number> {
  const runner = await createRunner("64 > 10", { data, batch: data.count, momentum: MOMENTUM });
  try {
    const weights = drawNetwork(runner.model, () => ({ kind: "zeros" }), 0);
    return (await runner.run({ weights, learningRate: RATE, steps })).accuracy;
  } finally {
    runner.dispose();
  }
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const chosen = setting(options);
  const results: Trained[] = [];
  let done = 0;
  const step = () => {
    options.onProgress?.(++done / (ACTIVATIONS.length + 2));
    options.signal?.throwIfAborted();
  };
  for (const name of ACTIVATIONS) {
    results.push(await trainFrom(name, true, chosen));
    step();
  }
  const random = await trainFrom("logistic", false, chosen);
  step();
  const linear = await linearAccuracy(chosen);
  step();
  const [tanh, relu, logistic] = results as [Trained, Trained, Trained];
  const exact = { bound: 0, of: "sums of zeros are zero, nothing is rounded" };
  const still = ({ name, largestHidden }: Trained) =>
    withinRounding(`${name}: the largest hidden weight after training is 0`, largestHidden, exact);
  const rank = (report: ProbeReport) => report.layers[1]!.units.rank;
  const decided = decide(
    {
      written: [still(tanh), still(relu), still(logistic)],
      conditional: [still(tanh), still(relu)],
      beside: [
        beyondRounding("logistic: hidden weights do move", logistic.largestHidden, exact),
        withinRounding("logistic: all units of a hidden layer stay the same, to the bit", logistic.difference, {
          bound: 0,
          of: "every unit's sums run in the same order over the same numbers",
        }),
        beyondRounding(
          "drawn weights: a hidden matrix of the same network keeps a rank above 1",
          Math.min(...random.probes.map(rank)),
          { bound: 1, of: "ranks are whole numbers" },
        ),
      ],
    },
    {
      condition:
        "the activation is 0 at 0, as tanh and ReLU are; then only the last bias learns, and the model is not even linear but constant. Logistic units do move, from the second update on, but all units of a layer stay one and the same for ever",
    },
  );
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return {
    ...decided,
    finding: `from zero, tanh and ReLU networks reach ${percent(tanh.accuracy)} and ${percent(relu.accuracy)} of the digits, logistic units ${percent(logistic.accuracy)} at rank ${rank(logistic.probes.at(-1)!)}; a linear model reaches ${percent(linear)}, the same logistic network from drawn weights ${percent(random.accuracy)} at rank ${rank(random.probes.at(-1)!)}`,
    figures: {
      tanhAccuracy: tanh.accuracy,
      reluAccuracy: relu.accuracy,
      logisticAccuracy: logistic.accuracy,
      linearAccuracy: linear,
      drawnAccuracy: random.accuracy,
      logisticFirstMove: logistic.moved,
      logisticLargestHiddenWeight: logistic.largestHidden,
      logisticUnitDifference: logistic.difference,
      probeSteps: logistic.probes.map(({ step: at }) => at),
      tanhRank: tanh.probes.map(rank),
      reluRank: relu.probes.map(rank),
      logisticRank: logistic.probes.map(rank),
      drawnRank: random.probes.map(rank),
    },
    charts: [
      {
        kind: "lines",
        title: "From zero, a hidden matrix never has a rank above 1",
        x: { label: "step" },
        y: { label: "rank of the second hidden matrix" },
        series: [
          rankSeries(random, "logistic, drawn weights", "forward"),
          rankSeries(logistic, "logistic, from zero", "danger"),
          rankSeries(tanh, "tanh and ReLU, from zero", "danger"),
        ],
        note: "Singular values above 24·2⁻²³ of the largest are counted.",
      },
      {
        kind: "lines",
        title: "Tanh and ReLU learn nothing but how often each digit occurs",
        x: { label: "step" },
        y: { label: "training loss" },
        series: [
          lossSeries(random, "logistic, drawn weights", "forward"),
          lossSeries(logistic, "logistic, from zero", "danger"),
          lossSeries(tanh, "tanh, from zero", "danger"),
          lossSeries(relu, "ReLU, from zero", "danger"),
        ],
      },
    ],
  };
}

function rankSeries({ probes }: Trained, label: string, role: Series["role"]): Series {
  return {
    label,
    role,
    mark: "both",
    x: probes.map(({ step }) => step),
    y: probes.map(({ layers }) => layers[1]!.units.rank),
  };
}

function lossSeries({ losses }: Trained, label: string, role: Series["role"]): Series {
  return { label, role, mark: "line", x: losses.map((_, step) => step), y: losses };
}

export const zeros: Experiment = {
  id: "zeros",
  group: "statement",
  title: "All weights zero",
  statement: "With all weights zero the hidden layers are never updated; one ends with a linear model.",
  source: "the essay; symmetry: Rumelhart, Hinton & Williams 1986",
  formulas: [
    {
      tex: "W=0:\\quad \\frac{\\partial L}{\\partial W^{(l)}}=\\delta^{(l)}a^{(l-1)\\top},\\qquad \\delta^{(l)}=\\varphi'(0)\\,W^{(l+1)\\top}\\delta^{(l+1)}=0",
      text: "W = 0:  δ = φ′(0)·W′ᵀδ′ = 0 in every hidden layer",
    },
    {
      tex: "\\frac{\\partial L}{\\partial W^{(L)}}=\\delta^{(L)}\\varphi(0)^{\\top}=0\\quad\\text{if }\\varphi(0)=0",
      text: "∂L/∂W_last = δ·φ(0) = 0  if φ(0) = 0",
    },
  ],
  prose: [
    "The error comes back through the weights. Where these are zero it does not come back at all, so hidden weights stay where they are unless the last matrix moves first. Whether it does depends on what the hidden units put out: its derivative is the error times their activation.",
    "Tanh and ReLU put out φ(0) = 0. Nothing moves, not even the last matrix; only the last bias learns, and what it can learn is how often each class occurs. The statement is right here and even kind: the model is not linear, it is constant.",
    "Logistic units put out one half. The last matrix moves at the first update, the hidden matrix before it at the second, the one before that at the third. But every unit of a layer has received the same number, and gives the same, and so it goes on: a layer of many units is one unit written many times. The rank of its matrix is 1 and stays 1, exactly, whatever the data. To break the tie is what the randomness of initial weights is for.",
  ],
  procedure:
    "Two hidden layers on 512 digits, full batches, 200 steps at rate 3 and momentum 0.9, with probes: for three activations from zero, once from drawn weights, and a model without hidden layers beside them.",
  run,
};
