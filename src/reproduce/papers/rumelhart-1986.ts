/** Equal weights stay equal: Rumelhart, Hinton & Williams 1986 on breaking symmetry. */

import { above, beyondRounding, decide, logs, summarize, withinRounding } from "../decide.ts";
import { numberSetting, type SettingsOf, settled, wholeSetting, wordSetting } from "../settings.ts";
import {
  areTwins,
  descent,
  type Frame,
  STARTS,
  STEPS,
  type Start,
  type Training,
  training,
  UNITS,
} from "../twins/index.ts";
import type { Experiment, ExperimentOptions, Outcome, Series } from "../types.ts";

const settings = {
  activation: wordSetting("the hidden units", UNITS),
  start: wordSetting("the training whose figures are set down", STARTS),
  value: numberSetting("the number that all weights start as", [-2, 2]),
  noise: numberSetting("standard deviation of the breath of noise", [1e-8, 0.5]),
  rate: numberSetting("learning rate", [0.01, 5]),
  draws: wholeSetting("draws of inputs and noise", [1, 100]),
  step: wholeSetting("the step whose weights are set down", [0, STEPS]),
};
type Chosen = SettingsOf<typeof settings>;

const DEFAULTS: Chosen = {
  activation: "tanh",
  start: "breath",
  value: 0.5,
  noise: 0.01,
  rate: 0.5,
  draws: 24,
  step: STEPS,
};
const QUICK: Chosen = { ...DEFAULTS, draws: 16 };

/** Equal units would be no worse off: a final loss within this factor of what a breath of noise makes possible. */
const FACTOR = 2;

interface Descent {
  readonly loss: number;
  /** Units of both layers were one unit at every step. */
  readonly twins: boolean;
}

function descend(start: Start): Descent {
  let [loss, twins] = [Number.POSITIVE_INFINITY, true];
  for (const step of descent(start)) {
    loss = step.loss;
    twins &&= areTwins(step.layers);
  }
  return { loss, twins };
}

async function run({ seed, size, signal, onProgress, settings: given = {} }: ExperimentOptions): Promise<Outcome> {
  const chosen = settled(settings, size === "full" ? DEFAULTS : QUICK, given);
  const at = (start: Start["start"], draw = 0): Start => ({ ...chosen, start, seed: BigInt(seed) + BigInt(draw) });
  const total = UNITS.length + 2 * chosen.draws + 1;
  let done = 0;
  const next = <Found>(find: () => Found): Found => {
    signal?.throwIfAborted();
    const found = find();
    onProgress?.(++done / total);
    return found;
  };
  const same = UNITS.map((activation) => next(() => descend({ ...at("constant"), activation })));
  const draws = Array.from({ length: chosen.draws }, (_, draw) => draw);
  const equal = draws.map((draw) => next(() => descend(at("constant", draw))));
  const breath = draws.map((draw) => next(() => descend(at("breath", draw))));
  const shown = next(() => training(at(chosen.start)));
  return outcomeOf({ chosen, same, equal, breath, shown });
}

interface Found {
  readonly chosen: Chosen;
  /** By activation. */
  readonly same: readonly Descent[];
  /** By draw. */
  readonly equal: readonly Descent[];
  readonly breath: readonly Descent[];
  readonly shown: Training;
}

