/** Whether the slope β of g(x) = 1/(1 + exp(−βx)) is the same as the learning rate. */

import { above, decide, logs, withinRounding } from "../decide.ts";
import { drawNetwork, noise, rootN } from "../networks.ts";
import { numberSetting, settled, wholeSetting } from "../settings.ts";
import {
  apart,
  followSlopes,
  QUICK_SLOPE,
  type SlopeCurves,
  type SlopeNetwork,
  type SlopeOptions,
  slopeCurves,
  type Trajectory,
  withSlope,
} from "../trajectories.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

/** Unit roundoff of float32. */
const UNIT = 2 ** -24;

const settings = {
  slope: numberSetting("the slope β whose curves are shown", [0.01, 100]),
  rate: numberSetting("its learning rate η", [1e-6, 1000]),
  draws: wholeSetting("draws of the weights", [1, 100]),
};
const DEFAULTS = { slope: 2, rate: 0.5, draws: 3 };

interface Setting extends SlopeNetwork {
  readonly slope: number;
  readonly rate: number;
  readonly draws: number;
}

function settingOf({ size, settings: given = {} }: ExperimentOptions): Setting {
  const network = size === "full" ? { rows: 256, steps: 300, width: 24, every: 20 } : QUICK_SLOPE;
  return { ...network, ...settled(settings, DEFAULTS, given) };
}

const largest = (numbers: Iterable<number>) => [...numbers].reduce((most, value) => Math.max(most, Math.abs(value)), 0);

interface SeedResult {
  readonly steps: readonly number[];
  readonly exact: ReadonlyMap<number, readonly number[]>;
  readonly rounded: readonly number[];
  readonly bound: readonly number[];
  /** At the slope that is shown: weights rescaled, the rate βη alone, the rate β²η alone. */
  readonly theorem: readonly number[];
  readonly plain: readonly number[];
  readonly plainSquared: readonly number[];
  readonly losses: Readonly<Record<keyof SlopeCurves, readonly number[]>>;
}

/** Slopes that are powers of two: every rescaling is exact in floating point, so the theorem must hold to the bit. */
const EXACT_BETAS = [2, 4] as const;
/** A slope whose rescaling rounds. */
const ROUNDED_BETA = 3;
/** Size of the perturbation whose growth shows how rounding errors are carried on. */
const NUDGE = 2 ** -13;

type Follower = ReturnType<typeof followSlopes>;

/** Slope β, and slope 1 with rate and weights rescaled. */
async function pairOf(follow: Follower, options: SlopeOptions): Promise<readonly [Trajectory, Trajectory]> {
  for await (const { steep, theorem } of slopeCurves(follow, options)) if (theorem !== null) return [steep, theorem];
  throw new Error("reproduce: slope-is-rate trained nothing");
}

async function shownOf(
  follow: Follower,
  options: SlopeOptions,
): Promise<Pick<SeedResult, "theorem" | "plain" | "plainSquared" | "losses">> {
  const { beta, learningRate, weights } = options;
  for await (const { steep, theorem, plain } of slopeCurves(follow, options)) {
    if (theorem === null || plain === null) continue;
    const squared = await follow({ beta: 1, learningRate: beta * beta * learningRate, weights });
    return {
      theorem: apart(steep, theorem),
      plain: apart(steep, plain),
      plainSquared: apart(steep, squared),
      losses: { steep: steep.losses, theorem: theorem.losses, plain: plain.losses },
    };
  }
  throw new Error("reproduce: slope-is-rate trained nothing");
}

/** Trainings of one seed: the slope that is shown, the exact ones, the one that rounds and its nudge. */
const runsOf = ({ slope }: Setting) => 4 + 2 * EXACT_BETAS.filter((beta) => beta !== slope).length + 3;

