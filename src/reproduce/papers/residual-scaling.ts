/** Residual blocks add up: what becomes of the stream without scaling, with 1/√L, and with Fixup. */

import type { Model } from "../../model/types.ts";
import { createExecutor } from "../../run/index.ts";
import { standardDigits } from "../data.ts";
import { above, decide, equivalent, logs, summarize, withinRounding } from "../decide.ts";
import { drawNetwork, linearNodes, type MatrixLaw, meanSquare, network, noise } from "../networks.ts";
import { BLIND_LOSS, createRunner, type Tuned, tune } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

interface Scheme {
  readonly label: string;
  /** What the second matrix of each of L blocks is multiplied by, and the first. */
  readonly last: (blocks: number) => number;
  readonly first: (blocks: number) => number;
  /** Factor of the stream's mean square over all blocks; exact in the mean over draws. */
  readonly growth: (blocks: number) => number;
}

const SCHEMES: readonly Scheme[] = [
  { label: "unscaled", last: () => 1, first: () => 1, growth: (blocks) => 2 ** blocks },
  {
    label: "1/√L",
    last: (blocks) => 1 / Math.sqrt(blocks),
    first: () => 1,
    growth: (blocks) => (1 + 1 / blocks) ** blocks,
  },
  { label: "Fixup", last: () => 0, first: (blocks) => 1 / Math.sqrt(blocks), growth: () => 1 },
];

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? {
        depths: [1, 2, 4, 8, 16, 32, 64],
        width: 128,
        draws: 6,
        trained: 24,
        rates: [1e-6, 1e-4, 0.01, 0.03],
        seeds: 3,
        steps: 60,
        rows: 512,
        batch: 64,
      }
    : {
        depths: [2, 8],
        width: 96,
        // Narrower than in full, so a draw scatters more: of six, one seed in a few is left undecided.
        draws: 16,
        trained: 26,
        rates: [1e-4, 0.03],
        seeds: 3,
        steps: 40,
        rows: 128,
        batch: 32,
      };
}

/** He's weights in the blocks, scaled; the matrices around them lecun-normal. */
function lawOf(model: Model, { first, last }: Scheme, blocks: number): MatrixLaw {
  const names = linearNodes(model).map(({ weight }) => weight);
  return (fanIn, _, name) => {
    const at = names.indexOf(name);
    const inside = at > 0 && at <= 2 * blocks;
    const scale = inside ? (at % 2 === 1 ? first(blocks) : last(blocks)) : Math.SQRT1_2;
    return { kind: "normal", mean: 0, std: scale * Math.sqrt(2 / fanIn) };
  };
}

/** Pre-activation blocks: x + W₂·relu(W₁·relu(x)). */
const lineOf = (width: number, blocks: number) => `64 > ${width} > [ relu > ${width} relu > ${width} ] x${blocks}`;

interface Sizes {
  readonly width: number;
  readonly draws: number;
}

/** ln of the stream's mean square behind all blocks over that before them, one a draw. */
async function growthOf(
  scheme: Scheme,
  blocks: number,
  { seed, signal, width, draws }: Pick<ExperimentOptions, "seed" | "signal"> & Sizes,
): Promise<number[]> {
  const batch = 16;
  const model = network(lineOf(width, blocks), batch);
  const [start, end] = [linearNodes(model)[0]!.outputs[0]!, model.outputs[0]!];
  const executor = await createExecutor(model);
  try {
    const growth: number[] = [];
    for (let draw = 0; draw < draws; draw++) {
      signal?.throwIfAborted();
      const inputs = new Map([["input", noise(seed, `residual input ${draw}`, 64 * batch)]]);
      const weights = drawNetwork(model, lawOf(model, scheme, blocks), BigInt(seed) + BigInt(draw));
      const values = await executor.forward(weights, inputs);
      growth.push(Math.log(meanSquare(values.get(end)!) / meanSquare(values.get(start)!)));
    }
    return growth;
  } finally {
    executor.dispose();
  }
}