function outcomeOf({ chosen, same, equal, breath, shown }: Found): Outcome {
  const { activation, value, noise } = chosen;
  const parted = (descents: readonly Descent[]) => descents.filter(({ twins }) => !twins).length;
  const exact = { bound: 0, of: "equal units sum the same numbers in the same order" };
  const ratios = logs(equal.map(({ loss }, draw) => loss / breath[draw]!.loss));
  const decided = decide({
    written: [
      ...UNITS.map((name, i) =>
        withinRounding(
          `${name}, all weights ${value}: the trainings of ${STEPS} steps in which two units of a layer ever differ`,
          parted([same[i]!]),
          exact,
        ),
      ),
      above(
        `${activation}: from equal weights the loss ends at more than ${FACTOR} times that from a breath of noise`,
        ratios,
        Math.log(FACTOR),
      ),
    ],
    beside: [beyondRounding(`${activation}: a breath of noise lets units differ`, parted(breath), exact)],
  });
  const typical = (descents: readonly Descent[]) => Math.exp(summarize(logs(descents.map(({ loss }) => loss))).mean);
  const three = (size: number) => Number(size.toPrecision(3));
  const frame = shown.frames[Math.min(chosen.step, shown.frames.length - 1)];
  const finding = `with ${activation} units all weights ${value} end at a loss of ${three(typical(equal))}, a breath of noise of ${noise} on them at ${three(typical(breath))}; equal units stay equal to the bit with ${UNITS.join(", ")}`;
  return {
    ...decided,
    finding,
    figures: {
      equalLoss: equal.map(({ loss }) => loss),
      breathLoss: breath.map(({ loss }) => loss),
      loss: shown.frames.map(({ loss }) => loss),
      rank: shown.frames.map(({ rank }) => rank),
      stableRank: shown.frames.map(({ stableRank }) => stableRank),
      units1: shown.frames.map((each) => distinct(each, 0)),
      units2: shown.frames.map((each) => distinct(each, 1)),
      weights: (frame?.layers ?? []).flatMap(({ weights, biases }) => weights.map((row, o) => [...row, biases[o]!])),
    },
    charts: [
      {
        kind: "lines",
        title: `The training from ${chosen.start === "zeros" ? "zeros" : `"${chosen.start}"`}: loss ${three(shown.frames.at(-1)?.loss ?? Number.NaN)} after ${shown.frames.length - 1} steps`,
        x: { label: "step" },
        y: { label: "training loss, half the squared error" },
        series: [seriesOf(shown, "loss", ({ loss }) => loss)],
      },
      {
        kind: "lines",
        title: "Rank of the matrix between the hidden layers",
        x: { label: "step" },
        y: { label: "rank" },
        series: [
          seriesOf(shown, "rank", ({ rank }) => rank),
          seriesOf(shown, "by size (‖W‖²/σ₁²)", ({ stableRank }) => stableRank),
        ],
      },
    ],
    comparison: [
      {
        what: "all weights start equal, the solution needs unequal ones",
        paper:
          "the system can never learn: a unit's share of the blame goes by its weight, so equal weights change alike",
        here: `loss ${three(typical(equal))}, all units of a layer equal at every step`,
      },
      {
        what: "small random weights to begin with",
        paper: "symmetry problems of this kind do not arise",
        here: `loss ${three(typical(breath))} from weights that differ by ${noise}`,
      },
    ],
  };
}

const distinct = ({ groups }: Frame, layer: number) => new Set(groups[layer]).size;

/** As many points as a drawing can show. */
function seriesOf({ frames }: Training, label: string, y: (frame: Frame) => number): Series {
  const every = Math.max(1, Math.floor(frames.length / 100));
  const steps = frames.map((_, step) => step).filter((step) => step % every === 0);
  return {
    label,
    role: label === "rank" || label === "loss" ? "forward" : "neutral",
    mark: "line",
    x: steps,
    y: steps.map((step) => y(frames[step]!)),
  };
}

export const rumelhart1986: Experiment = {
  id: "rumelhart-1986",
  group: "paper",
  title: "Breaking symmetry",
  statement:
    "If all weights start out equal, and the solution needs unequal ones, the system can never learn; small random weights do away with that.",
  source:
    "Rumelhart, Hinton & Williams 1986, Learning internal representations by error propagation, on symmetry breaking",
  formulas: [
    {
      tex: "w_{ij}=w_{kj},\\;v_i=v_k\\;\\Rightarrow\\;\\frac{\\partial L}{\\partial w_{ij}}=\\frac{\\partial L}{\\partial w_{kj}}",
      text: "w_ij = w_kj, v_i = v_k   ⇒   ∂L/∂w_ij = ∂L/∂w_kj",
    },
  ],
  prose: [
    "Two units with the same weights, in and out, answer every input alike and are blamed alike, so every step changes them alike. Nothing in gradient descent ever tells them apart: a layer of a thousand such units is a layer of one. Zero is only the best known of these starts; any constant does it.",
    "How much has to differ? Next to nothing. Where the solution needs unequal units the symmetric path is one that small differences grow away from, and a breath of noise is enough for the units to part in time. How large the weights should be is another question, and the one that scale rules answer.",
  ],
  procedure: `Two inputs, two hidden layers of four units, one output, in double precision, learn whether the inputs have one sign: ${STEPS} steps of gradient descent on 24 samples, from all weights equal and from a breath of noise on them.`,
  settings,
  run,
};