async function oneSeed(seed: bigint, setting: Setting, onRun: () => void): Promise<SeedResult> {
  const follow = followSlopes(setting, onRun);
  try {
    const weights = drawNetwork(withSlope(1, setting), rootN(), seed);
    const at = (beta: number) => ({ beta, learningRate: setting.rate, weights });
    const shown = await shownOf(follow, at(setting.slope));
    const exact = new Map<number, readonly number[]>();
    for (const beta of EXACT_BETAS)
      exact.set(beta, beta === setting.slope ? shown.theorem : apart(...(await pairOf(follow, at(beta)))));
    const [steep, theorem] = await pairOf(follow, at(ROUNDED_BETA));
    const nudged = new Map(
      [...weights].map(([name, values]) => {
        const random = noise(seed, `slope nudge ${name}`, values.length);
        return [name, values.map((value, i) => value + NUDGE * Math.sign(random[i]!))];
      }),
    );
    const beside = await follow({ ...at(ROUNDED_BETA), weights: nudged });
    const growth = apart(steep, beside).map((difference) => Math.max(1, difference / NUDGE));
    const size = steep.states.map(largest);
    const steps = steep.states.map((_, i) => i * setting.every);
    return {
      steps,
      exact,
      rounded: apart(steep, theorem),
      // Either run rounds each weight by half a unit a step when it is updated and, less, in the gradient's sums: two
      // units a step for the pair, each carried on as the nudge is.
      bound: steps.map((step, i) => 2 * (step + 1) * 2 * UNIT * largest(size) * largest(growth.slice(0, i + 1))),
      ...shown,
    };
  } finally {
    follow.dispose();
  }
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const { seed, signal, onProgress } = options;
  const setting = settingOf(options);
  const results: SeedResult[] = [];
  let runs = 0;
  for (let i = 0; i < setting.draws; i++) {
    results.push(
      await oneSeed(BigInt(seed) + BigInt(i), setting, () => {
        signal?.throwIfAborted();
        onProgress?.(++runs / (runsOf(setting) * setting.draws));
      }),
    );
  }
  const first = results[0]!;
  const worst = (pick: (result: SeedResult) => readonly number[]) => largest(results.flatMap(pick));
  const shares = results.flatMap(({ rounded, bound }) => rounded.map((difference, i) => difference / bound[i]!));
  const overBound = (pick: (result: SeedResult) => readonly number[]) =>
    logs(results.map((result) => pick(result).at(-1)! / result.bound.at(-1)!));
  const plain = (claim: string, pick: (result: SeedResult) => readonly number[]) =>
    // The claim "they train the same" is put as: not apart by more than rounding can make.
    negated(above(claim, overBound(pick), 0));
  const bits = EXACT_BETAS.map((beta) =>
    withinRounding(
      `β = ${beta}: (β, η, w) and (1, β²η, βw) train alike, to the bit`,
      worst((result) => result.exact.get(beta)!),
      { bound: 0, of: "a factor that is a power of two rounds nothing" },
    ),
  );
  const decided = decide(
    {
      written: [
        plain("(β, η) trains as (1, βη) from the same weights", (result) => result.plain),
        plain("(β, η) trains as (1, β²η) from the same weights", (result) => result.plainSquared),
      ],
      conditional: [
        ...bits,
        withinRounding(
          `β = ${ROUNDED_BETA}: (β, η, w) and (1, β²η, βw) train alike, as far as rounding lets them`,
          Math.max(...shares),
          {
            bound: 1,
            of: "largest difference as a share of 4·2⁻²⁴ of the largest weight a step, grown as a nudged trajectory grows",
          },
        ),
      ],
    },
    {
      condition:
        "the initial weights are multiplied by β as well: (β, η, w) trains as (1, β²η, βw). From the same weights no learning rate makes up for the slope",
    },
  );
  const end = first.steps.length - 1;
  return {
    ...decided,
    finding: `after ${setting.steps} steps (β, η, w) and (1, β²η, βw) differ by ${worst((result) => result.exact.get(2)!)} for β = 2 and by ${worst((result) => result.rounded).toExponential(1)} for β = 3, where rounding may make ${largest(first.bound).toExponential(1)}; with the rate alone the weights are ${first.plain[end]!.toFixed(2)} apart`,
    figures: {
      steps: setting.steps,
      exactDifference: worst((result) => [...result.exact.values()].flat()),
      roundedDifference: worst((result) => result.rounded),
      roundingBound: largest(first.bound),
      slope: setting.slope,
      rescaledDifference: results.map((result) => result.theorem[end]!),
      plainDifference: results.map((result) => result.plain[end]!),
      plainSquaredDifference: results.map((result) => result.plainSquared[end]!),
      atStep: first.steps,
      roundedDifferenceAtStep: first.rounded,
      boundAtStep: first.bound,
      plainDifferenceAtStep: first.plain,
      slopeLoss: first.losses.steep,
      rescaledLoss: first.losses.theorem,
      plainLoss: first.losses.plain,
    },
    charts: [
      {
        kind: "lines",
        title: "With the weights rescaled the slope is the rate; with the rate alone the two part at once",
        x: { label: "step" },
        y: { label: "largest difference of a weight", log: true },
        series: [
          { label: "rounding bound, β = 3", role: "theory", mark: "line", x: first.steps, y: first.bound },
          { label: "(1, β²η, βw), β = 3", role: "forward", mark: "both", x: first.steps, y: first.rounded },
          { label: `(1, βη, w), β = ${setting.slope}`, role: "danger", mark: "both", x: first.steps, y: first.plain },
          {
            label: `(1, β²η, w), β = ${setting.slope}`,
            role: "danger",
            mark: "both",
            x: first.steps,
            y: first.plainSquared,
          },
        ],
        note: "For β = 2 and 4 the rescaled trajectories are equal to the bit: zero, which a log axis does not show.",
      },
      {
        kind: "lines",
        title: "Same learning curve, to the last digit, or another one",
        x: { label: "step" },
        y: { label: "training loss, squared error" },
        series: [
          curve(`slope ${setting.slope}, rate η`, "neutral", first.losses.steep),
          curve(
            `slope 1, rate ${Number((setting.slope ** 2).toPrecision(3))}η, weights ${setting.slope}w`,
            "forward",
            first.losses.theorem,
          ),
          curve(`slope 1, rate ${setting.slope}η, weights w`, "danger", first.losses.plain),
        ],
      },
    ],
  };
}

