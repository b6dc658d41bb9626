/** LeCun, Bottou, Orr & Müller 1998: inputs of mean 0 and one size, or weights that learn at rates which do not go together. */

import { sharpness } from "../../run/index.ts";
import { centredDigits, type DigitSamples, rawDigits, standardDigits } from "../data.ts";
import { above, below, decide, logs, summarize } from "../decide.ts";
import { drawNetwork, type MatrixLaw, meanSquare, normalOf } from "../networks.ts";
import { createRunner, LARGEST_LOSS } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome, Role } from "../types.ts";

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? { width: 32, rates: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1], draws: 4, steps: 100, rows: 512, batch: 64 }
    : { width: 24, rates: [0.01, 0.1, 0.3], draws: 6, steps: 60, rows: 256, batch: 64 };
}

interface Version {
  readonly label: string;
  readonly role: Role;
  readonly data: (rows: number) => DigitSamples;
  /** Divides the first layer's weights, so that the first pre-activations have the size that all others have. */
  readonly rescaled: boolean;
}

const VERSIONS: readonly Version[] = [
  { label: "standardised", role: "forward", data: standardDigits, rescaled: false },
  { label: "as they are, weights rescaled", role: "theory", data: rawDigits, rescaled: true },
  { label: "mean taken off", role: "gradient", data: centredDigits, rescaled: false },
  { label: "as they are", role: "danger", data: rawDigits, rescaled: false },
];

interface Measured extends Version {
  /** Losses after the last step, [rate][draw]. */
  readonly losses: readonly (readonly number[])[];
  /** Index of the rate with the lowest mean logarithm. */
  readonly best: number;
  /** 2/λ_max of each draw. */
  readonly stable: readonly number[];
}

/** The paper's own law, σ = 1/√fan-in (section 4.6). */
const lecun: MatrixLaw = normalOf(1);

async function measure(version: Version, options: ExperimentOptions, onRun: () => void): Promise<Measured> {
  const { width, rates, draws, steps, rows, batch } = settingOf(options.size);
  const data = version.data(rows);
  const scale = version.rescaled ? 1 / Math.sqrt(meanSquare(data.inputs)) : 1;
  const runner = await createRunner(`64 > ${width} tanh > 10`, { data, batch, signal: options.signal });
  const weights = (draw: number) => {
    const drawn = drawNetwork(runner.model, lecun, BigInt(options.seed) + BigInt(draw));
    const first = drawn.get("fc1.weight")!;
    return drawn.set(
      "fc1.weight",
      first.map((w) => w * scale),
    );
  };
  try {
    const stable: number[] = [];
    for (let draw = 0; draw < draws; draw++) {
      const start = { weights: weights(draw), loss: "cross-entropy", seed: 0, tolerance: 0.01 } as const;
      stable.push((await sharpness(runner.model, data, start)).largestStep);
      onRun();
    }
    const losses: number[][] = [];
    for (const learningRate of rates) {
      const own: number[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const { loss } = await runner.run({ weights: weights(draw), learningRate, steps });
        own.push(Math.min(loss, LARGEST_LOSS));
        onRun();
      }
      losses.push(own);
    }
    const means = losses.map((own) => summarize(logs(own)).mean);
    return { ...version, losses, best: means.indexOf(Math.min(...means)), stable };
  } finally {
    runner.dispose();
  }
}

const typical = (samples: readonly number[]) => Math.exp(summarize(logs(samples)).mean);
const three = (x: number) => Number(x.toPrecision(2)).toString();