interface Measured {
  readonly scheme: Scheme;
  /** ln of the growth by [depth][draw]. */
  readonly growth: readonly (readonly number[])[];
  readonly tuned: Tuned;
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const { depths, trained, width, draws, rates, seeds, steps, rows, batch } = settingOf(options.size);
  const { seed, signal } = options;
  const results: Measured[] = [];
  const line = `${lineOf(TRAINED_WIDTH, trained)} > 10`;
  const runner = await createRunner(line, { data: standardDigits(rows), batch, signal });
  const total = SCHEMES.length * (rates.length + seeds - 1 + depths.length);
  let done = 0;
  const step = () => options.onProgress?.(++done / total);
  try {
    for (const scheme of SCHEMES) {
      const growth: number[][] = [];
      for (const blocks of depths) {
        growth.push(await growthOf(scheme, blocks, { seed, signal, width, draws }));
        step();
      }
      const tuned = await tune(runner, {
        weights: (draw) => drawNetwork(runner.model, lawOf(runner.model, scheme, trained), BigInt(seed) + BigInt(draw)),
        draws: seeds,
        rates,
        steps,
        onRun: step,
      });
      results.push({ scheme, growth, tuned });
    }
  } finally {
    runner.dispose();
  }
  return outcomeOf(results, { depths, trained, steps, rates });
}

const TRAINED_WIDTH = 48;
/** A loss this large, or none at all, is a network that does not learn; how large tells nothing more. */
const HOPELESS = 10 * BLIND_LOSS;
/** Of the factor a block: the mean of a logarithm lies below the logarithm of the mean by about 1/width a block. */
const BLOCK_MARGIN = Math.log(1.1);
/** Of the growth over all blocks, which these fluctuations add up to. */
const TOTAL_MARGIN = Math.log(1.5);

function outcomeOf(
  results: readonly Measured[],
  {
    depths,
    trained,
    steps,
    rates,
  }: {
    readonly depths: readonly number[];
    readonly trained: number;
    readonly steps: number;
    readonly rates: readonly number[];
  },
): Outcome {
  const [unscaled, root, fixup] = results as [Measured, Measured, Measured];
  const deepest = depths.at(-1)!;
  const losses = ({ tuned }: Measured) => tuned.runs.map(({ loss }) => Math.min(loss, HOPELESS));
  const typical = (entry: Measured) => Math.exp(summarize(logs(losses(entry))).mean);
  const largest = Math.max(...fixup.growth.flat().map(Math.abs));
  const decided = decide({
    written: [
      equivalent(
        `unscaled: each of ${deepest} blocks doubles the stream's mean square, ± 10 %`,
        unscaled.growth.at(-1)!.map((growth) => growth / deepest),
        { target: Math.log(2), margin: BLOCK_MARGIN },
      ),
      equivalent(
        `1/√L: all ${deepest} together make it (1 + 1/L)^L ≤ e times as large, within a factor 1.5`,
        root.growth.at(-1)!,
        { target: Math.log(root.scheme.growth(deepest)), margin: TOTAL_MARGIN },
      ),
      withinRounding("Fixup: no block changes it", largest, { bound: 0, of: "each branch ends in a matrix of zeros" }),
      ...[root, fixup].map((entry) =>
        above(
          `${entry.scheme.label}: the loss of ${trained} blocks at the best rate is below half of the unscaled network's`,
          logs(losses(unscaled).map((loss, i) => loss / losses(entry)[i]!)),
          Math.log(2),
        ),
      ),
    ],
  });
  const percent = ({ tuned }: Measured) =>
    tuned.runs.every(({ state }) => state === "diverged")
      ? "nothing (they diverge at every rate)"
      : `${(100 * summarize(tuned.runs.map(({ accuracy }) => accuracy || 0)).mean).toFixed(0)} %`;
  return {
    ...decided,
    finding: `${deepest} unscaled blocks make the stream's mean square ${Math.exp(summarize(unscaled.growth.at(-1)!).mean).toExponential(1)} times as large, scaled by 1/√L ${Math.exp(summarize(root.growth.at(-1)!).mean).toFixed(2)} times, Fixup leaves it; ${trained} blocks then learn ${percent(unscaled)}, ${percent(root)} and ${percent(fixup)} of the digits in ${steps} steps`,
    figures: {
      depths,
      unscaledGrowth: unscaled.growth.map((row) => Math.exp(summarize(row).mean)),
      rootGrowth: root.growth.map((row) => Math.exp(summarize(row).mean)),
      fixupGrowth: fixup.growth.map((row) => Math.exp(summarize(row).mean)),
      unscaledLoss: typical(unscaled),
      rootLoss: typical(root),
      fixupLoss: typical(fixup),
      blindLoss: BLIND_LOSS,
      rate: results.map(({ tuned }) => tuned.rate),
    },
    charts: [
      {
        kind: "lines",
        title: "Unscaled, every block doubles the stream; by 1/√L all of them together make it e times as large",
        x: { label: "residual blocks", log: true },
        y: { label: "growth of the stream's mean square", log: true },
        series: results.flatMap(({ scheme, growth }) => {
          const over = growth.map(summarize);
          return [
            {
              label: `${scheme.label}, predicted`,
              role: "theory" as const,
              mark: "line" as const,
              x: depths,
              y: depths.map((blocks) => scheme.growth(blocks)),
            },
            {
              label: scheme.label,
              role: scheme === unscaled.scheme ? ("danger" as const) : ("forward" as const),
              mark: "dots" as const,
              x: depths,
              y: over.map(({ mean }) => Math.exp(mean)),
              low: over.map(({ mean, std }) => Math.exp(mean - std)),
              high: over.map(({ mean, std }) => Math.exp(mean + std)),
            },
          ];
        }),
      },
      {
        kind: "lines",
        title: `At ${trained} blocks the scaled networks learn at once`,
        x: { label: "step" },
        y: { label: "training loss of a batch", log: true },
        series: results.map(({ scheme, tuned }) => ({
          label: `${scheme.label}, rate ${tuned.rate}`,
          role: scheme === unscaled.scheme ? ("danger" as const) : ("forward" as const),
          mark: "line" as const,
          x: tuned.runs[0]!.losses.map((_, step) => step),
          y: tuned.runs[0]!.losses,
        })),
        note: `Each at the best of ${rates.length} rates.`,
      },
    ],
    comparison: [
      {
        what: "standard initialization of a residual network without normalization",
        paper: "the variance of the output grows exponentially with depth (section 2)",
        here: `× ${Math.exp(summarize(unscaled.growth.at(-1)!.map((growth) => growth / deepest)).mean).toFixed(3)} a block`,
      },
      {
        what: "Fixup",
        paper: "trains to 10,000 layers (section 4.1)",
        here: `${2 * trained} layers in blocks: loss ${typical(fixup).toFixed(3)} against ${typical(unscaled).toPrecision(3)}`,
      },
    ],
  };
}