/** The test of the opposite claim. */
function negated(test: ReturnType<typeof above>): ReturnType<typeof above> {
  const opposite = { supported: "refuted", refuted: "supported", undecided: "undecided" } as const;
  return { ...test, finding: opposite[test.finding], pValue: test.pValue === null ? null : 1 - test.pValue };
}

function curve(label: string, role: "neutral" | "forward" | "danger", losses: readonly number[]) {
  const every = Math.max(1, Math.floor(losses.length / 40));
  const steps = losses.map((_, step) => step).filter((step) => step % every === 0);
  return { label, role, mark: "line" as const, x: steps, y: steps.map((step) => losses[step]!) };
}

export const slopeIsRate: Experiment = {
  id: "slope-is-rate",
  group: "statement",
  title: "The slope and the learning rate",
  statement: "In g(x) = 1/(1 + e^(−βx)) the slope β is the same as the learning rate.",
  source: "the essay; Thimm, Moerland & Fiesler 1996",
  formulas: [
    {
      tex: "g_\\beta(w\\cdot x)=g_1(\\beta w\\cdot x)",
      text: "g_β(w·x) = g₁(βw·x)",
    },
    {
      tex: "w\\leftarrow w-\\eta\\frac{\\partial L}{\\partial w}\\;\\Rightarrow\\;\\beta w\\leftarrow\\beta w-\\beta^2\\eta\\frac{\\partial L}{\\partial(\\beta w)}",
      text: "w ← w − η ∂L/∂w   ⇒   βw ← βw − β²η ∂L/∂(βw)",
    },
  ],
  prose: [
    "A steeper curve gives larger derivatives, and larger derivatives make larger steps: so the slope looks like a learning rate. Write it down and there is a theorem, but another one. The slope can be pulled into the weights, and then the chain rule gives one factor β from the derivative and one from the change of variable: slope β at rate η from weights w is slope 1 at rate β²η from weights βw.",
    "This is exact. Where β is a power of two, even the computer’s arithmetic does not notice the difference: two networks, trained side by side for hundreds of steps, have the same bits. Where it is not, they stay together as closely as rounding lets any two trainings stay.",
    "The plain reading leaves out the weights. A network of slope 2 starts where one with weights twice as large would, and no rate makes up for that: rate 2η and rate 4η both part from it in the first step. What looked like a remark about rates is one about initial weights.",
  ],
  procedure:
    "A logistic network on digits, squared error, full batches, 300 steps in float32 from three draws of the weights: slope 2, 3 and 4 against slope 1 with rate and weights rescaled, and with the rate alone.",
  settings,
  run,
};