async function run(options: ExperimentOptions): Promise<Outcome> {
  const { rates, draws, steps } = settingOf(options.size);
  const total = VERSIONS.length * draws * (rates.length + 1);
  let done = 0;
  const all: Measured[] = [];
  for (const version of VERSIONS) all.push(await measure(version, options, () => options.onProgress?.(++done / total)));
  const [standard, rescaled, centred, raw] = all as [Measured, Measured, Measured, Measured];
  const atBest = ({ losses, best }: Measured) => losses[best]!;
  const ratios = (a: readonly number[], b: readonly number[]) => logs(a.map((value, draw) => value / b[draw]!));
  const decided = decide({
    written: [
      above(
        "each at its best rate, the loss from digits as they are is above that from standardised ones",
        ratios(atBest(raw), atBest(standard)),
        0,
      ),
      below(
        "the largest stable step from digits as they are is below a fifth of that from standardised ones",
        ratios(raw.stable, standard.stable),
        Math.log(0.2),
      ),
      above("taking the mean off alone brings the loss down", ratios(atBest(raw), atBest(centred)), 0),
    ],
    beside: [
      above(
        "weights rescaled to the inputs' size leave the loss above that from standardised digits",
        ratios(atBest(rescaled), atBest(standard)),
        0,
      ),
    ],
  });
  const words = (each: Measured) => `${three(typical(atBest(each)))} (rate ${rates[each.best]})`;
  return {
    ...decided,
    finding: `after ${steps} steps standardised digits end at a loss of ${words(standard)}, digits as they are (0 … 16) at ${words(raw)}; the largest stable steps are ${three(typical(standard.stable))} and ${three(typical(raw.stable))}`,
    figures: {
      rates,
      ...Object.fromEntries(all.map((each) => [`${each.label}: loss`, typical(atBest(each))])),
      ...Object.fromEntries(all.map((each) => [`${each.label}: largest stable step`, typical(each.stable)])),
    },
    charts: [
      {
        kind: "lines",
        title: `Standardised inputs learn ×${three(typical(atBest(raw)) / typical(atBest(standard)))} further in ${steps} steps, and at higher rates`,
        x: { label: "learning rate", log: true },
        y: { label: `training loss after ${steps} steps`, log: true },
        series: all.map(({ label, role, losses }) => ({
          label,
          role,
          mark: "both",
          x: rates,
          y: losses.map(typical),
        })),
      },
      {
        kind: "rows",
        title: "Inputs that have a mean take the stable step down",
        x: { label: "largest stable step 2/λ_max at initialization", log: true },
        rows: all.map(({ label, role, stable }) => {
          const { mean, halfWidth } = summarize(logs(stable));
          return {
            label,
            role,
            value: Math.exp(mean),
            low: Math.exp(mean - halfWidth),
            high: Math.exp(mean + halfWidth),
          };
        }),
      },
    ],
    comparison: [
      {
        what: "inputs whose mean is not 0 (section 4.3)",
        paper:
          "learning is slower: all weights of a unit are pushed the same way, and one eigenvalue of the Hessian is large",
        here: `loss ${words(raw)} as they are, ${words(centred)} with the mean taken off`,
      },
      {
        what: "inputs of different size (section 4.3)",
        paper: "scaled to equal covariance, the weights learn at equal rates",
        here: `loss ${words(standard)} with variance 1 each`,
      },
    ],
  };
}

export const lecun1998: Experiment = {
  id: "lecun-1998",
  group: "paper",
  title: "Inputs that are not standardised",
  statement: "Networks learn faster from inputs of mean 0 and equal size than from the same inputs as they come.",
  source: "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, sections 4.3 and 5",
  formulas: [
    {
      tex: "\\eta<\\frac{2}{\\lambda_{\\max}},\\qquad \\lambda_{\\max}\\gtrsim \\lVert\\mathbb{E}[x]\\rVert^2\\,\\mathbb{E}[\\delta^2]",
      text: "η < 2/λ_max,  λ_max of the order of |E[x]|²·E[δ²]",
    },
  ],
  prose: [
    "Every rule for initial weights counts on inputs of mean 0 and variance 1. The digits come as numbers from 0 to 16, five on average. Fed like that, the first layer’s sums are some seven times too wide and most of its units are flat.",
    "The other half is in the learning. The gradient of a first-layer weight is the error times the input, so that inputs which are all positive push all weights of a unit the same way, and inputs that are large push far. The direction of the mean input becomes so steep that only a small rate is stable along it, and at that rate everything else hardly moves. Taking the mean off and dividing by the standard deviation costs one pass over the data.",
    "Smaller weights are no way out. Divide the first layer’s by the size of the inputs and its units are in range again, as a plan that is told the inputs’ variance will do; but the steep direction is no longer hidden behind flat units, the stable step falls further, and the network learns more slowly still.",
  ],
  procedure:
    "One hidden layer of 32 tanh units on 512 digits: pixels standardised, only centred, as they are, and as they are with the first weights divided by the inputs' root mean square; each at every of seven rates, 100 steps of 64 rows, four draws; λ_max by Lanczos from Hessian-vector products.",
  run,
};