export const residualScaling: Experiment = {
  id: "residual-scaling",
  group: "paper",
  title: "Residual streams",
  statement:
    "Without normalization the stream of a residual network grows exponentially with depth; with branches scaled by 1/√L, or ending at zero, it does not, and the network trains.",
  source: "Zhang, Dauphin & Ma 2019 (Fixup), sections 2 to 4; 1/√L: Hayou 2021",
  formulas: [
    {
      tex: "x_{l+1}=x_l+alpha F_l(x_l),quad operatorname{E}[F(x)^2]=operatorname{E}[x^2];Rightarrow;operatorname{E}[x_L^2]=(1+alpha^2)^Loperatorname{E}[x_0^2]",
      text: "x′ = x + α·F(x)  ⇒  E[x_L²] = (1 + α²)^L · E[x₀²]",
    },
    {
      tex: "alpha=1:;2^L,qquad alpha=\tfrac{1}{sqrt L}:;left(1+\tfrac1L\right)^Lle e,qquad alpha=0:;1",
      text: "α = 1: 2^L,   α = 1/√L: (1 + 1/L)^L ≤ e,   α = 0: 1",
    },
  ],
  prose: [
    "A residual block adds what it computes to what it was given. Where the block keeps the size of its input, as He’s weights make it, the sum has twice the mean square: two independent things of the same size. So the very rule that keeps a plain network level makes a residual one explode, by a factor two a block. Batch normalization hides this; without it one sees it.",
    "Scale the branches down by the root of their number, and all of them together do what one did. Or let each branch end in a matrix of zeros, as Fixup does: the stream then passes untouched, the branches start from nothing and grow as they learn. Zeros are harmless here, as they are not in a plain network, because the error comes back along the stream.",
  ],
  procedure:
    "Blocks x + W₂·relu(W₁·relu(x)) of 128 units, 1 to 64 of them, six draws; then 24 blocks of 48 units on 512 digits, 60 steps of 64 rows, three draws, each scheme at the best of four rates. Fixup’s scalar multipliers are left out.",
  run,
};
